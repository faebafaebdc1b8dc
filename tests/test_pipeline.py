"""The whole pipeline as a person runs it: `dvc repro`, `dvc exp run`, `mlflow run`, from git and from an archive.

One scratch clone of the checkout, tiny parameters, and one ordered story: each chapter is a fixture that goes on where
the one before it stopped, so that what is already made is made once.
"""

import csv
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from clone import Clone, fresh, outs, ran, restored
from mlflow.entities import Run

pytestmark = pytest.mark.slow

STAGES = ["check", "download", "prepare", "segmenter", "train", "evaluate", "report"]


# ---- the chapters of the story ----


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A git repository of the code with tiny parameters, nothing made yet."""
    path = tmp_path_factory.mktemp("pipeline") / "clone"
    clone = fresh(path)
    clone.run("git", "init", "--quiet")
    clone.run("git", "config", "user.name", "Test")
    clone.run("git", "config", "user.email", "test@example.com")
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "code")
    yield clone
    shutil.rmtree(path.parent, ignore_errors=True)


@dataclass(frozen=True)
class Chapter:
    """What a command said, and how things stood after it."""

    clone: Clone
    done: subprocess.CompletedProcess[str]
    outputs: dict[str, bytes]
    runs: list[Run]
    status: str
    params: bytes


def chapter(clone: Clone, *words: str) -> Chapter:
    done = clone.run(*words)
    status = clone.run("git", "status", "--porcelain", "--untracked-files=all").stdout
    return Chapter(clone, done, clone.outputs(), clone.runs(), status, (clone.path / "params.yaml").read_bytes())


@pytest.fixture(scope="module")
def first(clone: Clone) -> Chapter:
    """`dvc repro` in a fresh clone, each stage in a process of its own, as a person has it."""
    return chapter(replace(clone, forks=False), "dvc", "repro")


@pytest.fixture(scope="module")
def again(first: Chapter) -> Chapter:
    """`dvc repro` once more, nothing changed; then the lock is committed."""
    told = chapter(replace(first.clone, forks=True), "dvc", "repro")
    first.clone.run("git", "add", "--all")
    first.clone.run("git", "commit", "--quiet", "--message", "a run")
    return told


@pytest.fixture(scope="module")
def experiment(again: Chapter) -> Chapter:
    """Another λ in a DVC experiment that runs in a folder of its own."""
    return chapter(again.clone, "dvc", "exp", "run", "--temp", "--name", "ten", "-S", "model.lambda_l1=10")


@pytest.fixture(scope="module")
def changed(experiment: Chapter) -> Chapter:
    """The experiment's λ in the clone itself."""
    experiment.clone.params({"model.lambda_l1": 10})
    return chapter(experiment.clone, "dvc", "repro")


@pytest.fixture(scope="module")
def back(changed: Chapter) -> Chapter:
    """The first λ again."""
    changed.clone.params()
    return chapter(changed.clone, "dvc", "repro")


@pytest.fixture(scope="module")
def mlflow_run(back: Chapter) -> Chapter:
    """`mlflow run` with a third λ."""
    words = ["mlflow", "run", ".", "--env-manager", "local", "-P", "lambda_l1=5", "-P", "epochs=1"]
    return chapter(back.clone, *words)


@pytest.fixture(scope="module")
def archive(back: Chapter, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The code as a downloaded archive, outside git, with the clone's DVC cache."""
    archive = fresh(tmp_path_factory.mktemp("archive") / "pix2pix")
    archive.run("dvc", "config", "--local", "core.no_scm", "true")
    archive.run("dvc", "config", "--local", "cache.dir", str(back.clone.path / ".dvc/cache"))
    return archive


# ---- dvc repro ----


def test_repro_makes_everything(first: Chapter) -> None:
    assert ran(first.done) == STAGES
    assert not [out for out in outs() if not (first.clone.path / out).exists()]


def test_metrics_are_flat_numbers(first: Chapter) -> None:
    for name in ("segmenter", "train", "evaluate"):
        values = first.clone.json(f"metrics/{name}.json")
        assert values and all(type(value) in (int, float) for value in values.values()), values


def test_there_is_a_row_a_pair(first: Chapter) -> None:
    rows = first.clone.table("reports/images.csv")
    assert sorted(row["id"] for row in rows) == [f"test/{number}" for number in range(1, 6)]
    mean = sum(float(row["ssim"]) for row in rows) / 5
    assert first.clone.json("metrics/evaluate.json")["ssim"] == pytest.approx(mean, rel=1e-5)
    pictures = {path.name for path in (first.clone.path / "reports/pictures").iterdir()}
    assert {f"test-{n}-{kind}.png" for n in (1, 2, 3) for kind in ("input", "generated", "real")} <= pictures


class Addresses(HTMLParser):
    """What a page fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "srcset", "data", "poster")]
        self.found += [value or "" for name, value in attrs if tag == "link" and name == "href"]


def test_the_report_fetches_nothing(first: Chapter) -> None:
    page = (first.clone.path / "reports/index.html").read_text(encoding="utf-8")
    addresses = Addresses()
    addresses.feed(page)
    assert any(address.startswith("data:image/") for address in addresses.found)
    assert all(address.startswith("data:") for address in addresses.found)
    assert "@import" not in page and "url(http" not in page
    assert first.clone.json("models/generator/about.json")["fingerprint"] in page


def test_dvc_leaves_git_alone(first: Chapter) -> None:
    """No .gitignore appears, no output is offered for a commit."""
    assert first.status.split("\n") == ["?? dvc.lock", ""]


def test_repro_again_runs_nothing(first: Chapter, again: Chapter) -> None:
    assert not ran(again.done) and not restored(again.done)
    assert "Data and pipelines are up to date." in again.done.stdout
    assert again.outputs == first.outputs
    assert len(again.runs) == len(first.runs)


def test_scores_are_drawn_with_their_intervals(first: Chapter) -> None:
    plots = json.loads(first.clone.run("dvc", "plots", "show", "--json").stdout)["data"]
    (drawn,) = [plot for plot in plots["class_iou"] if plot["type"] == "vega"]
    rows = {row["subject"]: row for row in drawn["content"]["data"]["values"]}
    assert {"real", "generated", "class_means"} <= rows.keys()
    low, value = (rows["generated"][layer["encoding"]["x"]["field"]] for layer in drawn["content"]["layer"])
    scores = first.clone.json("metrics/evaluate.json")
    assert float(low) == pytest.approx(scores["generated_class_iou_low"], rel=1e-5)
    assert float(value) == pytest.approx(scores["generated_class_iou"], rel=1e-5)


def test_every_curve_is_drawn(first: Chapter) -> None:
    plots = json.loads(first.clone.run("dvc", "plots", "show", "--json").stdout)["data"]
    (drawn,) = [plot for plot in plots["curves"] if plot["type"] == "vega"]
    titles = {row["curve"] for row in drawn["content"]["data"]["values"]}
    wanted = {curve["caption"]["title"] for curve in first.clone.json("reports/training/curves.json")}
    assert len(wanted) == 10 and titles == wanted | {"L1 of pairs put aside", "SSIM of pairs put aside"}


# ---- MLflow ----


def only(runs: list[Run], kind: str) -> Run:
    found = [run for run in runs if run.data.tags.get("kind") == kind]
    assert len(found) == 1
    return found[0]


def test_the_training_is_one_finished_run(first: Chapter) -> None:
    assert sorted(run.data.tags["kind"] for run in first.runs) == ["evaluation", "segmenter", "training"]
    run = only(first.runs, "training")
    assert run.info.status == "FINISHED"
    assert run.data.params["model.lambda_l1"] == "100.0"
    assert run.data.params["train.buffer_size"] == "400"
    assert run.data.tags["fingerprint"] == first.clone.json("models/generator/about.json")["fingerprint"]
    commit = first.clone.run("git", "rev-list", "--max-parents=0", "HEAD").stdout.strip()
    assert run.data.tags["mlflow.source.git.commit"] == commit


def test_a_run_of_a_clean_commit_is_not_called_dirty(first: Chapter) -> None:
    assert {run.data.tags["git_dirty"] for run in first.runs} == {"False"}


def test_losses_are_logged_by_step(first: Chapter) -> None:
    client, run = first.clone.mlflow(), only(first.runs, "training")
    for name, steps in (("losses", "step"), ("validation", "epoch")):
        table = pd.read_csv(first.clone.path / f"reports/training/{name}.csv")
        assert len(table) >= 2
        for column in set(table) - {"epoch", "step"}:
            logged = {point.step: point.value for point in client.get_metric_history(run.info.run_id, column)}
            assert list(logged) == list(table[steps])
            assert list(logged.values()) == pytest.approx(list(table[column]), rel=1e-5)


def test_the_training_names_its_pairs(first: Chapter) -> None:
    (entry,) = only(first.runs, "training").inputs.dataset_inputs
    assert entry.dataset.name == "sample"
    assert len(entry.dataset.digest) == 16
    assert json.loads(entry.dataset.profile) == {"train": 6, "selection": 2, "evaluation": 5}


def test_the_evaluation_is_nested_in_the_training(first: Chapter) -> None:
    training, evaluation = only(first.runs, "training"), only(first.runs, "evaluation")
    assert evaluation.data.tags["mlflow.parentRunId"] == training.info.run_id
    assert evaluation.info.status == "FINISHED"
    assert evaluation.data.params["evaluate.seed"] == "0"
    scores = first.clone.json("metrics/evaluate.json")
    assert evaluation.data.metrics == pytest.approx(scores)
    headline = {name: value for name, value in training.data.metrics.items() if name.startswith("evaluation_")}
    assert headline == pytest.approx({f"evaluation_{name}": value for name, value in scores.items()})
    assert "evaluation_ssim" in headline


def test_artifacts_lie_under_the_home(first: Chapter) -> None:
    client = first.clone.mlflow()
    for kind, names in (
        ("training", {"params.yaml", "losses.csv", "curves.json", "manifest.json", "samples"}),
        ("evaluation", {"scores.csv", "images.csv", "absent.json", "confusions", "examples"}),
    ):
        run = only(first.runs, kind)
        place = Path(run.info.artifact_uri.removeprefix("file://"))
        assert place.is_relative_to(first.clone.path / "mlartifacts")
        assert names <= {file.path for file in client.list_artifacts(run.info.run_id)}
        assert names <= {path.name for path in place.iterdir()}
    trained = {run.data.tags["fingerprint"] for run in first.runs if run.data.tags["kind"] != "evaluation"}
    for folder in ("checkpoints", "logs"):
        assert {path.name for path in (first.clone.path / folder).iterdir()} == trained


# ---- mistakes ----


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("train:", "trian:", "params.yaml: trian: unknown key; did you mean train?"),
        ("  lambda_l1:", "  lamda_l1:", "params.yaml: model.lamda_l1: unknown key; did you mean model.lambda_l1?"),
        ("seed:", "segmentor:\n  epochs: 3\nseed:", "params.yaml: segmentor: unknown key; did you mean segmenter?"),
    ],
)
def test_a_misspelt_name_stops_the_pipeline(again: Chapter, old: str, new: str, line: str) -> None:
    path = again.clone.path / "params.yaml"
    sound = path.read_text(encoding="utf-8")
    assert f"\n{old}" in f"\n{sound}"
    path.write_text(f"\n{sound}".replace(f"\n{old}", f"\n{new}", 1)[1:], encoding="utf-8")
    try:
        done = again.clone.run("dvc", "repro", fine=False)
    finally:
        path.write_text(sound, encoding="utf-8")
        again.clone.run("dvc", "checkout", "--quiet", "code.json")  # DVC removes what a stage that fails would make
    assert done.returncode != 0
    assert f"error: {line}" in done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert set(ran(done)) <= {"check"}


# ---- experiments ----


def test_an_experiment_leaves_the_workspace_alone(again: Chapter, experiment: Chapter) -> None:
    assert experiment.outputs == again.outputs
    assert experiment.params == again.params
    assert experiment.status == ""


def test_an_experiment_runs_only_what_lambda_changes(experiment: Chapter) -> None:
    assert ran(experiment.done) == ["check", "train", "evaluate", "report"]


def test_an_experiment_is_kept_in_the_real_home(again: Chapter, experiment: Chapter) -> None:
    """The folder it ran in is gone; its MLflow run, checkpoint and log are not."""
    before = {run.info.run_id for run in again.runs}
    new = [run for run in experiment.runs if run.info.run_id not in before]
    training = only(new, "training")
    assert training.data.params["model.lambda_l1"] == "10.0"
    assert training.data.tags["dvc_experiment"] == "ten"
    assert training.info.status == "FINISHED"
    assert only(new, "evaluation").data.tags["mlflow.parentRunId"] == training.info.run_id
    assert Path(training.info.artifact_uri.removeprefix("file://")).is_relative_to(experiment.clone.path)
    fingerprint = training.data.tags["fingerprint"]
    assert list((experiment.clone.path / "checkpoints" / fingerprint).glob("step-*-epoch-0002"))
    assert list((experiment.clone.path / "logs" / fingerprint).iterdir())


def test_experiments_can_be_listed_and_compared(experiment: Chapter) -> None:
    shown = experiment.clone.run("dvc", "exp", "show", "--csv").stdout
    rows = list(csv.DictReader(shown.splitlines()))
    by_name = {row["Experiment"] or row["rev"]: row for row in rows}
    assert float(by_name["ten"]["model.lambda_l1"]) == 10
    assert float(by_name["workspace"]["model.lambda_l1"]) == 100
    assert {row["ssim"] for row in rows} and all(float(row["ssim"]) for row in rows if row["ssim"])


def test_metrics_can_be_compared(changed: Chapter) -> None:
    diff = json.loads(changed.clone.run("dvc", "metrics", "diff", "--json").stdout)
    ssim = diff["metrics/evaluate.json"]["ssim"]
    assert ssim["new"] == changed.clone.json("metrics/evaluate.json")["ssim"] != ssim["old"]


def test_what_an_experiment_made_is_not_made_again(experiment: Chapter, changed: Chapter) -> None:
    assert ran(changed.done) == []
    assert restored(changed.done) == ["check", "train", "evaluate", "report"]
    assert len(changed.runs) == len(experiment.runs)
    assert (
        changed.outputs["models/generator/model.weights.h5"] != experiment.outputs["models/generator/model.weights.h5"]
    )


def test_changing_back_restores_every_byte(first: Chapter, changed: Chapter, back: Chapter) -> None:
    assert ran(back.done) == []
    assert back.outputs == first.outputs
    assert len(back.runs) == len(changed.runs)
    assert back.status == ""


# ---- mlflow run ----


def test_mlflow_run_takes_parameters(back: Chapter, mlflow_run: Chapter) -> None:
    before = {run.info.run_id for run in back.runs}
    new = [run for run in mlflow_run.runs if run.info.run_id not in before]
    training = only(new, "training")
    assert len(new) == 3
    assert (training.data.params["model.lambda_l1"], training.data.params["train.epochs"]) == ("5.0", "1")
    (opened,) = [run for run in new if "kind" not in run.data.tags]
    assert opened.info.status == "FINISHED"
    assert opened.data.tags["training_run"] == training.info.run_id
    assert opened.data.tags["fingerprint"] == training.data.tags["fingerprint"]
    scores = {name.removeprefix("evaluation_"): value for name, value in training.data.metrics.items()}
    assert opened.data.metrics["ssim"] == scores["ssim"]
    assert opened.data.metrics["generated_class_iou"] == scores["generated_class_iou"]


def test_mlflow_run_leaves_the_checkout_alone(back: Chapter, mlflow_run: Chapter) -> None:
    assert mlflow_run.params == back.params
    assert mlflow_run.outputs == back.outputs
    assert mlflow_run.status == ""


def test_mlflow_run_reuses_what_is_there(mlflow_run: Chapter) -> None:
    """It shares the clone's cache: the pairs are not prepared again."""
    assert ran(mlflow_run.done) == ["check", "train", "evaluate", "report"]


# ---- an archive without git ----


def test_an_archive_without_git_works(first: Chapter, archive: Clone) -> None:
    done = archive.run("dvc", "repro")
    assert ran(done) == []
    assert restored(done) == STAGES
    assert archive.outputs() == first.outputs
    assert not (archive.path / ".git").exists()


def test_data_without_classes(archive: Clone) -> None:
    archive.params({"data.palette": "none", "train.epochs": 1})
    done = archive.run("dvc", "repro")
    assert ran(done) == [stage for stage in STAGES if stage != "download"]
    assert archive.json("metrics/segmenter.json") == {"classes": 0}
    scores = archive.json("metrics/evaluate.json")
    assert "ssim" in scores
    assert not [name for name in scores if "accuracy" in name or "iou" in name]
    assert len(archive.table("reports/images.csv")) == 5
    assert not archive.table("reports/confusions/generated.csv")
    assert {"fcn_scores", "fid"} <= archive.json("reports/absent.json").keys()
    training = only(archive.runs(), "training")
    assert training.data.params["data.palette"] == "none"
    assert "mlflow.source.git.commit" not in training.data.tags


def test_photo_to_labels(archive: Clone) -> None:
    """The generated label maps are scored by their colours, beside the segmenter that reads the same photos."""
    archive.params({"data.direction": "left_to_right", "train.epochs": 1})
    done = archive.run("dvc", "repro")
    assert ran(done) == [stage for stage in STAGES if stage != "download"]
    scores, segmenter = archive.json("metrics/evaluate.json"), archive.json("metrics/segmenter.json")
    assert scores["real_class_iou"] == segmenter["class_iou"]
    assert "generated_class_iou" in scores and "lab_l" not in scores
    assert {"lab", "class_means"} <= archive.json("reports/absent.json").keys()
    subjects = [row["subject"] for row in archive.table("reports/scores.csv")]
    ways = ["generated", "dropout_off", "moving_averages", "moving_averages_dropout_off"]
    assert subjects == ["real", *ways, "input_itself", "mean_target"]
