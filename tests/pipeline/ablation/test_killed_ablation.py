"""`pix2pix ablation` as a person runs it, with two variants: killed in the second training, then started again."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass

import pytest
from clone import Clone, fresh

pytestmark = pytest.mark.slow

VARIANTS = ("default", "l1")
# Three epochs of steps that each save; the parameters are edited and not committed.
EDITED = {"train.epochs": 3, "train.checkpoint_minutes": 1e-6}
COMMAND = ["python", "-m", "pix2pix", "ablation", "evaluate.repeats=1"]


@dataclass(frozen=True)
class Story:
    """What both starts said, and how the workspace stood before and after them."""

    clone: Clone
    killed: str
    again: str
    before: dict[str, str]
    after: dict[str, str]


def workspace(clone):
    """What an ablation has to leave alone."""
    paths = [path for path in clone.path.rglob("*") if path.is_file() and path.parts[len(clone.path.parts)] in CODE]
    files = {str(path): f"{path.stat().st_mtime_ns} {path.read_bytes()!r}" for path in paths}
    said = {
        words: clone.run(*words.split()).stdout for words in ("git status --porcelain", "git stash list", "git log")
    }
    return files | said


CODE = ("params.yaml", "dvc.yaml", "stages", "src", "note.txt")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    path = tmp_path_factory.mktemp("ablation") / "clone"
    clone = fresh(path)
    with (path / "src/pix2pix/pipeline/ablation/variants.py").open("a") as file:
        file.write(f"\n\nVARIANTS = tuple(each for each in VARIANTS if each.name in {VARIANTS})\n")
    clone.run("git", "init", "--quiet")
    clone.run("git", "config", "user.name", "Test")
    clone.run("git", "config", "user.email", "test@example.com")
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "code")
    clone.params(EDITED)
    (path / "note.txt").write_text("not in git")
    before = workspace(clone)
    environment = clone.environment() | {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    said = path.parent / "said"
    with said.open("w") as out, subprocess.Popen(
        COMMAND, cwd=path, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:  # fmt: skip
        while not (process.poll() is not None or second_training_has_saved(path, said.read_text())):
            time.sleep(0.02)
        assert process.poll() is None, said.read_text()
        os.killpg(process.pid, signal.SIGKILL)
    again = subprocess.run(COMMAND, cwd=path, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stdout[-4000:] + again.stderr[-4000:]
    yield Story(clone, said.read_text(), again.stdout + again.stderr, before, workspace(clone))
    shutil.rmtree(path.parent, ignore_errors=True)


def second_training_has_saved(path, said):
    fingerprints = re.findall(r"starting at step 0 of \d+ of fingerprint (\w+)", said)
    # The first one is the segmenter's.
    return len(fingerprints) == 3 and any((path / "checkpoints" / fingerprints[2]).glob("step-*"))


def test_what_is_finished_is_not_done_again(story):
    """The segmenter is trained once for all variants, the default one's generator once, and the killed one resumes."""
    assert story.killed.count("Running stage 'segmenter'") == 1
    assert story.killed.count("Running stage 'train'") == 2
    assert "Running stage 'segmenter'" not in story.again
    assert story.again.count("Running stage 'train'") == 1
    assert int(re.search(r"resuming at step (\d+) of 18", story.again)[1]) >= 1


def test_the_workspace_is_left_alone(story):
    assert story.after == story.before


def test_it_ends_in_one_table(story):
    rows = {row["name"]: row for row in story.clone.table("reports/ablation.csv")}
    assert list(rows) == ["real", *VARIANTS, "class_means"]
    for name in VARIANTS:
        kept = story.clone.table(f".ablation/rows/{name}/reports/scores.csv")
        (scores,) = [row for row in kept if row["subject"] == "generated"]
        assert rows[name]["ssim"] == scores["ssim"] and rows[name]["class_iou_low"] == scores["class_iou_low"]
    assert rows["l1"]["class_iou_difference_low"] and not rows["default"]["class_iou_difference_low"]
    text = (story.clone.path / "reports/ablation.md").read_text(encoding="utf-8")
    assert "| `l1`: L1 alone |" in text and text in story.again
    page = (story.clone.path / "reports/ablation.html").read_text(encoding="utf-8")
    assert "<h1>Ablation</h1>" in page


def test_each_variant_is_an_experiment_of_the_commit(story):
    listed = story.clone.run("dvc", "exp", "list", "--name-only").stdout.split()
    assert sorted(listed) == ["ablation-default", "ablation-l1"]
    differ = json.loads(story.clone.run("dvc", "exp", "diff", "ablation-default", "ablation-l1", "--json").stdout)
    assert differ["params"] == {"params.yaml": {"model.loss": {"old": "cgan+l1", "new": "l1"}}}


def test_the_trainings_are_children_of_one_run(story):
    runs = story.clone.runs()
    (parent,) = [run for run in runs if run.data.tags.get("kind") == "ablation"]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert {run.data.params["model.loss"] for run in children} == {"cgan+l1", "l1"}
    assert {run.data.tags["dvc_experiment"] for run in children} == {"ablation-default", "ablation-l1"}
    assert {run.info.status for run in [parent, *children]} == {"FINISHED"}
    (row,) = [row for row in story.clone.table("reports/ablation.csv") if row["name"] == "l1"]
    assert parent.data.metrics["ssim/l1"] == float(row["ssim"])
    artifacts = {file.path for file in story.clone.mlflow().list_artifacts(parent.info.run_id)}
    assert artifacts == {"ablation.csv", "ablation.md", "ablation.html"}
