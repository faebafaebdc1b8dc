"""The tables of an evaluation."""

import numpy as np
import pandas as pd

from pix2pix.evaluation.result import confusion_table, scores_table


def test_pixels_are_counted_by_true_and_read_class():
    table = confusion_table(np.array([[3, 1], [0, 2]]), ["a/b & c", "wall"])
    assert list(table.index) == list(table.columns) == ["a/b & c", "wall"] and table.index.name == "class"
    assert table.loc["a/b & c", "wall"] == 1 and confusion_table().empty


def test_the_spread_over_the_seeds_is_the_models_alone():
    scores = {"real": {"ssim": 1.0}, "generated": {"l1": 0.2, "l1_low": 0.1, "ssim": 0.5}}
    table = scores_table(scores, pd.DataFrame({"l1": [0.2, 0.4]}), ["l1", "ssim"], {"real": "real pictures"})
    assert table.columns.tolist() == [
        "name",
        *(f"{key}{part}" for key in ("l1", "ssim") for part in ("", "_low", "_high", "_seeds")),
    ]
    assert table["name"].tolist() == ["real pictures", "generated"]
    assert table.loc["generated", "l1_seeds"] == np.std([0.2, 0.4], ddof=1)
    assert table.loc["real"].dropna().to_dict() == {"name": "real pictures", "ssim": 1.0}
