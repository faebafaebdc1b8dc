"""The captions of the systems' curves: all are there, and none decides a training."""

import pytest
from conftest import CHECKOUT

from pix2pix.base.code import closure
from pix2pix.params import Pix2pix
from pix2pix.params.model import SYSTEMS
from pix2pix.params.systems.cyclegan import CycleGAN
from pix2pix.systems import captions, photo_reader
from pix2pix.systems.cyclegan_curves import cyclegan_curves
from pix2pix.systems.pix2pix_curves import pix2pix_curves

PACKAGE = CHECKOUT / "src/pix2pix"
DECIDING = (
    "training/loop.py",
    "systems/job.py",
    "systems/segmenting.py",
    "systems/classifying.py",
    "evaluation/likeness.py",
)


@pytest.mark.parametrize(
    ("curves", "own"),
    [
        (
            pix2pix_curves(
                Pix2pix(adversarial="wasserstein", gradient_penalty=10, noise_size=1, lambda_diversity=1), 100.0
            ),
            captions.PIX2PIX,
        ),
        (cyclegan_curves(CycleGAN(adversarial="wasserstein", gradient_penalty=10)), captions.CYCLEGAN),
        (photo_reader.curves("segmenter"), captions.SEGMENTER),
        (photo_reader.curves("classifier"), captions.CLASSIFIER),
    ],
    ids=["pix2pix", "cyclegan", "segmenter", "classifier"],
)
def test_every_curve_has_a_caption_and_every_caption_a_curve(curves, own):
    assert {curve.key for curve in curves} == own.keys()
    assert all(caption.title for caption in own.values())


def test_every_system_has_captions():
    assert captions.OF.keys() == SYSTEMS.keys()


@pytest.mark.parametrize("system", [*SYSTEMS, "segmenter", "classifier"])
def test_a_new_title_trains_nothing_again_but_is_written(system):
    """The stages use the captions, so DVC runs them again; the fingerprint does not, so the training is used again."""
    deciding = closure(*(PACKAGE / name for name in (*DECIDING, f"systems/{system}.py")), system=system)
    words = PACKAGE / "systems/captions.py"
    assert PACKAGE / "training/play.py" in deciding and words not in deciding
    stage = "train" if system in SYSTEMS else "segmenter"
    assert words in closure(CHECKOUT / f"stages/{stage}.py", system=system)
