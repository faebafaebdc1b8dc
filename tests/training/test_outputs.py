"""`metrics/train.json` tells of the model that `models/generator` has."""

import json

import pytest

from pix2pix.training.loop import Trained
from pix2pix.training.outputs import write_figures
from pix2pix.training.progress import Progress

LOSSES = [{"epoch": epoch, "step": 10 * epoch, "generator_l1": 1 / epoch} for epoch in range(1, 6)]
VALIDATION = [{"epoch": epoch, "validation_l1": 0.1 + abs(epoch - 2) / 10} for epoch in range(1, 6)]


def figures(tmp_path, epoch, losses=LOSSES):
    progress = Progress(step=50, losses=losses, validation=VALIDATION)
    write_figures(Trained({}, {}, epoch, progress, (), (), None), tmp_path / "train.json")
    return json.loads((tmp_path / "train.json").read_text())


def test_the_last_epoch_has_the_last_figures(tmp_path):
    assert figures(tmp_path, 5) == {
        "generator_l1": 0.2, "validation_l1": pytest.approx(0.4), "selected_epoch": 5, "epochs": 5, "steps": 50,
    }  # fmt: skip


def test_a_chosen_epoch_has_its_own_figures(tmp_path):
    found = figures(tmp_path, 2)
    assert found == {"generator_l1": 0.5, "validation_l1": 0.1, "selected_epoch": 2, "epochs": 5, "steps": 50}


def test_where_losses_are_logged_seldom_the_row_that_has_the_epoch_in_its_mean_is_taken(tmp_path):
    assert figures(tmp_path, 2, LOSSES[3:])["generator_l1"] == 0.25
