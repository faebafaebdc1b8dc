"""The whole evaluation of a generator that makes pictures from noise.

It makes as many pictures as the evaluation split has, and the i-th of them stands beside the i-th real picture: in the
tables both have its id, and have nothing else to do with each other. Whole sets are compared, see `resemblance`.

Where pictures have classes, the i-th picture is asked for the class of the i-th real picture. So the sets have equally
many pictures of each class, and their distance is none of different mixtures. A classifier reads the classes; see
`asked_class`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pix2pix.base.pictures import grid, save_png
from pix2pix.base.seeds import derive
from pix2pix.data.examples import Examples
from pix2pix.evaluation import asked_class, distances, measures, omissions, pair_pictures, resemblance
from pix2pix.evaluation.asked_class import Classes, class_ids, of_each_class
from pix2pix.evaluation.evenly import evenly
from pix2pix.evaluation.features import FeatureNetwork
from pix2pix.evaluation.intervals import jackknifed
from pix2pix.evaluation.measure import ASKED, HELD_OUT, OTHER_CLASS, SAMPLES
from pix2pix.evaluation.memorisation import memorisation
from pix2pix.evaluation.neighbours import neighbours
from pix2pix.evaluation.resemblance import Kept, Set
from pix2pix.evaluation.result import CONFUSED, Evaluation, confusion_table, scores_table
from pix2pix.evaluation.scoring import features_of
from pix2pix.models.sampler import Sampler
from pix2pix.params import Evaluate

# The name that people read for each subject: the model, real pictures, and two that show what the worst scores are.
NAMES = {
    "generated": "generated",
    "real": "training pictures (ceiling)",
    "noise": "noise (floor)",
    "mean": "the mean training picture (floor)",
    **asked_class.NAMES,
}
# The class that a picture is asked for; None for a model without classes.
Asked = int | None
# The rows of the interpolations, and the pictures of a row.
_ROWS, _STEPS = 4, 9


def evaluate_samples(
    split: Examples,
    training: Examples,
    model: Sampler,
    beside: Mapping[str, Sampler],
    settings: Evaluate,
    pictures: Path,
    network: FeatureNetwork,
    classes: Classes | None = None,
) -> Evaluation:
    """Compare what a generator makes from noise with the real pictures of a split, and write its pictures.

    Args:
        split: the examples of the evaluation split, by id.
        training: the examples of the training split, by id.
        model: the generator.
        beside: other generators, by name.
        settings: the `evaluate` section; its seeds are those of the noise.
        pictures: the folder that gets the pictures: generated, real and nearest for each id, and the interpolations
            (`pair_pictures.INTERPOLATIONS`).
        network: the network whose features are compared.
        classes: the classes of the pictures, and the classifier that reads them; None for pictures without classes.
    """
    first, *others = (settings.seed + number for number in range(settings.repeats))
    asked: list[Asked] = [*class_ids(split)] if classes else [None] * len(split)
    _write(split, asked, model, first, pictures)
    kept = evenly(len(split), distances.MOST)
    real, wanted = np.stack([split[number]["target"] for number in kept]), [asked[number] for number in kept]
    others_made = {name: _made(each, first, wanted) for name, each in beside.items()}
    sets = {"generated": _made(model, first, wanted), **_references(training, len(real), first), **others_made}
    read = _read(classes, split, training, pictures, others_made, wanted) if classes else _Read()
    apart = _apart(real, network)
    scores = {}
    for name, each in sets.items():
        print(f"measuring {NAMES.get(name, name)}", flush=True)
        compared = apart(_distinct(each) if name == "real" else each)
        scores[name] = _scores(real, each) | compared | read.scores.get(name, {})
    remade = (_made(model, seed, wanted) for seed in others)
    repeats = [scores["generated"], *(_once(real, each, wanted, classes) | apart(each) for each in remade)]
    table, keys = pd.DataFrame(repeats), [row.key for row in measures.of(SAMPLES, ASKED)]
    nearest = neighbours(split, training, pictures)
    return Evaluation(
        scores=scores_table(read.scores | scores, table, [key for key in keys if key in table], NAMES),
        images=nearest if read.images is None else nearest.join(read.images),
        confusions=read.confusions or {subject: confusion_table() for subject in CONFUSED},
        worth=read.figures,
        memorisation=memorisation(nearest.select_dtypes("number"), thirds=False),
        absent=omissions.of_samples(len(split), settings, classes is not None),
    )


def _write(split: Examples, asked: Sequence[Asked], model: Sampler, seed: int, pictures: Path) -> None:
    """Write a generated picture beside each real one, and pictures between noises, row by row of another class."""
    for number, (id_, example) in enumerate(zip(split.ids, split, strict=True)):
        pair_pictures.save(pictures, id_, {"generated": model(seed, number, asked[number]), "real": example["target"]})
    rows = []
    for row in range(_ROWS):
        ends = model.noise(seed, 2 * row), model.noise(seed, 2 * row + 1)
        rows.append(model.between(*ends, _STEPS, row % len(model.classes) if model.classes else None))
    save_png(pictures / pair_pictures.INTERPOLATIONS, grid(rows))


def _made(model: Sampler, seed: int, asked: Sequence[Asked]) -> Set:
    return np.stack([model(seed, number, class_id) for number, class_id in enumerate(asked)])


def _references(training: Examples, count: int, seed: int) -> dict[str, Set]:
    """Return real pictures, their pixels in any order, and their mean, as sets of `count` pictures."""
    real = np.stack([training[number]["target"] for number in evenly(len(training), distances.MOST)])
    real = real[np.arange(count) * len(real) // count]
    pixels = np.random.default_rng(derive(seed, "noise pictures")).permutation(real.reshape(-1, real.shape[-1]))
    mean = np.rint(real.mean(axis=0)).astype(real.dtype)
    return {
        "real": real,
        "noise": pixels.reshape(real.shape),
        "mean": np.repeat(mean[None], count, axis=0),
    }


def _distinct(pictures: Set) -> Set:
    """Return the pictures without those that equal the one before: few training pictures come several times."""
    other = (pictures[1:] != pictures[:-1]).reshape(len(pictures) - 1, -1).any(axis=1)
    return pictures[[True, *other]]


def _scores(real: Set, made: Set) -> dict[str, float]:
    """Return the scores of a set beside the real one, with their intervals."""
    distances = resemblance.apart(real), resemblance.apart(made)

    def scored(parts: list[Kept]) -> list[dict[str, float]]:
        swds = resemblance.swds(real, made, parts).tolist()
        spreads = [resemblance.spread_of(*distances, kept) for kept in parts]
        return [{"swd": swd, "spread": spread} for swd, spread in zip(swds, spreads, strict=True)]

    return jackknifed(len(real), scored)


def _apart(real: Set, network: FeatureNetwork) -> Callable[[Set], dict[str, float]]:
    """Return the function that compares the features of a set with those of the real one."""
    features = features_of(network, lambda: real)
    return lambda made: distances.of_networks(features, features_of(network, lambda: made))


def _once(real: Set, made: Set, asked: Sequence[Asked], classes: Classes | None) -> dict[str, float]:
    """Return the scores of a set, with intervals only where they come by themselves."""
    scores = {measure.key: function(real, made) for measure, function in resemblance.WATCHED.items()}
    return scores | (asked_class.scores(_counts(classes, asked, made)) if classes else {})


def _counts(classes: Classes, asked: Sequence[Asked], made: Set) -> asked_class.Counts:
    return classes.counts([class_id for class_id in asked if class_id is not None], made)


@dataclass(frozen=True)
class _Read:
    """What the classifier reads; nothing where pictures have no classes.

    Attributes:
        scores: by subject: the generated pictures, the ceiling, the floors, and the models beside.
        images: the columns `class`, `read` and `real_read`, names of classes, for each image by its id.
        confusions, figures: see `Evaluation.confusions` and `Evaluation.worth`.
    """

    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    images: pd.DataFrame | None = None
    confusions: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)


def _read(
    classes: Classes,
    split: Examples,
    training: Examples,
    pictures: Path,
    beside: Mapping[str, Set],
    wanted: Sequence[Asked],
) -> _Read:
    """Read the classes of all pictures that `_write` has written, of the real ones, and of the sets of other models."""
    asked, number = class_ids(split), len(classes.names)
    files = (pair_pictures.load(pictures, id_, "generated") for id_ in split.ids)
    made, real = classes.counts(asked, files), classes.counts(asked, (each["target"] for each in split))
    columns = {"class": asked, "read": _columns(made), "real_read": _columns(real)}
    counts = {
        "generated": made,
        HELD_OUT: real,
        OTHER_CLASS: asked_class.of_other_classes(real),
        asked_class.CONSTANT: asked_class.of_constant(asked, class_ids(training), number),
        **{name: _counts(classes, wanted, each) for name, each in beside.items()},
    }
    return _Read(
        scores={subject: asked_class.scores(each) for subject, each in counts.items()},
        images=pd.DataFrame(
            {name: [classes.names[class_id] for class_id in ids] for name, ids in columns.items()},
            index=list(split.ids),
        ),
        confusions={
            "generated": confusion_table(made.sum(axis=0), classes.names),
            "real": confusion_table(real.sum(axis=0), classes.names),
        },
        figures=of_each_class(made, classes) | of_each_class(real, classes, f"{HELD_OUT}_"),
    )


def _columns(counts: asked_class.Counts) -> list[int]:
    """Return the class that was read from each picture."""
    return [int(number) for number in counts.sum(axis=1).argmax(axis=1)]
