"""The training pictures that are nearest to generated and to real pictures."""

from pathlib import Path

import pandas as pd

from pix2pix.base.shown import shown
from pix2pix.data.examples import Examples
from pix2pix.evaluation import pair_pictures
from pix2pix.evaluation.memorisation import TrainingPictures

# The columns of images.csv that say which training picture is nearest to the generated and to the real one.
NEAREST = ("nearest", "nearest_l1", "nearest_gap", "real_nearest", "real_nearest_l1", "real_nearest_gap")


def neighbours(split: Examples, training: Examples, pictures: Path) -> pd.DataFrame:
    """Find the training pictures nearest to each image, one row for each, and save the nearest to the generated one.

    Args:
        split: the evaluated examples, by id.
        training: the examples of the training split, by id.
        pictures: the folder with the generated pictures.

    Returns:
        The columns `NEAREST` by id.
    """
    search = TrainingPictures(training)
    rows = []
    for pair, example in zip(split.ids, split, strict=True):
        generated = pair_pictures.load(pictures, pair, "generated")
        row: dict[str, str | float] = {}
        for prefix, picture in {"": generated, "real_": shown(example["target"])}.items():
            number, distance, gap = search.nearest(picture)
            row |= {f"{prefix}nearest": training.ids[number]}
            row |= {f"{prefix}nearest_l1": distance, f"{prefix}nearest_gap": gap}
            if picture is generated:
                pair_pictures.save(pictures, pair, {"nearest": training[number]["target"]})
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(split.ids, name="id"))
