import pandas as pd
import pytest

from bench import several_seeds


@pytest.fixture
def scores(tmp_path):
    rows = {
        "real": {"name": "real pictures (ceiling)", "class_iou": 0.4, "class_iou_low": 0.38, "class_iou_high": 0.42},
        "spade-42": {"name": "spade-42", "class_iou": 0.1, "l1": 0.2},
        "spade-43": {"name": "spade-43", "class_iou": 0.2, "l1": 0.4},
        "spade-44": {"name": "spade-44", "class_iou": 0.6, "l1": 0.3},
        "class_means": {"name": "flat", "class_iou": 0.05},
    }
    pd.DataFrame(rows).T.rename_axis("subject").to_csv(tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def test_a_model_has_its_mean_and_its_range_and_others_have_their_interval(scores, capsys):
    several_seeds.main(scores, ["class_iou", "l1"])
    assert capsys.readouterr().out.splitlines() == [
        "| | seeds | Class IoU | L1 (0 to 1) |",
        "|---|---|---|---|",
        "| real pictures (ceiling) |  | 0.400 [0.380, 0.420] |  |",
        "| spade | 3 | 0.300 [0.100, 0.600] | 0.300 [0.200, 0.400] |",
        "| flat |  | 0.050 |  |",
    ]


def test_an_unknown_measure_is_refused(scores):
    with pytest.raises(SystemExit, match="fid2: no such measure; there are l1, "):
        several_seeds.main(scores, ["class_iou", "fid2"])
