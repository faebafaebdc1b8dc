import ast
import json
from typing import Any

import pytest
from conftest import CHECKOUT

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import Params, recipes
from pix2pix.params.file import parsed
from pix2pix.pipeline.kubeflow import graph, parameters

CONTENT = params.read(CHECKOUT / "params.yaml")
STAGES = graph.stages(CONTENT)


def sections(stage: str) -> list[str]:
    """The sections that a stage's script asks for; none for all of them."""
    tree = ast.parse((CHECKOUT / f"stages/{stage}.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (begin,) = (node for node in calls if ast.unparse(node.func) == "stage.begin")
    return eval(f"[{', '.join(map(ast.unparse, begin.args))}]", {"Params": Params})


def given(stage: str, content: Any = CONTENT) -> Any:
    return json.loads(parameters.text(STAGES[stage], STAGES, content))


@pytest.mark.parametrize("recipe", recipes.names())
def test_a_step_reads_what_its_stage_would(recipe: str) -> None:
    """Its values pass the stage's own check, and all that the stage names in dvc.yaml are those of the recipe."""
    content = parsed(recipes.text(recipe), recipe)
    for name, stage in graph.stages(content).items():
        asked = sections(name)
        whole = parameters.whole(parameters.text(stage, STAGES, content))
        read, wanted = (params.check(each, "params.yaml", *asked).flat() for each in (whole, content))
        deciding = {
            path: value
            for path, value in wanted.items()
            if {path, path.partition(".")[0]} & {*stage.params} or not stage.params
        }
        assert deciding and deciding.items() <= read.items(), name


def test_the_check_has_the_whole_file() -> None:
    assert given("check") == CONTENT


def test_a_step_has_the_values_of_the_steps_before_it() -> None:
    """`train` names no key of `download` or `prepare`, but its records follow from them."""
    named = STAGES["train"].params
    assert "download" not in named and "prepare" not in named
    told = given("train")
    assert told["download"] == CONTENT["download"] and told["prepare"] == CONTENT["prepare"]
    assert told["data"]["sample_train"] == CONTENT["data"]["sample_train"]
    assert not {"segmenter", "evaluate", "report"} & told.keys()


def test_the_data_do_not_follow_from_the_training() -> None:
    other = CONTENT | {"train": CONTENT["train"] | {"epochs": 7}, "seed": 3}
    for stage in ("download", "prepare"):
        assert given(stage, other) == given(stage)
    assert given("segmenter", other) != given("segmenter")  # the seed
    assert given("evaluate", other) != given("evaluate")


def test_whole_numbers_stay_whole_and_small_ones_are_numbers() -> None:
    content = CONTENT | {"model": CONTENT["model"] | {"learning_rate": 1e-05, "lambda_l1": 100}}
    whole = parameters.whole(parameters.text(STAGES["train"], STAGES, content))
    assert whole["model"]["learning_rate"] == 1e-05
    assert type(whole["model"]["lambda_l1"]) is int


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": {"system": "cake"}}', '{"model": {}, "cake": {}}'])
def test_what_is_no_set_of_parameters_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ParamsError, match=r"^parameters of the step: [^\n]*$"):
        parameters.whole(text)


def test_a_section_that_would_be_refused_in_part_is_there_as_a_whole() -> None:
    content = parsed(recipes.text("dcgan"), "dcgan")
    assert given("download", content)["data"] == content["data"]
    assert given("download")["data"].keys() < CONTENT["data"].keys()
