from dataclasses import replace

import pandas as pd
import pytest

from pix2pix.evaluation.watched import L1, SSIM
from pix2pix.reports.results import CURVES
from pix2pix.training import curves
from pix2pix.training.curves import Caption, Curve, captioned, having, judge

TABLE = (
    Curve("a_loss", "a", "loss", 0.5, "a half", caption=Caption("Loss of A")),
    Curve("a_right", "a", "accuracy", caption=Caption("Right", "Accuracies", "real")),
    Curve("b_far", "b", "distance", measure="l1", factor=0.5, weight=10, caption=Caption("Far")),
)
LOSSES = pd.DataFrame({"epoch": [1, 1, 2, 2], "step": [2, 4, 6, 8], "a_loss": 1.0, "a_right": 0.5, "b_far": 0.25})
VALIDATION = pd.DataFrame({"epoch": [1, 2], "validation_l1": [0.3, 0.2], "validation_ssim": [0.1, 0.4]})


def test_what_is_written_can_be_read(tmp_path):
    curves.write(tmp_path, TABLE, LOSSES, VALIDATION, (L1, SSIM))
    assert CURVES.validate_json((tmp_path / "curves.json").read_bytes(), strict=True) == TABLE
    again = pd.read_csv(tmp_path / "points.csv")
    pd.testing.assert_frame_equal(again, curves.points(LOSSES, VALIDATION, TABLE, (L1, SSIM)), check_dtype=False)


def test_every_value_of_every_curve_is_a_point():
    points = curves.points(LOSSES, VALIDATION, TABLE, (L1, SSIM))
    found = {title: rows[["epoch", "value"]].to_numpy().tolist() for title, rows in points.groupby("curve", sort=False)}
    assert found == {
        "Loss of A": [[0.5, 1], [1, 1], [1.5, 1], [2, 1]],
        "Right": [[0.5, 0.5], [1, 0.5], [1.5, 0.5], [2, 0.5]],
        "Far": [[0.5, 0.25], [1, 0.25], [1.5, 0.25], [2, 0.25]],
        "L1 of pairs put aside": [[1, 0.3], [2, 0.2]],
        "SSIM of pairs put aside": [[1, 0.1], [2, 0.4]],
    }


def test_without_pairs_put_aside_there_are_the_losses():
    titles = set(curves.points(LOSSES, pd.DataFrame(), TABLE, (L1, SSIM))["curve"])
    assert titles == {"Loss of A", "Right", "Far"}


def test_a_system_gets_its_captions_by_the_keys_of_its_curves():
    bare = tuple(replace(curve, caption=Caption()) for curve in TABLE)
    captions = {curve.key: curve.caption for curve in TABLE}
    assert captioned(bare, captions) == TABLE
    with pytest.raises(KeyError, match="b_far"):
        captioned(bare, {"a_loss": Caption(), "a_right": Caption()})


def test_curves_are_found_by_role_and_player():
    assert having(TABLE, "loss") == [TABLE[0]] == having(TABLE, "loss", "a")
    assert having(TABLE, "loss", "b") == [] == having(TABLE, "gradient")


def test_who_judges_is_whose_accuracy_is_measured():
    assert judge(TABLE) == "a"
    assert judge(TABLE[2:]) is None


def test_a_critic_judges_without_an_accuracy():
    assert judge((TABLE[2], Curve("c_estimate", "c", "estimate", 0.0))) == "c"
