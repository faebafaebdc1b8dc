"""Edits of every kind, in a clone that is made once: which stages run again, and which training is used again.

Which stages an edit concerns stands in `code.json`. It is computed here as `check` does it; two of the edits are made
through DVC, which runs the stages again whose part of it differs.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clone import Clone, fresh, ran

from pix2pix import params
from pix2pix.base import code
from pix2pix.pipeline import identity

pytestmark = pytest.mark.slow

SMALLEST = {
    "data.palette": "none",  # no classes: the segmenter has nothing to learn
    "data.sample_train": 2,
    "data.sample_test": 2,
    "train.epochs": 1,
    "evaluate.repeats": 1,
}
UNUSED = "src/pix2pix/systems/unused.py"
EDIT = "EDITED = True\n"
AS_IT_WAS: list[str] = []
STAGES = ["download", "prepare", "segmenter", "train", "evaluate", "report"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, fresh_store: Path) -> Iterator[Clone]:
    """All of the pipeline, made once, with a system in the source that no stage loads."""
    path = tmp_path_factory.mktemp("identity") / "clone"
    clone = fresh(path, SMALLEST, store=fresh_store)
    (path / UNUSED).write_text("LOSS = 1\n")
    clone.run("dvc", "config", "--local", "core.no_scm", "true")
    clone.run("dvc", "repro")
    yield clone
    shutil.rmtree(path.parent, ignore_errors=True)


@contextmanager
def edited(clone: Clone, name: str, old: str = "", new: str = EDIT) -> Iterator[None]:
    """A file with `new` in place of the first `old`, or at its end; afterwards it is as it was.

    The same edit a second time runs nothing: DVC has kept what came of it.
    """
    path = clone.path / name
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, 1) if old else before + new, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def run_again(clone: Clone) -> list[str]:
    """The stages that `dvc repro` would run because of their code, once `check` has looked at it."""
    clone.run("dvc", "repro", "check")
    return ran(clone.run("dvc", "repro", "--dry"))


@pytest.fixture
def concerned(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """A function that returns the stages whose part of a new `code.json` differs from the present one."""
    monkeypatch.setattr(identity, "CHECKOUT", clone.path)
    noted, chosen = clone.json("code.json"), params.load(clone.path / "params.yaml")

    def stages() -> list[str]:
        now = identity.of_pipeline(chosen)
        return [stage for stage in STAGES if now[stage] != noted[stage]]

    return stages


def decisive(clone: Clone) -> str:
    """The digest of the code that decides what the training of pix2pix makes."""
    package = clone.path / "src/pix2pix"
    names = ("training/loop.py", "systems/pix2pix.py", "systems/job.py", "evaluation/likeness.py")
    return code.digest(code.closure(*(package / name for name in names), system="pix2pix"))


@pytest.mark.parametrize(
    ("name", "old", "new", "stages"),
    [
        ("src/pix2pix/base/files.py", "", "# A comment.\n", AS_IT_WAS),
        ("src/pix2pix/training/play.py", '"""', '"""In other words. ', AS_IT_WAS),
        (UNUSED, "LOSS = 1", "LOSS = 2", AS_IT_WAS),
        ("src/pix2pix/app/server.py", "", EDIT, AS_IT_WAS),
        ("src/pix2pix/reports/report.html", "</", " </", ["report"]),
        ("src/pix2pix/data/earlier.py", "", EDIT, ["download"]),
        ("src/pix2pix/evaluation/memorisation.py", "", EDIT, ["evaluate", "report"]),
        ("src/pix2pix/evaluation/omissions.py", "", EDIT, ["evaluate"]),
        ("src/pix2pix/systems/segmenter.py", "", EDIT, ["segmenter"]),
        ("src/pix2pix/systems/captions.py", "", EDIT, ["segmenter", "train"]),
        ("src/pix2pix/tracking/trainings.py", "", EDIT, ["segmenter", "train"]),
        ("src/pix2pix/tracking/runs.py", "", EDIT, ["segmenter", "train", "evaluate"]),
    ],
)
def test_an_edit_reruns_what_it_concerns_and_retrains_nothing(
    clone: Clone, concerned: Callable[[], list[str]], name: str, old: str, new: str, stages: list[str]
) -> None:
    before = decisive(clone)
    with edited(clone, name, old, new):
        assert concerned() == stages
        assert decisive(clone) == before


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("src/pix2pix/losses/adversarial.py", ["train"]),
        ("src/pix2pix/systems/pix2pix.py", ["train"]),
        ("src/pix2pix/training/play.py", ["segmenter", "train"]),
        ("src/pix2pix/evaluation/likeness.py", ["segmenter", "train", "evaluate"]),
        ("src/pix2pix/networks/layers/normalisation.py", ["segmenter", "train", "evaluate"]),
    ],
)
def test_an_edit_of_what_decides_weights_trains_anew(
    clone: Clone, concerned: Callable[[], list[str]], name: str, stages: list[str]
) -> None:
    """A loss, its system, the step of all systems, a measure that chooses among generators, a layer."""
    before = decisive(clone)
    with edited(clone, name):
        assert concerned() == stages
        assert decisive(clone) != before


@pytest.mark.parametrize(
    ("name", "new", "stages"),
    [
        ("src/pix2pix/base/files.py", "# A comment.\n", AS_IT_WAS),
        ("src/pix2pix/tracking/runs.py", EDIT, ["segmenter", "train", "evaluate"]),
    ],
)
def test_dvc_runs_the_stages_again_whose_code_differs(clone: Clone, name: str, new: str, stages: list[str]) -> None:
    with edited(clone, name, new=new):
        assert run_again(clone) == stages


def checkpoints(clone: Clone) -> set[Path]:
    return set((clone.path / "checkpoints").iterdir())


def test_the_code_around_a_training_uses_its_result_again(clone: Clone) -> None:
    before, weights = checkpoints(clone), (clone.path / "models/generator/model.weights.h5").read_bytes()
    with edited(clone, "src/pix2pix/training/health/verdict.py"):
        done = clone.run("dvc", "repro", "train")
    assert ran(done) == ["check", "train"]
    assert "so its result is used again" in done.stdout
    assert checkpoints(clone) == before
    assert (clone.path / "models/generator/model.weights.h5").read_bytes() == weights


def test_the_code_of_a_training_begins_another_one(clone: Clone) -> None:
    before = checkpoints(clone)
    with edited(clone, "src/pix2pix/losses/adversarial.py", new="OTHER = 1\n"):
        done = clone.run("dvc", "repro", "train")
    assert ran(done) == ["check", "train"]
    assert len(checkpoints(clone) - before) == 1
    clone.run("dvc", "repro", "train")


def test_a_stage_is_refused_while_its_code_is_not_noted(clone: Clone) -> None:
    with edited(clone, "src/pix2pix/losses/adversarial.py", new="NOT_NOTED = 1\n"):
        done = clone.run("dvc", "repro", "--force", "--single-item", "train", fine=False)
    assert done.returncode
    line = "src/pix2pix/losses/adversarial.py: edited since code.json was written; run `dvc repro check` first"
    assert f"error: {line}" in done.stderr.splitlines()
    clone.run("dvc", "checkout")
    assert run_again(clone) == []


def test_going_back_to_earlier_code_makes_nothing_anew(clone: Clone) -> None:
    """DVC has kept what that code made."""
    with edited(clone, "src/pix2pix/reports/report.html", "</", "  </"):
        assert ran(clone.run("dvc", "repro", "report")) == ["check", "report"]
    assert ran(clone.run("dvc", "repro", "report")) == []
