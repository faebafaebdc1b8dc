import ast

from conftest import CHECKOUT

from pix2pix import params
from pix2pix.pipeline.kubeflow import components, graph

STAGES = graph.stages(params.read(CHECKOUT / "params.yaml"))
FUNCTIONS = {
    node.name: node for node in ast.parse(components.source(STAGES, "c0de")).body if isinstance(node, ast.FunctionDef)
}


def kinds(stage: str) -> dict[str, str]:
    return {arg.arg: ast.unparse(arg.annotation) for arg in FUNCTIONS[stage].args.args if arg.annotation}


def test_there_is_a_function_for_each_stage() -> None:
    assert list(FUNCTIONS) == list(STAGES)
    assert ast.get_docstring(FUNCTIONS["report"]) == STAGES["report"].purpose


def test_artifacts_have_names_and_kinds() -> None:
    train, evaluate, report = (kinds(stage) for stage in ("train", "evaluate", "report"))
    assert train["parameters"] == "str"
    assert train["data_records"] == "Input[Dataset]"
    assert train["models_generator"] == "Output[Model]"
    assert train["metrics_train_json"] == "Output[Metrics]"
    assert train["reports_training_losses_csv"] == "Output[Artifact]"
    assert evaluate["models_generator"] == "Input[Model]"
    assert report["metrics_evaluate_json"] == "Input[Metrics]"
    assert report["reports_index_html"] == "Output[HTML]"


def test_a_function_hands_every_artifact_to_the_step() -> None:
    (call,) = [node for node in ast.walk(FUNCTIONS["prepare"]) if isinstance(node, ast.Call)]
    assert ast.unparse(call) == (
        "step.run('prepare', parameters, inputs={'code.json': code_json, 'data/raw': data_raw}, "
        "outputs={'data/records': data_records, 'data/preview.png': data_preview_png}, code='c0de')"
    )
