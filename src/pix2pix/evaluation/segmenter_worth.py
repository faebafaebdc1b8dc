"""Whether FCN-scores mean anything. They do if the segmenter reads real photos better than answers that see no photo.

Otherwise all pictures score alike, from the ceiling to the floor, and the scores say nothing about the pictures. There
are three such answers: always the commonest class, the commonest class of each place, and, for generators of photos,
the reading of label maps that are painted in the mean colours of the classes (the floor). The segmenter is better than
an answer if the 95% interval of the difference in class IoU on the same photos is above 0.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pix2pix.evaluation import measures
from pix2pix.evaluation.differences import of_confusions
from pix2pix.evaluation.intervals import BOUNDS, too_few
from pix2pix.evaluation.measure import SEGMENTATION

FLOOR = "class_means"
# The answers that look at no photo, in words.
_WORDS = {
    "constant": "always the commonest class",
    "prior": "the commonest class of each place",
    FLOOR: "pictures of each class in its mean colour",
}


def over(real: NDArray[np.int64], blind: Mapping[str, NDArray[np.int64]]) -> dict[str, float]:
    """Return how far the segmenter's reading of the real photos is above answers that look at none.

    Args:
        real: pixel counts of what the segmenter reads from the real photos, int64 `(images, classes, classes)`.
        blind: those of the answers on the same photos, by a key of `_WORDS`.

    Returns:
        `real_over_<key>`, the difference in class IoU, with `_low` and `_high` if there are enough photos.
    """
    lead = measures.lead(SEGMENTATION).key
    found = {key: of_confusions(real, counts) for key, counts in blind.items()}
    return {
        f"real_over_{key}{bound}": figures[lead + bound]
        for key, figures in found.items()
        for bound in BOUNDS
        if lead + bound in figures
    }


def warning(figures: Mapping[str, float], photos: int) -> str:
    """Say why the segmenter's scores mean nothing; "" if they mean something, or if it was compared with no answer.

    Args:
        figures: those of `over`, among others.
        photos: how many photos were read.
    """
    compared = {key: f"real_over_{key}" for key in _WORDS if f"real_over_{key}" in figures}
    if compared and (reason := too_few(photos)):
        return f"Whether the segmenter sees anything in real pictures is not to be told: {reason}."
    equal = {
        key: f"{_WORDS[key]} "
        f"({figures[name]:+.3f}, 95% interval {figures[f'{name}_low']:+.3f} to {figures[f'{name}_high']:+.3f})"
        for key, name in compared.items()
        if not figures[f"{name}_low"] > 0
    }
    if not equal:
        return ""
    if [*equal] == [FLOOR]:
        means = (
            f"The segmenter reads {photos} real pictures no better than {equal[FLOOR]} in class IoU. So the FCN-scores "
            "do not tell pictures that look real from flat colours."
        )
    else:
        means = (
            f"The segmenter sees nothing in real pictures: on {photos} of them its class IoU is not above that of "
            f"{' nor of '.join(equal.values())}. So all that it reads, and each FCN-score of pictures, says nothing "
            "about them."
        )
    return f"{means} Train it for more epochs (segmenter.epochs) or on more pairs."
