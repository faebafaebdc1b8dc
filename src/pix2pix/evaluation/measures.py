"""The table of all measures. Scores, pages, comparison, promotion, ablation and MLflow read it.

A new measure is a row here and a function with the key as its name. The function of a likeness stands in `likeness` or
`multiscale`, and a cycle has that of a likeness; that of one picture alone stands in `colourfulness` or `checkerboard`,
one of two sets of pictures in `resemblance`, or in `distances` if it compares features; one of several answers to an
input in `diversity.distances`; a colour stands in `colour.CHANNELS`; a segmentation score is a field of
`confusion.SegmentationScores`, and one of asked classes is a key of `asked_class.scores`.
This module imports none of them, so that a reader of the table waits for no library.
"""

from collections.abc import Iterator

from pix2pix.evaluation.measure import (
    ALONE,
    ANSWERS,
    APPEARANCE,
    ASKED,
    COLOUR,
    CYCLE,
    LIKENESS,
    PATTERN,
    SAMPLES,
    SEGMENTATION,
    Group,
    Measure,
)
from pix2pix.evaluation.watched import L1, SPREAD, SSIM, SWD

# The network whose features are compared, and the number of its features.
NETWORK, VALUES = "EfficientNet-Lite0", 1280
# The measures of two sets of pictures by these features. All pictures have them, made from noise or from an input.
FEATURES = (
    Measure(
        "frechet_distance",
        f"Fréchet distance, {NETWORK}",
        SAMPLES,
        higher_is_better=False,
        digits=1,
        note="How far the features of generated pictures are from those of real ones, in mean and covariance.",
        each_image=False,
        headline=False,
    ),
    Measure(
        "kernel_distance",
        f"Kernel distance, {NETWORK} (× 1000)",
        SAMPLES,
        higher_is_better=False,
        digits=1,
        note="The same by a kernel, without a bias for few pictures.",
        each_image=False,
        headline=False,
    ),
    Measure(
        "precision",
        f"Precision, {NETWORK} (0 to 1)",
        SAMPLES,
        digits=2,
        note="The share of the generated pictures that lie among real ones.",
        each_image=False,
        headline=False,
    ),
    Measure(
        "recall",
        f"Recall, {NETWORK} (0 to 1)",
        SAMPLES,
        digits=2,
        note="The share of the real pictures that lie among generated ones.",
        each_image=False,
        headline=False,
    ),
    Measure(
        "density",
        f"Density, {NETWORK} (1: as real pictures)",
        SAMPLES,
        digits=2,
        note="How many real pictures generated ones lie among.",
        each_image=False,
        headline=False,
        wanted="nearer to 1",
    ),
    Measure(
        "coverage",
        f"Coverage, {NETWORK} (0 to 1)",
        SAMPLES,
        digits=2,
        note="The share of the real pictures that have a generated one near them.",
        each_image=False,
        headline=False,
    ),
)
# The same distances by the Inception network of a user's file. No published value was reproduced here with it.
INCEPTION = (
    Measure(
        "fid",
        "FID (not verified)",
        SAMPLES,
        higher_is_better=False,
        digits=1,
        note="The Fréchet distance by the features of the Inception network.",
        each_image=False,
        headline=False,
    ),
    Measure(
        "kid",
        "KID (× 1000, not verified)",
        SAMPLES,
        higher_is_better=False,
        digits=1,
        note="The kernel distance by the features of the Inception network.",
        each_image=False,
        headline=False,
    ),
)
# All measures of two sets of pictures by features.
SETS = (*FEATURES, *INCEPTION)
FEATURE_DISTANCE = Measure(
    "feature_distance",
    f"Feature distance, {NETWORK} (0 to 1)",
    LIKENESS,
    higher_is_better=False,
    note="As LPIPS, by another network and not calibrated by judgements of people. Lower: more alike.",
    compared=False,
    headline=False,
)
# TensorFlow's window of 11 pixels has to fit into the picture after four halvings.
FIVE_SCALES = 11 * 2**4
# In the order of the columns of scores.csv.
MEASURES = (
    L1,
    Measure("psnr", "PSNR (dB)", LIKENESS, digits=2, compared=False),
    SSIM,
    Measure("ms_ssim", "MS-SSIM", LIKENESS, smallest=FIVE_SCALES, compared=False, headline=False),
    FEATURE_DISTANCE,
    Measure("lab_l", "Lab: L", COLOUR, compared=False, headline=False),
    Measure("lab_a", "Lab: a", COLOUR, compared=False, headline=False),
    Measure("lab_b", "Lab: b", COLOUR, compared=False, headline=False),
    Measure("colourfulness", "Colourfulness", APPEARANCE, digits=1, compared=False),
    Measure(
        "checkerboard",
        "Checkerboard (0 to 500)",
        PATTERN,
        digits=2,
        note="The amplitude of what alternates from pixel to pixel. More than real pictures have is a checkerboard.",
        compared=False,
        headline=False,
    ),
    Measure("pixel_accuracy", "Per-pixel accuracy", SEGMENTATION),
    Measure("class_accuracy", "Per-class accuracy", SEGMENTATION, each_image=False),
    Measure("class_iou", "Class IoU", SEGMENTATION, each_image=False, leads=True),
    Measure("frequency_weighted_iou", "Frequency-weighted IoU", SEGMENTATION, each_image=False, headline=False),
    Measure(
        "cycle_l1",
        "There and back: L1 (0 to 1)",
        CYCLE,
        higher_is_better=False,
        note="Lower: what comes back is nearer to the input.",
        compared=False,
        headline=False,
    ),
    Measure(
        "cycle_ssim",
        "There and back: SSIM",
        CYCLE,
        note="1: what comes back is the input.",
        compared=False,
        headline=False,
        leads=True,
    ),
    Measure(
        "diversity",
        "Diversity (0 to 1)",
        ANSWERS,
        note="How far the answers to one input are apart: the mean L1 of all pairs. 0: there is one answer.",
        each_image=False,
        compared=False,
        headline=False,
        wanted="higher at equal likeness",
    ),
    Measure(
        "feature_diversity",
        f"Diversity, {NETWORK} (0 to 1)",
        ANSWERS,
        note="The mean feature distance of all pairs of answers to one input. 0: there is one answer.",
        each_image=False,
        compared=False,
        headline=False,
        wanted="higher at equal likeness",
    ),
    SWD,
    SPREAD,
    *SETS,
    Measure(
        "accuracy",
        "Asked class read (0 to 1)",
        ASKED,
        each_image=False,
        leads=True,
        note="The share of the pictures from which the classifier reads the class that was asked for.",
    ),
    Measure(
        "balanced_accuracy",
        "Asked class read, each class alike (0 to 1)",
        ASKED,
        each_image=False,
        note="The mean of this share over the classes. 1 over their number is guessing.",
    ),
)


def of(*groups: Group) -> list[Measure]:
    """The measures of these groups, group by group."""
    return [measure for group in groups for measure in MEASURES if measure.group is group]


def telling() -> list[Measure]:
    """All measures, the most telling first: segmentation, likeness, colours, sets, answers, asked classes, cycles."""
    return of(SEGMENTATION, LIKENESS, COLOUR, *ALONE, SAMPLES, ANSWERS, ASKED, CYCLE)


def deciding() -> list[Measure]:
    """The measures whose difference can say that one model is worse than another."""
    return [measure for measure in compared() if not measure.wanted]


def of_pairs(two_ways: bool = False, inception: bool = False) -> list[Measure]:
    """The measures of pictures that have an input, in the order of the table.

    Args:
        two_ways: whether there is a way back, which measures of cycles need.
        inception: whether there is an Inception network, which `INCEPTION` needs.
    """
    others = (SAMPLES, ASKED) if two_ways else (SAMPLES, ASKED, CYCLE)
    sets = SETS if inception else FEATURES
    return [measure for measure in MEASURES if measure.group not in others or measure in sets]


def of_noise(classes: bool) -> list[Measure]:
    """The measures of pictures from noise alone, without `SETS`; those of asked classes need classes."""
    return [measure for measure in of(SAMPLES, *((ASKED,) if classes else ())) if measure not in SETS]


def ranking(sampled: bool, paired: bool = True) -> Group:
    """The group whose lead ranks models: of pictures from noise (`sampled`), or of pictures with an input.

    Args:
        sampled: whether pictures are made from noise.
        paired: whether inputs have a target; without targets cycles are measured.
    """
    return SAMPLES if sampled else LIKENESS if paired else CYCLE


def compared(*groups: Group) -> list[Measure]:
    """The measures that are compared between two models on the same images; without `groups`, from all groups."""
    return [measure for measure in telling() if measure.compared and (not groups or measure.group in groups)]


def lead(group: Group) -> Measure:
    """The measure that ranks models and pictures for a group."""
    return next(measure for measure in of(group) if measure.leads)


def headlines() -> list[Measure]:
    """The few measures that are shown where room is short."""
    return [measure for measure in MEASURES if measure.headline]


def image_columns(two_ways: bool = False) -> Iterator[str]:
    """The columns of `images.csv` that measures fill; those of one picture alone are there for two subjects."""
    cycles = (CYCLE,) if two_ways else ()
    yield from (measure.key for measure in of(LIKENESS, COLOUR, *cycles) if measure.each_image)
    for subject in ("generated", "real"):
        yield from (measure.figure(subject) for measure in of(*ALONE, SEGMENTATION) if measure.each_image)
