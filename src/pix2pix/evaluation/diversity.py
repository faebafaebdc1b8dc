"""The diversity of a generator that draws random numbers: how far its answers to one input are apart."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.base.pictures import grid
from pix2pix.data.examples import Examples
from pix2pix.data.tasks import beside
from pix2pix.evaluation import pair_pictures
from pix2pix.evaluation.evenly import evenly
from pix2pix.evaluation.features import FeatureNetwork
from pix2pix.evaluation.resemblance import apart
from pix2pix.evaluation.scoring import Measured

Image = NDArray[Any]
# Pictures of one size, uint8 or uint16 `(n, height, width, channels)`.
Answers = NDArray[Any]
# More inputs would change the scores little; each is answered once for every seed.
MOST = 50
# A generator, which gets an input, by name the seed, and what it reads beside the input; see `Translator`.
Model = Callable[..., Image]
# The real pictures that are compared with each other, all at the same time; each of them is in 19 pairs.
_REAL = 20
# The inputs whose answers are saved as pictures, and the most answers to one of them.
SHOWN, ABREAST = 6, 8


def pixels_apart(answers: Answers) -> NDArray[np.float64]:
    """Return the L1 of each two pictures, from 0 to 1, float64 `(n, n)`; see `likeness.l1`."""
    return apart(answers) / np.iinfo(answers.dtype).max


# The distances of each two answers, float64 `(n, n)`, by the key of the measure.
Distances = Mapping[str, Callable[[Answers], NDArray[np.float64]]]


def distances(network: FeatureNetwork | None) -> Distances:
    """Return the distances that are measured; without a network, that of pixels alone."""
    return {"diversity": pixels_apart, **({"feature_diversity": network.apart} if network else {})}


def mean_distances(pictures: Answers, distances: Distances) -> dict[str, float]:
    """Return the mean distance of all pairs of at least two pictures, by the key of the measure.

    The mean over pairs does not depend on how many pictures there are.
    """
    pairs = len(pictures) * (len(pictures) - 1)
    return {key: float(apart(pictures).sum() / pairs) for key, apart in distances.items()}


def of_answers(
    split: Examples, model: Model, seeds: Sequence[int], distances: Distances, pictures: Path | None = None
) -> Measured:
    """Measure how far the answers to one input are apart (Zhu et al. 2017, BicycleGAN, section 4).

    Args:
        split: the examples. If there are more than `MOST`, as many are answered, spread evenly.
        model: the generator.
        seeds: at least two seeds.
        distances: see `distances`.
        pictures: the folder for the answers to a few inputs side by side, in `pair_pictures.ANSWERS`; None to save
            none.

    Returns:
        A row for each answered input, with a column for each of the distances.
    """
    kept = evenly(len(split), MOST)
    saved = {kept[number] for number in evenly(len(kept), SHOWN)} if pictures else set()
    rows = []
    for number in kept:
        example = split[number]
        answers = np.stack([model(example["input"], seed=seed, **beside(example)) for seed in seeds])
        rows.append(mean_distances(answers, distances))
        if pictures and number in saved:
            pair_pictures.save(pictures, split.ids[number], {pair_pictures.ANSWERS: grid([[*answers[:ABREAST]]])})
    return Measured(pd.DataFrame(rows, pd.Index([split.ids[number] for number in kept], name="id")))


def of_real(split: Examples, distances: Distances) -> dict[str, float]:
    """Return how far the real pictures of different inputs are apart: more than answers to one input can be.

    They are at most 20, spread evenly. One picture alone has no distance, and the result is empty.
    """
    kept = evenly(len(split), _REAL)
    if len(kept) < 2:
        return {}
    return mean_distances(np.stack([split[number]["target"] for number in kept]), distances)
