import pandas as pd
import pytest

from bench import judges


def scores(**values):
    return pd.Series(values)


def test_pairs_of_models_are_counted_by_hand():
    """Of six pairs five are ranked alike and one is not: (5 - 1) / 6. The real pictures and the floor do not count."""
    one = scores(real=0.9, a=0.1, b=0.2, c=0.3, d=0.4, class_means=0.05)
    other = scores(class_means=0.9, d=0.7, c=0.8, b=0.2, a=0.1, real=0.1)
    assert judges.agreement(one, other)[::2] == [f"{4 / 6:.2f}", "4"]


def test_a_model_without_one_of_the_scores_does_not_count():
    one = scores(a=0.1, b=0.2, c=0.3, d=None, e=0.5)
    assert judges.agreement(one, scores(a=1, b=2, c=3, d=4))[::2] == ["1.00", "3"]


def test_two_models_have_no_rank_correlation():
    with pytest.raises(SystemExit, match="2 models have both scores"):
        judges.agreement(scores(real=1, a=0.1, b=0.2), scores(real=1, a=0.1, b=0.2))


def test_two_files_give_a_table(tmp_path, capsys):
    keys = ["pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou"]
    paths = [tmp_path / name for name in ("one.csv", "other.csv")]
    for path, sign in zip(paths, (1, -1), strict=True):
        rows = {
            name: dict.fromkeys(keys, sign * value) for name, value in {"generated": 1, "oasis": 2, "l1": 3}.items()
        }
        pd.DataFrame(rows).T.rename_axis("subject").to_csv(path)
    judges.main(paths)
    lines = capsys.readouterr().out.splitlines()
    assert lines[4] == "| Class IoU | -1.00 | 0.33 | 3 |" and len(lines) == 6
