"""What the stage `segmenter` trains: a segmenter, a classifier of whole pictures, or nothing."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras

from pix2pix.data import labels
from pix2pix.evaluation import class_iou, class_reader, classifier_scores, segmenter_scores
from pix2pix.evaluation.measure import ASKED, SEGMENTATION
from pix2pix.evaluation.measures import lead
from pix2pix.params import Params
from pix2pix.systems import captions, classifying, segmenting
from pix2pix.systems.readers import Judge
from pix2pix.training.curves import Caption
from pix2pix.training.job import Job


class ClassReading(NamedTuple):
    """A training of a network that reads classes.

    Attributes:
        job: the training.
        captions: the captions of its curves.
        scores: a function of the trained network. It returns the scores on the evaluation split.
    """

    job: Job
    captions: Mapping[str, Caption]
    scores: Callable[[keras.Model], dict[str, float]]


def of(params: Params, folder: Path) -> ClassReading | str:
    """Return the training that the data set asks for, or the reason why there is none.

    Args:
        params: the sections seed, data and segmenter.
        folder: the folder of the records.

    Raises:
        DataError: the records are missing, damaged or made for other parameters.
    """
    data, palette = params.data, labels.classes_of(params.data)
    if data.class_names:
        job = classifying.job(params, folder, Judge(lead(ASKED), class_reader.judge))
        return ClassReading(job, captions.CLASSIFIER, partial(classifier_scores.measure, folder=folder, data=data))
    if palette is None:
        return "data.palette is none: no classes"
    if not data.has_pairs:
        return "a set without pairs: nothing to learn from"
    job = segmenting.job(params, folder, palette, Judge(lead(SEGMENTATION), class_iou.judge))
    score = partial(segmenter_scores.measure, folder=folder, data=data, palette=palette)
    return ClassReading(job, captions.SEGMENTER, score)
