from conftest import CHECKOUT
from dvc.repo import Repo

from pix2pix import params
from pix2pix.pipeline.kubeflow import graph

CONTENT = params.read(CHECKOUT / "params.yaml")
STAGES = graph.stages(CONTENT)
# A downloaded archive of the code has no git.
DVC = Repo(str(CHECKOUT), config={"core": {"no_scm": True}})


def test_the_graph_is_the_one_that_dvc_has() -> None:
    edges = {(a.addressing, b.addressing) for a, b in DVC.index.graph.edges}
    assert {(stage.name, maker) for stage in STAGES.values() for maker in stage.inputs.values()} == edges


def test_the_outputs_are_those_that_dvc_has() -> None:
    theirs = {stage.addressing: {out.def_path for out in stage.outs} for stage in DVC.index.stages}
    assert {stage.name: {*stage.outputs} for stage in STAGES.values()} == theirs


def test_a_file_in_an_output_stands_for_the_output() -> None:
    """The report names data/records/manifest.json and models/generator/about.json."""
    assert STAGES["report"].inputs["data/records"] == "prepare"
    assert STAGES["report"].inputs["models/generator"] == "train"


def test_a_folder_stands_for_all_outputs_in_it() -> None:
    """The report names reports/training."""
    inside = {path for path in STAGES["train"].outputs if path.startswith("reports/training/")}
    assert len(inside) == 7 and inside <= STAGES["report"].inputs.keys()


def test_what_no_stage_makes_belongs_to_the_checkout() -> None:
    sources = {stage.name: stage.sources for stage in STAGES.values() if stage.sources}
    assert sources == {"check": ("stages", "src"), "download": ("data/own",), "evaluate": ("models/beside",)}


def test_a_stage_follows_from_the_stages_whose_files_it_reads() -> None:
    before = {name: graph.upstream(stage, STAGES) - {name} for name, stage in STAGES.items()}
    assert before == {
        "check": set(),
        "download": set(),
        "prepare": {"download"},
        "segmenter": {"download", "prepare"},
        "train": {"download", "prepare"},
        "evaluate": {"download", "prepare", "segmenter", "train"},
        "report": {"download", "prepare", "segmenter", "train", "evaluate"},
    }
