"""What an evaluation leaves out, by name, and why: nothing is approximated silently."""

import numpy as np

from pix2pix.data.examples import Examples
from pix2pix.evaluation.multiscale import SMALLEST
from pix2pix.evaluation.segmentation import Reader

INCEPTION = (
    "needs the Inception network of Heusel et al. 2017, whose weights come with no package this project uses. Copy "
    "reports/pictures/*-generated.png and *-real.png into two folders and give them to torch-fidelity, where there is "
    "a network: `fidelity --cpu --fid --kid --kid-subset-size 50 --input1 generated --input2 real`"
)


def left_out(split: Examples, reader: Reader | None, repeats: int) -> dict[str, str]:
    """The measures, subjects and classes an evaluation has not, each with the reason in words.

    Args:
        split: what was evaluated.
        reader: None for a data set without classes.
        repeats: how many dropout seeds there are.
    """
    absent = {"fid": INCEPTION, "kid": INCEPTION}
    task = split.task
    size = min(task.target.height, task.target.width)
    if size < SMALLEST:
        absent["ms_ssim"] = f"five scales need pictures of at least {SMALLEST} pixels, these have {size}"
    if task.target.is_label:
        absent["lab"] = "the colours of label maps stand for classes, not for how a photo looks"
    if repeats == 1:
        absent["seeds"] = "one dropout seed has no spread; set evaluate.dropout_repeats to more"
    if reader is None:
        absent["fcn_scores"] = "data.palette is none: no classes to read, so no row of real photos either"
        absent["class_means"] = "data.palette is none: no classes to paint"
        return absent
    if not task.input.is_label:
        absent["class_means"] = "the inputs are photos: no classes to paint"
    truth = np.sum([reader.palette.shares(reader.truth(task, example)) for example in split], axis=0)
    for name, share in zip(reader.palette.names, truth, strict=True):
        if share == 0:
            absent[name] = "no pixel of this class in the label maps: it counts in neither class accuracy nor class IoU"
    return absent
