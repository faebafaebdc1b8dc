"""What can go wrong with a player that nobody judges."""

import numpy as np
import pandas as pd
import pytest

from pix2pix.evaluation import likeness
from pix2pix.params import Params
from pix2pix.params.systems.bridge import Bridge
from pix2pix.systems import captions
from pix2pix.systems.bridge import _CURVES
from pix2pix.training.curves import Curve, captioned
from pix2pix.training.fingerprint import deciding
from pix2pix.training.health.advice import Advice
from pix2pix.training.health.lone import lone
from pix2pix.training.health.verdict import health
from pix2pix.training.walk_look import MOVED, VARIED

CURVES = captioned(_CURVES, captions.BRIDGE)
WATCHED = (*likeness.WATCHED, MOVED, VARIED)
ASKED = deciding(Params(model=Bridge(steps=30)))
EPOCHS = 30


def judged(losses=None, moved=0.9, varied=0.9):
    falling = np.linspace(0.5, 0.1, EPOCHS)
    rows = {"epoch": range(1, EPOCHS + 1), "step": range(10, 10 * EPOCHS + 1, 10)}
    rows |= {curve.key: falling for curve in CURVES} | ({} if losses is None else {"generator_loss": losses})
    validation = {
        "epoch": rows["epoch"],
        "validation_l1": falling,
        "validation_ssim": 1 - falling,
    }
    validation |= {"validation_moved": moved, "validation_varied": varied}
    return health(pd.DataFrame(rows), pd.DataFrame(validation), CURVES, WATCHED, ASKED)


def test_a_training_that_goes_well_is_judged_by_its_course():
    found = judged()
    assert found["verdict"] == "still improving" and len(found["findings"]) == 1


@pytest.mark.parametrize(
    ("made", "verdict", "words", "change"),
    [
        (
            {"losses": 1.0},
            "nothing learned",
            "generator_loss was 1, and 1 in",
            "model.learning_rate: 0.0015 (now 0.0005)",
        ),
        ({"moved": 0.05}, "inputs kept", "0.05 times as far from their inputs as", "model.noise_level: 2 (now 1)"),
        ({"varied": 0.1}, "answers alike", "0.1 times as far from one another as", "model.steps: 50 (now 30)"),
    ],
)
def test_what_goes_wrong_is_the_verdict(made, verdict, words, change):
    found = judged(**made)
    assert found["verdict"] == verdict
    first = found["findings"][0]
    assert words in first["words"] and change in first["change"] and first["rule"]


def test_a_share_that_was_low_only_at_first_is_no_finding():
    late = np.r_[np.full(20, 0.01), np.full(10, 0.8)]
    assert judged(moved=late, varied=late)["verdict"] == "still improving"


def test_a_player_with_a_judge_is_not_meant():
    judge = captioned([Curve("discriminator_accuracy_real", "discriminator", "accuracy", 0.5)], captions.PIX2PIX)
    rows = pd.DataFrame({"epoch": range(EPOCHS), "generator_loss": 1.0, "validation_moved": 0.0})
    for curves, names in ((CURVES, ["nothing learned", "inputs kept"]), ((*CURVES, *judge), [])):
        assert [found.name for found in lone(rows, rows, curves, [MOVED], Advice(ASKED))] == names
