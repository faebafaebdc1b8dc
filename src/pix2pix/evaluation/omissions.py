"""What an evaluation leaves out, by name and with the reason: nothing is approximated silently."""

from collections.abc import Collection

import numpy as np

from pix2pix.data.examples import Examples
from pix2pix.evaluation import distances, floors, measures
from pix2pix.evaluation.intervals import FEWEST, too_few
from pix2pix.evaluation.measure import ALONE, ANSWERS, APPEARANCE, COLOUR, LIKENESS, PATTERN, SEGMENTATION
from pix2pix.evaluation.measures import NETWORK
from pix2pix.evaluation.segmentation import Reader
from pix2pix.params import Evaluate

_INCEPTION = (
    "evaluate.inception_weights is null: the weights of the Inception network of Heusel et al. 2017 come with no "
    "package that this project uses, and docs/evaluation.md says which file has them. `frechet_distance` and "
    f"`kernel_distance` are the same measures of another network, {NETWORK}. For FID by another program, copy "
    "reports/pictures/*-generated.png and *-real.png into two folders and give them to torch-fidelity, where there is "
    "a network: `fidelity --cpu --fid --kid --kid-subset-size 50 --input1 generated --input2 real`"
)
# Subjects, and the figure of several seeds, that a network without these layers does not have.
_NO_DROPOUT, _NO_AVERAGES = (
    "the network draws no random numbers",
    "the network has no BatchNorm, and so no moving averages",
)
_NOISE_STAYS = "the network has no dropout, and its way begins with noise, without which it has learned nothing"
_NO_SEGMENTER = "the set has no pairs: a segmenter has nothing to learn from, and no class has a mean colour"
_NO_LABEL_MAPS = "single pictures have no label maps: there are no classes to read, and no segmenter"
_CLASSES_OF_PICTURES = "whole pictures have classes, and no pixel has one: a classifier takes the segmenter's place"
_OF_INPUTS = "it is measured for pictures that have an input, image by image"
_NO_INPUT = "a picture from noise has no input with several answers; `spread` says how far pictures are apart"
_NO_TARGET = "a picture from noise has no target, so there is no real picture that it should be like"


def of_samples(pictures: int, settings: Evaluate, classes: bool = False) -> dict[str, str]:
    """Name what an evaluation of pictures from noise leaves out, each with the reason in words.

    Args:
        pictures: how many real pictures there are.
        settings: the `evaluate` section; its seeds are those of the noise.
        classes: whether whole pictures have classes.
    """
    absent = _without_weights(settings)
    absent |= dict.fromkeys(("l1", "psnr", "ssim", COLOUR.key), _NO_TARGET)
    absent |= {PATTERN.key: _OF_INPUTS, ANSWERS.key: _NO_INPUT}
    if few := distances.too_few(pictures):
        absent["distances"] = few
    absent[SEGMENTATION.key] = _CLASSES_OF_PICTURES if classes else _NO_LABEL_MAPS
    if few := too_few(pictures):
        absent["intervals"] = f"{few}; it takes {FEWEST} pictures or more"
    if settings.repeats == 1:
        absent["seeds"] = "one seed of the noise has no spread; set evaluate.repeats to more"
    return absent


def _without_weights(settings: Evaluate) -> dict[str, str]:
    """Name what an Inception network is needed for, if there are no weights for it."""
    return dict.fromkeys(("fid", "kid"), _INCEPTION) if settings.inception_weights is None else {}


def left_out(
    split: Examples,
    training: int,
    reader: Reader | None,
    settings: Evaluate,
    ways: Collection[str],
    in_steps: bool = False,
) -> dict[str, str]:
    """Name the measures, subjects and classes that an evaluation leaves out, each with the reason in words.

    Args:
        split: the examples that were evaluated.
        training: the number of training examples.
        reader: None for a data set without classes.
        settings: the `evaluate` section.
        ways: the ways in which the model is used.
        in_steps: whether it makes its pictures in steps, from noise of a seed.
    """
    absent = _without_weights(settings)
    if few := too_few(len(split)):
        absent["intervals"] = f"{few}; it takes {FEWEST} pictures or more"
    task = split.task
    size = min(task.target.height, task.target.width)
    absent |= {row.key: reason for row in measures.of_pairs() if (reason := row.too_small(size))}
    for group in (LIKENESS, COLOUR, *ALONE, SEGMENTATION):
        if reason := group.lacks(task.target, classes=reader is not None, pairs=split.has_pairs):
            absent[group.key] = reason
    if reason := APPEARANCE.reason if task.target.is_label else distances.too_few(len(split)):
        absent["distances"] = reason
    elif few := distances.too_few(training):
        absent["training"] = few
    absent |= floors.left_out(task, split.has_pairs)
    random = in_steps or "dropout_off" in ways
    if "dropout_off" not in ways:
        absent["dropout_off"] = _NOISE_STAYS if in_steps else _NO_DROPOUT
    if not random:
        absent |= dict.fromkeys(("seeds", ANSWERS.key), _NO_DROPOUT)
    elif settings.repeats == 1:
        absent["seeds"] = "one dropout seed has no spread; set evaluate.repeats to more"
        absent[ANSWERS.key] = "one dropout seed is one answer to an input; set evaluate.repeats to more"
    if "moving_averages" not in ways:
        absent["moving_averages"] = _NO_AVERAGES
    if reader is None:
        why = "data.palette is none: there are no classes to paint" if split.has_pairs else _NO_SEGMENTER
        absent["class_means"] = why
        return absent
    if not task.input.is_label:
        absent["class_means"] = "the inputs are pictures: there are no classes to paint"
    truth = np.sum([reader.palette.shares(reader.truth(task, example)) for example in split], axis=0)
    for name, share in zip(reader.palette.names, truth, strict=True):
        if share == 0:
            absent[name] = (
                "the label maps have no pixel of this class: it counts in neither class accuracy nor class IoU"
            )
    return absent
