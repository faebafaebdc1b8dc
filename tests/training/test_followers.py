import numpy as np
from toy_training import Run, Teller

from pix2pix.training.followers import Followers
from pix2pix.training.progress import Progress

LOSSES, VALIDATION = {"epoch": 2, "step": 9, "generator_l1": 0.5}, {"epoch": 2, "validation_l1": 0.25}
GRID = np.zeros((2, 2, 3), np.uint8)


class Follower:
    def __init__(self):
        self.heard = []

    def metrics(self, values, step):
        self.heard.append((values, step))

    def sample(self, grid, epoch):
        self.heard.append((grid, epoch))


def test_every_follower_is_told_by_step_or_by_epoch():
    one, other = Follower(), Follower()
    told = Followers(one, other)
    told.losses(LOSSES)
    told.validation(VALIDATION)
    told.sample("a grid", 2)
    assert one.heard == other.heard == [(LOSSES, 9), (VALIDATION, 2), ("a grid", 2)]


def test_a_follower_that_catches_up_hears_all_from_the_beginning(tmp_path):
    progress = Progress(losses=[LOSSES, LOSSES | {"step": 10}], validation=[VALIDATION], samples={1: GRID, 2: GRID + 1})
    run = Run(tmp_path)
    Followers(run).catch_up(progress)
    assert (run.losses, run.validation, run.drawn) == (progress.losses, progress.validation, [1, 2])
    np.testing.assert_array_equal(run.samples[2], GRID + 1)


def test_a_follower_changes_neither_the_history_nor_what_another_one_hears(tmp_path):
    progress = Progress(losses=[dict(LOSSES)], validation=[dict(VALIDATION)])
    run = Run(tmp_path)
    Followers(Teller(lambda row: row.clear()), run).catch_up(progress)
    assert (progress.losses, progress.validation) == ([LOSSES], [VALIDATION])
    assert (run.losses, run.validation) == ([LOSSES], [VALIDATION])


def test_catching_up_with_nothing_tells_nothing(tmp_path):
    run = Run(tmp_path)
    Followers(run).catch_up(Progress())
    assert (run.losses, run.validation, run.samples) == ([], [], {})
