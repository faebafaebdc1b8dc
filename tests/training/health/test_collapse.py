import pandas as pd
import pytest

from pix2pix.evaluation.watched import L1, SPREAD, SWD
from pix2pix.training.health.advice import Advice
from pix2pix.training.health.collapse import collapse

ASKED = {"model.system": "dcgan", "model.learning_rate": 2e-4, "model.discriminator_filters": 64, "train.batch_size": 8}


def judged(*spreads, watched=(SWD, SPREAD)):
    rows = pd.DataFrame({"epoch": range(1, len(spreads) + 1), "validation_spread": spreads})
    return collapse(rows, watched, Advice(ASKED))


@pytest.mark.parametrize(
    ("spreads", "collapsed"),
    [
        ([1.2, 0.9, 0.9, 0.4, 0.3, 0.2], True),
        ([0.1, 0.1, 0.1, 0.1, 0.9, 0.9], False),  # at first all generators make one picture
        ([0.9] * 8 + [0.1], False),  # one bad epoch
        ([0.1] * 5, False),  # too short to tell
    ],
)
def test_a_generator_has_collapsed_if_its_pictures_are_alike_at_the_end(spreads, collapsed):
    assert (judged(*spreads) is not None) == collapsed


def test_the_finding_names_the_keys_to_set():
    found = judged(0.5, 0.5, 0.5, 0.2, 0.2, 0.2)
    assert found.name == "mode collapse"
    assert "0.2 times as much as real ones do" in found.words
    assert found.change == (
        "Try one at a time: model.learning_rate: 0.0001 (now 0.0002); train.batch_size: 16 (now 8); "
        "model.discriminator_filters: 128 (now 64)."
    )


def test_nothing_is_said_where_no_spread_is_measured():
    assert judged(*[0.1] * 9, watched=(L1,)) is None
