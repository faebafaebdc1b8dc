"""A model that makes its pictures in steps is scored in several numbers of steps, with painters in its place."""

import made_walker
import numpy as np
import pytest
import toy
from toy import READER, TWO, darker

from pix2pix.evaluation.evaluation import evaluate
from pix2pix.evaluation.rows import Rows
from pix2pix.evaluation.workspace import _in_other_steps
from pix2pix.models.translator import Translator
from pix2pix.params import Evaluate


def brighter(by):
    """A stand-in for a generator: the photo, so many levels brighter, and one more for each number of the seed."""
    return lambda input_, seed: darker(input_) + np.uint8(by + seed)


def test_each_number_of_steps_is_a_row_with_its_name(tmp_path):
    ways, beside = {"generated": brighter(1), "steps_1": brighter(9)}, {"mine": brighter(5), "l1": brighter(20)}
    steps = {"generated": "8 steps of Heun", "steps_1": "1 step", "mine": "4 steps of Euler"}
    settings, rows = Evaluate(repeats=3), Rows(tmp_path / "rows", ["toy"], {})
    split = toy.split(*TWO)
    result = evaluate(split, split, READER, ways, beside, settings, tmp_path / "pictures", rows, None, steps)
    named = result.scores["name"]
    assert named.index.tolist() == ["real", "generated", "steps_1", "mine", "l1", "class_means"]
    assert named.tolist()[1:5] == ["generated, 8 steps of Heun", "generated, 1 step", "mine, 4 steps of Euler", "l1"]
    assert result.scores.loc[["generated", "steps_1"], "l1"].tolist() == pytest.approx([1 / 255, 9 / 255])
    assert result.scores.at["generated", "l1_seeds"] == pytest.approx(1 / 255), "other noise is another answer"
    assert "begins with noise" in result.absent["dropout_off"] and "seeds" not in result.absent


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Evaluate(), {"steps_1": "1 step", "steps_4": "4 steps of Heun", "steps_16": "16 steps of Heun"}),
        (Evaluate(steps=[3, 4]), {"steps_4": "4 steps of Heun"}),  # three steps of Heun are the model's own
        (Evaluate(steps=[3], solver="euler"), {"steps_3": "3 steps of Euler"}),
        (Evaluate(steps=[]), {}),
    ],
)
def test_the_steps_that_are_asked_for(settings, expected):
    model = Translator(made_walker.network(), made_walker.about_walker())
    found = _in_other_steps(model, settings)
    assert {key: each.about.walk.words for key, each in found.items()} == expected


def test_a_model_that_makes_a_picture_at_once_has_no_more_rows(tiny_model):
    assert _in_other_steps(Translator.load(tiny_model), Evaluate()) == {}
