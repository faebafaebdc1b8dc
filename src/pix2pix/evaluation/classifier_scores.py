"""How good a classifier is, beside one that looks at no picture."""

from pathlib import Path

import keras

from pix2pix.data import records
from pix2pix.evaluation import asked_class
from pix2pix.evaluation.asked_class import Classes, class_ids
from pix2pix.evaluation.class_reader import ClassReader
from pix2pix.params import Data


def measure(model: keras.Model, folder: Path, data: Data) -> dict[str, float]:
    """Score a classifier, and the answer that is always the commonest class, on the evaluation split.

    Args:
        model: see `networks.classifier`.
        folder: the folder of the records.
        data: the `data` section.

    Returns:
        `pictures`, `classes`, the scores with their intervals (`asked_class.scores`), for the answer without looking
        with the prefix `constant_`; `accuracy_<class>` of each class; and `confusion_<class>_as_<class>`, the number of
        pictures of one class that are read as another, or as the same.
    """
    split, training = (records.load(folder, role).by_id() for role in ("evaluation", "train"))
    classes, own = Classes(data.class_names, ClassReader.of(model)), class_ids(split)
    counts = classes.counts(own, (example["target"] for example in split))
    constant = asked_class.of_constant(own, class_ids(training), len(classes.names))
    found: dict[str, float] = {"pictures": len(split), "classes": len(classes.names), **asked_class.scores(counts)}
    found |= {f"{asked_class.CONSTANT}_{name}": value for name, value in asked_class.scores(constant).items()}
    print(
        f"{data.evaluation_split}, the classifier: accuracy {found['accuracy']:.3f}, balanced accuracy "
        f"{found['balanced_accuracy']:.3f}; always the commonest class: {found['constant_accuracy']:.3f}, "
        f"{found['constant_balanced_accuracy']:.3f}"
    )
    print(asked_class.warning(found, len(split), len(classes.names)) or "so it sees the classes of real pictures")
    table, names = counts.sum(axis=0), [classes.figure(number) for number in range(len(classes.names))]
    confusion = {
        f"confusion_{own}_as_{read}": int(table[row, column])
        for row, own in enumerate(names)
        for column, read in enumerate(names)
    }
    return found | asked_class.of_each_class(counts, classes) | confusion
