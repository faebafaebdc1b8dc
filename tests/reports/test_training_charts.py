"""The charts of made-up trainings: of pix2pix, of another loss, of one player."""

from types import SimpleNamespace

import pandas as pd
import pytest

from pix2pix.params import Pix2pix
from pix2pix.reports.training_charts import of_run, of_runs
from pix2pix.systems.captions import PIX2PIX
from pix2pix.systems.pix2pix_curves import pix2pix_curves
from pix2pix.training.curves import Caption, Curve, captioned

SUM, MEAN = (captioned(pix2pix_curves(Pix2pix(discriminator_loss=rule), 100.0), PIX2PIX) for rule in ("sum", "mean"))
LEAST_SQUARES = captioned(pix2pix_curves(Pix2pix(adversarial="least_squares"), 100.0), PIX2PIX)
ALONE = (
    Curve("loss", "segmenter", "loss", caption=Caption("Loss of the segmenter", "Loss", "cross-entropy", "Lower.")),
    Curve("norm", "segmenter", "gradient", caption=Caption("Gradient", "Gradients", "segmenter", "Its norm.", True)),
)
SEEN = {"epoch": [1, 2], "validation_l1": [0.3, 0.2], "validation_ssim": [0.1, 0.15]}


def run(curves, value=0.8, seen=SEEN, selected_by="last"):
    """Two rows of losses, both of this value."""
    losses = pd.DataFrame({"epoch": [1.0, 2.0]} | {curve.key: value for curve in curves})
    return SimpleNamespace(
        curves=curves,
        losses=losses,
        validation=pd.DataFrame(seen),
        about=SimpleNamespace(epoch=1, selected_by=selected_by),
        example="pair",
        manifest=SimpleNamespace(roles={"selection": SimpleNamespace(split="val")}),
    )


def drawn(charts):
    """The title and the names of the lines of each chart."""
    return [(each.title, [line.name for line in each.lines]) for each in charts]


def neutral(chart):
    return chart.neutral and chart.neutral[1]


def test_the_charts_of_pix2pix():
    charts = of_run(run(SUM))
    assert drawn(charts) == [
        ("Discriminator", ["loss"]),
        ("Its two terms", ["real pictures", "generated pictures"]),
        ("Its accuracy", ["real", "generated"]),
        ("Generator", ["adversarial loss"]),
        ("Gradients", ["generator", "discriminator"]),
        ("L1", ["while training", "on val"]),
        ("SSIM", ["on val"]),
    ]
    assert [neutral(each) for each in charts] == [
        "undecided, 2 ln 2 = 1.386", "undecided, ln 2 = 0.693", "guessing, 0.5", "undecided, ln 2 = 0.693",
        None, None, None,
    ]  # fmt: skip
    # L1 while training is of pictures from -1 to 1, the measure of pictures from 0 to 1.
    assert [line.last for line in charts[5].lines] == [0.4, 0.2]


def test_a_least_squares_loss_has_its_own_neutral_lines():
    words = [neutral(each) for each in of_run(run(LEAST_SQUARES))]
    assert words[:4] == [
        "undecided, 2 × 1/4 = 0.500", "undecided, 1/4 = 0.250", "guessing, 0.5", "undecided, 1/4 = 0.250",
    ]  # fmt: skip


def test_a_single_player_has_its_charts_and_nothing_is_neutral():
    charts = of_run(run(ALONE, seen={"epoch": [1, 2], "validation_class_iou": [0.1, 0.2]}))
    assert drawn(charts) == [("Loss", ["cross-entropy"]), ("Gradients", ["segmenter"]), ("Class IoU", ["on val"])]
    assert [neutral(each) for each in charts] == [None] * 3


def test_without_pairs_put_aside_there_is_what_training_measured():
    charts = of_run(run(captioned(pix2pix_curves(Pix2pix(loss="l1"), 1.0), PIX2PIX), seen={"epoch": []}))
    assert drawn(charts) == [("Gradients", ["generator"]), ("L1", ["while training"])]


@pytest.mark.parametrize(("selected_by", "marked"), [("last", []), ("validation_ssim", ["SSIM"])])
def test_the_measure_that_selected_is_marked(selected_by, marked):
    charts = of_run(run(SUM, selected_by=selected_by))
    assert [each.title for each in charts if each.mark] == marked


def test_runs_with_a_sum_and_with_a_mean_are_drawn_alike():
    charts = {each.title: each for each in of_runs({"sum": run(SUM, 1.2), "mean": run(MEAN, 0.6)})}
    loss = charts["Discriminator"]
    assert [line.last for line in loss.lines] == [0.6, 0.6]
    assert (neutral(loss), loss.note) == ("undecided, ln 2 = 0.693", "The mean of its two terms.")
    assert not [title for title in charts if title.startswith("Loss of the discriminator on")]


def test_runs_of_other_losses_share_no_neutral_line():
    charts = {each.title: each for each in of_runs({"a": run(SUM), "b": run(LEAST_SQUARES)})}
    assert neutral(charts["Discriminator"]) is None and neutral(charts["Generator"]) is None
    assert neutral(charts["Its accuracy on real patches"]) == "guessing, 0.5"


def test_a_run_without_a_curve_keeps_its_colour():
    charts = {each.title: each for each in of_runs({"alone": run(ALONE), "pair": run(SUM)})}
    assert [(line.name, line.colour) for line in charts["Discriminator"].lines] == [("pair", 1)]
    assert [(line.name, line.colour) for line in charts["Loss of the segmenter"].lines] == [("alone", 0)]
    assert [line.name for line in charts["L1 of pairs put aside"].lines] == ["alone", "pair"]
