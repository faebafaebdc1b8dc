"""The strip that compares epochs, from a made-up run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from finished import make_run, noise, settings
from markup import Reader

from pix2pix.base.pictures import grid, save_png
from pix2pix.reports import film, report
from pix2pix.reports.run import read_run


def run_of(root: Path, l1: list[float], drawn: list[int]):
    """A run of as many epochs as there are values, with samples after some of them."""
    params = settings(train__epochs=len(l1))
    make_run(root, params)
    training = root / "reports/training"
    ssim = [0.1 * number for number in range(len(l1))]
    table = {"epoch": range(1, len(l1) + 1), "validation_l1": l1, "validation_ssim": ssim}
    pd.DataFrame(table).to_csv(training / "validation.csv", index=False)
    for old in (training / "samples").iterdir():
        old.unlink()
    for number in drawn:
        sheet = grid([[noise(number + pair + kind) for kind in range(3)] for pair in range(2)])
        save_png(training / f"samples/epoch-{number:04d}.png", sheet)
    return params, read_run(root)


def test_each_epoch_has_its_figures_and_the_best_ones_are_marked(tmp_path: Path) -> None:
    _, run = run_of(tmp_path, [0.3, 0.1, 0.2], [1, 2, 3])
    compared = film.compared(run)
    assert compared is not None and compared.unseen == []
    assert [frame.name for frame in compared.frames] == [
        "input",
        "after epoch 1",
        "after epoch 2",
        "after epoch 3",
        "real",
    ]
    assert compared.frames[2].figures == ["L1 0.100", "SSIM 0.100"]
    marks = {frame.epoch: frame.marks for frame in compared.frames if frame.epoch}
    assert "best L1" in marks[2] and "best SSIM" in marks[3] and "best L1" not in marks[3]
    assert [mark for epoch in marks if epoch != run.about.epoch for mark in marks[epoch] if mark == "the model"] == []


def test_an_epoch_that_was_not_drawn_is_said_by_name(tmp_path: Path) -> None:
    params, run = run_of(tmp_path, [0.3, 0.2, 0.1, 0.2, 0.3], [1, 2, 5])
    compared = film.compared(run)
    assert compared is not None and compared.unseen == ["L1 would choose epoch 3"]
    words = Reader(report.page(params, tmp_path)).words
    assert "No pictures were drawn after these epochs: L1 would choose epoch 3" in words
    assert "best SSIM" in words


@pytest.mark.parametrize(
    ("drawn", "wanted", "shown"),
    [
        (range(1, 26), [17], [1, 2, 5, 10, 17, 20, 25]),
        ([1, 2, 5, 10, 20, 50, 100, 150], [], [1, 2, 5, 10, 20, 50, 100, 150]),
        ([3], [3], [3]),
        (range(7, 106, 7), [], [7, 21, 35, 49, 63, 77, 91, 105]),
    ],
)
def test_early_epochs_are_shown_more_densely(drawn, wanted, shown) -> None:
    assert film._shown(list(drawn), wanted) == shown


def test_a_run_that_watched_nothing_has_no_comparison(tmp_path: Path) -> None:
    _, run = run_of(tmp_path, [0.3, 0.1], [1, 2])
    assert film.compared(run.__class__(**vars(run) | {"validation": run.validation.iloc[:0]})) is None
    assert np.size(film.strips(run)) == 4
