"""The compiled pipeline, run for real by Kubeflow's local runner, beside `dvc repro` of the same code."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apart
import forked
import kfp_environment
import pytest
from clone import Clone, fresh, outs
from conftest import CHECKOUT
from ruamel.yaml import YAML

from pix2pix import params
from pix2pix.pipeline.kubeflow import graph, plan, train_job

pytestmark = pytest.mark.slow

# They hold times, and the ids of MLflow's runs.
OTHERWISE = {"reports/segmenter/times.json", "reports/training/times.json", "reports/index.html"}
CONTENT = params.read(CHECKOUT / "params.yaml")
STAGES = graph.stages(CONTENT)
PLAN = plan.Plan("example.org/p:1", CONTENT, STAGES, plan.Surroundings(2, "claim", "mlflow", "user"))


@dataclass(frozen=True)
class Ran:
    """A pipeline that was run: beside it the clone in which DVC ran it."""

    clone: Clone
    done: subprocess.CompletedProcess[str]
    root: Path

    def artifact(self, out: str) -> Path:
        """Where the runner keeps an output."""
        (place,) = self.root.glob(f"*/*/{out.replace('/', '_').replace('.', '_')}")
        return place

    def outputs(self) -> dict[str, bytes]:
        """Every file of every output, by the path that it has in a checkout."""
        files = [(out, self.artifact(out), path) for out in outs() for path in below(self.artifact(out))]
        return {(Path(out) / path.relative_to(place)).as_posix(): path.read_bytes() for out, place, path in files}


def below(place: Path) -> list[Path]:
    return [path for path in [place, *place.rglob("*")] if path.is_file()]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return apart.made(tmp_path_factory.mktemp("kfp"), "kubeflow")


@pytest.fixture(scope="module")
def ran(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("kubeflow")
    clone = fresh(folder / "clone")
    (clone.path / ".venv-kubeflow").symlink_to(environment)
    clone.run("python", "-m", "pix2pix", "kubeflow", "--image", "example.org/pix2pix", "-o", "pipeline.yaml")
    alone = kfp_environment.alone(environment, folder / "kfp")
    around = clone.environment() | {
        "PYTHONPATH": os.pathsep.join([str(alone), str(clone.path / "src")]),
        "PIX2PIX_HOME": str(folder / "home"),
    }
    words = [environment / "bin/python", "-P", "-c", kfp_environment.RUNNER]
    words += [clone.path / "pipeline.yaml", folder / "root", Path(forked.shim()) / "python"]
    done = subprocess.run(list(map(str, words)), cwd=folder, env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    clone.run("dvc", "config", "--local", "core.no_scm", "true")
    clone.run("dvc", "repro")
    return Ran(clone, done, folder / "root")


def test_it_makes_the_bytes_that_dvc_repro_makes(ran: Ran) -> None:
    ours, theirs = ran.outputs(), ran.clone.outputs()
    assert ours.keys() == theirs.keys()
    assert "models/generator/model.weights.h5" in ours
    assert not [name for name in ours.keys() - OTHERWISE if ours[name] != theirs[name]]


def test_the_checkpoints_lie_in_the_home(ran: Ran) -> None:
    fingerprint = ran.clone.json("models/generator/about.json")["fingerprint"]
    assert list((ran.root.parent / "home/checkpoints" / fingerprint).glob("step-*"))


def test_scores_are_metrics_of_kubeflows(ran: Ran) -> None:
    (told,) = ran.root.glob("*/evaluate/executor_output.json")
    (metrics,) = json.loads(told.read_text(encoding="utf-8"))["artifacts"]["metrics_evaluate_json"]["artifacts"]
    scores: dict[str, Any] = ran.clone.json("metrics/evaluate.json")
    assert metrics["metadata"] == pytest.approx(scores)


def test_a_step_that_fails_passes_on_status_and_message(ran: Ran) -> None:
    words = "from pix2pix.pipeline.kubeflow import image, parameters, step\n"
    words += 'text = \'{"model": {"system": "pix2pix"}, "seed": -1}\'\n'
    words += "step.run('check', text, {}, {}, image.code_digest())"
    around = ran.clone.environment() | {"PYTHONPATH": str(ran.clone.path / "src")}
    done = subprocess.run([sys.executable, "-c", words], env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: params.yaml: seed = -1: ")
    assert "Traceback" not in done.stderr


def test_the_cluster_is_told_how_to_run_a_step(environment: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(plan, "ENVIRONMENT", environment)
    plan.compile_to(tmp_path / "pipeline.yaml", PLAN)
    pipeline, platform = YAML(typ="safe", pure=True).load_all((tmp_path / "pipeline.yaml").read_text(encoding="utf-8"))
    executors, tasks = pipeline["deploymentSpec"]["executors"], pipeline["root"]["dag"]["tasks"]
    assert {name.removeprefix("comp-") for name in pipeline["components"]} == STAGES.keys() == tasks.keys()
    assert {executor["container"]["image"] for executor in executors.values()} == {PLAN.image}
    devices = {name: executor["container"].get("resources") for name, executor in executors.items()}
    asked = {name.removeprefix("exec-") for name, resources in devices.items() if resources}
    assert asked == {"train", "segmenter"}
    assert devices["exec-train"]["accelerator"] == {
        "count": "2", "resourceCount": "2", "type": "nvidia.com/gpu", "resourceType": "nvidia.com/gpu",
    }  # fmt: skip
    for name, task in tasks.items():
        assert task["cachingOptions"] == {"enableCache": True}
        assert task["retryPolicy"]["maxRetryCount"] == 3
        assert {*task.get("dependentTasks", [])} == {*STAGES[name].inputs.values()}
    for executor in platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        (volume,) = executor["pvcMount"]
        assert (volume["constant"], volume["mountPath"]) == ("claim", "/pix2pix-home")
        assert [env["envVar"] for each in executor["configMapAsEnv"] for env in each["keyToEnv"]] == [*plan.TRACKING]
        assert [env["envVar"] for each in executor["secretAsEnv"] for env in each["keyToEnv"]] == [*plan.LOGIN]


def test_manifests_of_trainings_are_what_kubeflows_schemas_know(environment: Path) -> None:
    """A key that a schema does not know would be lost."""
    manifests = [manifest for kind in train_job.KINDS.values() for manifest in kind(PLAN, 2)]
    words = [str(environment / "bin/python"), "-P", "-c", kfp_environment.SCHEMAS]
    done = subprocess.run(words, input=json.dumps(manifests), capture_output=True, text=True, check=True)
    assert [manifest["kind"] for manifest in manifests] == ["TrainingRuntime", "TrainJob", "TFJob"]
    assert json.loads(done.stdout) == manifests
