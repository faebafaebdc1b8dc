"""Rows that are kept: the same numbers again, and never those of another row."""

import numpy as np
import pandas as pd
import pytest

from pix2pix.base import files
from pix2pix.base.files import home
from pix2pix.base.pictures import load_rgb, save_png
from pix2pix.evaluation.rows import Rows, of_training
from pix2pix.evaluation.scoring import Measured

RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 256, (4, 4, 3), dtype=np.uint8)
WHOLE = Measured(
    pd.DataFrame(RANDOM.normal(size=(3, 2)), pd.Index(["val/1", "val/2", "val/ü"], name="id"), ["l1", "ssim"]),
    RANDOM.integers(0, 9, (3, 2, 3, 8)),
    RANDOM.integers(0, 9, (3, 2, 2)),
    {name: RANDOM.normal(size=(3, values)).astype(np.float32) for name, values in (("one", 5), ("two", 7))},
)
BARE = Measured(WHOLE.images[[]], None, WHOLE.confusions)


@pytest.fixture
def ask(tmp_path):
    """Ask for a row, and say whether it had to be measured."""

    def ask(measured=WHOLE, common=("records",), subject="generated", way="0", models=None):
        made = []

        def make(folder):
            made.append(folder)
            save_png(folder / "a.png", PICTURE)
            return measured

        rows = Rows(tmp_path / "rows", common, models or {"generated": "weights"})
        return rows.measured(subject, way, make, tmp_path / "pictures"), bool(made)

    return ask


@pytest.mark.parametrize("measured", [WHOLE, BARE])
def test_a_row_is_measured_once_and_given_to_the_last_bit(ask, tmp_path, measured):
    for expected in (True, False):
        found, made = ask(measured)
        assert made == expected
        pd.testing.assert_frame_equal(found.images, measured.images, check_exact=True, check_column_type=False)
        assert found.features.keys() == measured.features.keys()
        for name, features in measured.features.items():
            assert found.features[name].dtype == np.float32 and (found.features[name] == features).all()
        for name in ("colours", "confusions"):
            ours, theirs = getattr(found, name), getattr(measured, name)
            assert (ours is None) == (theirs is None)
            assert ours is None or (ours.dtype == theirs.dtype and (ours == theirs).all())
        assert found.scores() == measured.scores()
        np.testing.assert_array_equal(load_rgb(tmp_path / "pictures/a.png"), PICTURE)
        (tmp_path / "pictures/a.png").unlink()


@pytest.mark.parametrize(
    "other",
    [
        {"common": ("other records",)},
        {"common": ("records", "segmenter")},
        {"way": "1"},
        {"subject": "dropout_off"},
        {"models": {"generated": "other weights"}},
    ],
)
def test_what_decides_a_row_has_to_be_equal(ask, other):
    ask()
    assert ask(**other)[1] and not ask()[1]


def test_a_damaged_row_is_measured_again(ask, tmp_path):
    ask()
    names = [path.name for path in (tmp_path / "rows").rglob("*") if path.is_file()]
    assert sorted(names) == ["a.png", "counts.npz", "hashes.json"]
    for name in names:
        for damage in (lambda path: path.write_bytes(path.read_bytes()[:-3] + b"abc"), lambda path: path.unlink()):
            (path,) = (tmp_path / "rows").rglob(name)
            damage(path)
            assert ask()[1] and not ask()[1]


def test_a_row_that_was_not_finished_is_not_there(tmp_path):
    def stopped(folder):
        save_png(folder / "a.png", PICTURE)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Rows(tmp_path / "rows", [], {}).measured("real", "", stopped, tmp_path / "pictures")
    assert not list((tmp_path / "rows").iterdir()) and not (tmp_path / "pictures").exists()


def test_rows_lie_in_the_home_and_are_removed_together(monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    with of_training("f" * 16) as folder:
        assert folder == home() / "evaluations" / ("f" * 16)
        rows = Rows(folder, [], {})
        rows.measured("real", "", lambda _: BARE, tmp_path / "pictures")
        files.remove(folder)
        assert not folder.exists()


def test_of_two_evaluations_at_once_one_keeps_its_rows(monkeypatch, tmp_path, capsys):
    """Else the one that ends first would take the folder away from under the other."""
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    with of_training("f" * 16) as first:
        with of_training("f" * 16) as second, of_training("a" * 16) as other:
            assert home() / "evaluations" == first.parent == other.parent != second.parent
            Rows(second, [], {}).measured("real", "", lambda _: BARE, tmp_path / "pictures")
        assert not second.exists() and not [path for path in first.iterdir() if path.name != ".lock"]
    assert capsys.readouterr().out.startswith(f"another evaluation of {'f' * 16} is running")
    with of_training("f" * 16) as again:
        assert again == first
