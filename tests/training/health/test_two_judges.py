"""The verdict where two players judge: each against its own opponent."""

import numpy as np
import pandas as pd

from pix2pix.evaluation.likeness import WATCHED
from pix2pix.params.systems.cyclegan import CycleGAN
from pix2pix.systems.captions import CYCLEGAN
from pix2pix.systems.cyclegan_curves import cyclegan_curves
from pix2pix.training.curves import captioned, judges
from pix2pix.training.health.balance import duels
from pix2pix.training.health.verdict import health

CURVES = captioned(cyclegan_curves(CycleGAN()), CYCLEGAN)
ASKED = {f"model.{key}": value for key, value in CycleGAN().model_dump().items()} | {"train.epochs": 30}
NOTHING_SET_ASIDE = pd.DataFrame(columns=["epoch", "validation_l1", "validation_ssim"])
EVEN = {"loss": 0.2, "accuracy_real": 0.7, "accuracy_fake": 0.7}
SURE = {"loss": 0.005, "accuracy_real": 1.0, "accuracy_fake": 1.0}


def told(forth=EVEN, back=EVEN, persuasions=(0.4, 0.4)):
    columns = {"epoch": np.arange(1, 31), "generator_gan": persuasions[0], "back_generator_gan": persuasions[1]}
    for name, values in (("discriminator", forth), ("back_discriminator", back)):
        columns |= {f"{name}_{key}": value for key, value in values.items()}
    distances = {curve.key: 0.3 for curve in CURVES if curve.role == "distance"}
    found = health(pd.DataFrame(columns | distances), NOTHING_SET_ASIDE, CURVES, list(WATCHED), ASKED)
    return [finding["name"] for finding in found["findings"]], found["findings"]


def test_each_judge_faces_its_own_generator():
    assert judges(CURVES) == ["discriminator", "back_discriminator"]
    faced = [(duel.loss.player, [each.key for each in duel.persuasions]) for duel in duels(CURVES)]
    assert faced == [("discriminator", ["generator_gan"]), ("back_discriminator", ["back_generator_gan"])]


def test_both_are_judged():
    names, findings = told()
    assert names == ["balanced", "balanced", "not validated"]
    assert "the discriminator's loss was 0.2" in findings[0]["words"]
    assert "the back discriminator's loss was 0.2" in findings[1]["words"]
    assert "the back generator's adversarial loss was 0.4" in findings[1]["words"]


def test_one_of_them_may_win():
    assert told(forth=SURE)[0][:2] == ["discriminator dominates", "balanced"]
    names, findings = told(back=SURE)
    assert names[:2] == ["back discriminator dominates", "balanced"]
    assert "model.discriminator_filters: 32 (now 64)" in findings[0]["change"]
    lost = {"loss": 0.25, "accuracy_real": 0.5, "accuracy_fake": 0.5}
    assert told(back=lost)[0][0] == "back generator dominates"


def test_the_opponent_of_the_other_does_not_matter():
    """The back generator still improves, so that its discriminator is no winner; the other one's says nothing of it."""
    falling = np.r_[np.full(20, 0.9), np.full(10, 0.5)]
    assert told(back=SURE, persuasions=(0.4, falling))[0][0] == "balanced"
    assert told(back=SURE, persuasions=(falling, 0.4))[0][0] == "back discriminator dominates"


def test_either_of_them_may_diverge():
    names, findings = told(back=EVEN | {"loss": 2.0})
    assert names == ["diverged"]
    assert "the back discriminator's loss was 2 (neutral: 0.25)" in findings[0]["words"]
    assert "the back generator's adversarial loss was 150" in told(persuasions=(0.4, 150))[1][0]["words"]
