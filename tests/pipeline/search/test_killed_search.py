"""`pix2pix search` as a person runs it: its first worker is killed in a training, then two resume at once."""

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

from pix2pix import params

pytestmark = pytest.mark.slow

# Four epochs of steps that each save; the parameters are edited and not committed.
EDITED = {
    "data.palette": "none",
    "data.sample_train": 4,
    "data.sample_test": 2,
    "train.checkpoint_minutes": 1e-6,
    "evaluate.repeats": 1,
}
COMMAND = [
    *["python", "-m", "pix2pix", "search", "--trials", "3", "--startup", "1"],
    *["lambda_l1=10..300:log", "train.resize=nearest,bicubic", "epochs=4"],
]
# A worker that says nothing for two seconds is dead. The figures of the first three trials are equal, and better.
FASTER = "\n\nHEARTBEAT_S = 1\n"
WORSE = """

_real = _Judge._ends
_Judge._ends = lambda self, value, *more: _real(self, 1.0 if self._trial.number < 3 else 0.0, *more)
"""


@dataclass(frozen=True)
class Story:
    """What the worker that was killed said, and the two after it, and whether the workspace stayed as it was."""

    clone: Clone
    killed: str
    again: list[str]
    status: list[str]


def start(clone, said):
    environment = clone.environment() | {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    with said.open("w") as out:
        return subprocess.Popen(
            COMMAND, cwd=clone.path, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    path = tmp_path_factory.mktemp("search") / "clone"
    clone = fresh(path)
    for name, text in (("store", FASTER), ("trials", WORSE)):
        with (path / f"src/pix2pix/pipeline/search/{name}.py").open("a") as file:
            file.write(text)
    for words in ("init --quiet", "config user.name Test", "config user.email test@example.com", "add --all"):
        clone.run("git", *words.split())
    clone.run("git", "commit", "--quiet", "--message", "code")
    clone.params(EDITED)
    before = clone.run("git", "status", "--porcelain").stdout
    said = [path.parent / f"said{number}" for number in range(3)]
    with start(clone, said[0]) as process:
        while not (process.poll() is not None or training_has_saved(path, said[0].read_text())):
            time.sleep(0.02)
        assert process.poll() is None, said[0].read_text()
        os.killpg(process.pid, signal.SIGKILL)
    time.sleep(3)
    workers = [start(clone, each) for each in said[1:]]
    ended = [worker.wait() for worker in workers]
    again = [each.read_text() for each in said[1:]]
    assert ended == [0, 0], again[0][-4000:] + again[1][-4000:]
    yield Story(clone, said[0].read_text(), again, [before, clone.run("git", "status", "--porcelain").stdout])
    shutil.rmtree(path.parent, ignore_errors=True)


def training_has_saved(path, said):
    found = re.findall(r"starting at step 0 of \d+ of fingerprint (\w+)", said)
    return bool(found) and any((path / "checkpoints" / found[-1]).glob("step-*"))


def test_what_is_finished_is_not_done_again_and_the_killed_training_goes_on(story):
    assert story.killed.count("Running stage 'segmenter'") == 1
    assert not [said for said in story.again if "Running stage 'segmenter'" in said]
    (resumed,) = re.findall(r"resuming at step (\d+) of 16", "".join(story.again))
    assert int(resumed) >= 1


def test_the_workspace_is_left_alone(story):
    assert story.status[0] == story.status[1]


def test_it_ends_in_one_table_with_the_best_trial_first(story):
    rows = story.clone.table("reports/search.csv")
    states = [row["state"] for row in rows]
    assert states[:3] == ["finished", "finished", "pruned"] and set(states[3:]) <= {"pruned"}
    best, second = (float(row["validation_ssim"]) for row in rows[:2])
    assert best >= second
    text = (story.clone.path / "reports/search.md").read_text(encoding="utf-8")
    assert "| pruned after epoch 2 |" in text and text in story.again[0] + story.again[1]
    assert "<h1>Search</h1>" in (story.clone.path / "reports/search.html").read_text(encoding="utf-8")
    chosen = params.load(story.clone.path / "reports/search.yaml")
    assert f"{chosen.model.lambda_l1:.6g}" == rows[0]["model.lambda_l1"] and chosen.train.epochs == 4
    assert chosen.train.resize == rows[0]["train.resize"]


def test_each_trial_that_finished_is_an_experiment(story):
    rows = story.clone.table("reports/search.csv")
    listed = story.clone.run("dvc", "exp", "list", "--name-only").stdout.split()
    assert sorted(listed) == sorted(row["experiment"] for row in rows if row["experiment"]) and len(listed) == 2
    differ = json.loads(story.clone.run("dvc", "exp", "diff", *listed, "--json").stdout)
    changed = differ["params"]["params.yaml"]
    assert "model.lambda_l1" in changed and changed.keys() <= {"model.lambda_l1", "train.resize"}


def test_the_trainings_are_children_of_one_run_and_the_pruned_one_is_no_failure(story):
    runs = story.clone.runs()
    (parent,) = [run for run in runs if run.data.tags.get("kind") == "search"]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    pruned = [run for run in children if "pruned" in run.data.tags]
    finished = [run for run in children if run.info.status == "FINISHED"]
    assert len(finished) == 2 and len(pruned) >= 1 and len(finished) + len(pruned) == len(children)
    assert {(run.info.status, run.data.tags["pruned"]) for run in pruned} == {("KILLED", "after epoch 2")}
    best = story.clone.table("reports/search.csv")[0]
    assert parent.data.metrics["validation_ssim"] == pytest.approx(float(best["validation_ssim"]), rel=1e-5)
    assert (parent.info.status, parent.data.tags["best_trial"]) == ("FINISHED", best["trial"])
    artifacts = {file.path for file in story.clone.mlflow().list_artifacts(parent.info.run_id)}
    assert artifacts == {"search.csv", "search.md", "search.html", "search.yaml"}
