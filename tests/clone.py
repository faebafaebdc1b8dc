"""A scratch copy of the code with tiny parameters, and commands run in it as a person would."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import forked
from conftest import CHECKOUT, TINY
from mlflow.entities import Run, ViewType
from mlflow.tracking import MlflowClient
from ruamel.yaml import YAML

NOT_CODE = shutil.ignore_patterns(
    ".venv*", ".demo", ".mlflow-run", ".ablation", ".search*", "__pycache__", "*.egg-info", "cache", "tmp", "raw",
    "records", "generator", "segmenter", "metrics", "reports", "mlartifacts", "mlflow.db*", "search.db*", "checkpoints",
    "logs", ".mlflow.lock", "missed", ".hypothesis", ".*_cache", "code.json",
)  # fmt: skip


@dataclass(frozen=True)
class Clone:
    """A copy of the code with tiny parameters, and commands run in it.

    With `forks` the stages that a command starts are forks of one process that has imported TensorFlow: they cost a
    second each instead of six. Without, every process is one of its own, as a person has it.
    """

    path: Path
    forks: bool = True

    def environment(self) -> dict[str, str]:
        """The environment of the tests, less what would lead a command out of the clone."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIX2PIX_", "MLFLOW_", "DVC_", "GIT_"))}
        environment.pop("PYTHONPATH", None)
        folders = [*([forked.shim()] if self.forks else []), str(Path(sys.executable).parent), os.environ["PATH"]]
        return environment | {
            "PATH": os.pathsep.join(folders),
            "DVC_SITE_CACHE_DIR": str(self.path.parent / "site"),
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }

    def run(self, *words: str, fine: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as in a shell; `fine`: it has to succeed."""
        done = subprocess.run(words, cwd=self.path, env=self.environment(), capture_output=True, text=True, check=False)
        assert not fine or done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done

    def params(self, changes: dict[str, Any] | None = None, base: dict[str, Any] = TINY) -> None:
        """The checkout's params.yaml, as a person would edit it: the tiny values, and what is to be different."""
        text = params_text(json.dumps(base | (changes or {})))
        (self.path / "params.yaml").write_text(text, encoding="utf-8")

    def runs(self) -> list[Run]:
        """All MLflow runs of the clone's store, whatever their experiment."""
        client = self.mlflow()
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        return list(client.search_runs(experiments, run_view_type=ViewType.ALL))

    def trainings(self) -> list[Run]:
        """Those that the train stage made."""
        return [run for run in self.runs() if run.data.tags.get("kind") == "training"]

    def mlflow(self) -> MlflowClient:
        """The clone's own store."""
        return MlflowClient(f"sqlite:///{self.path / 'mlflow.db'}")

    def json(self, name: str) -> Any:
        """A JSON file the pipeline wrote."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def table(self, name: str) -> list[dict[str, str]]:
        """A CSV file the pipeline wrote, row by row."""
        return list(csv.DictReader((self.path / name).read_text(encoding="utf-8").splitlines()))

    def outputs(self) -> dict[str, bytes]:
        """Every file of every output, by its path."""
        paths = [path for out in outs() for path in [self.path / out, *(self.path / out).rglob("*")] if path.is_file()]
        return {path.relative_to(self.path).as_posix(): path.read_bytes() for path in paths}


@cache
def params_text(changes: str) -> str:
    """The text of the checkout's params.yaml with other values, by path, in JSON."""
    editor, text = YAML(), io.StringIO()
    content = editor.load((CHECKOUT / "params.yaml").read_text(encoding="utf-8"))
    for path, value in json.loads(changes).items():
        section, _, key = path.rpartition(".")
        (content[section] if section else content)[key] = value
    editor.dump(content, text)
    return text.getvalue()


def ran(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The stages of which DVC said that it runs them, in their order."""
    return re.findall(r"^Running stage '(\w+)'", done.stdout + done.stderr, flags=re.MULTILINE)


def restored(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The stages of which DVC said that it has their outputs already."""
    return re.findall(r"^Stage '(\w+)' is cached", done.stdout + done.stderr, flags=re.MULTILINE)


def fresh(
    path: Path,
    changes: dict[str, Any] | None = None,
    base: dict[str, Any] = TINY,
    *,
    store: Path | None = None,
) -> Clone:
    """A copy of the code with its parameters, nothing made yet; `store` is an empty MLflow store for it."""
    copy_code(path)
    (path / "dvc.lock").unlink(missing_ok=True)
    if store:
        shutil.copy(store, path / "mlflow.db")
    clone = Clone(path)
    clone.params(changes, base)
    return clone


@cache
def stage_outs() -> dict[str, list[str]]:
    """What dvc.yaml says each stage makes."""
    stages = YAML(typ="safe", pure=True).load((CHECKOUT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return {name: stage.get("outs", []) + stage.get("metrics", []) for name, stage in stages.items()}


def outs() -> list[str]:
    """What dvc.yaml says all stages make."""
    return [out for outs in stage_outs().values() for out in outs]


def copy_code(target: Path) -> None:
    """The files of the checkout that are in git or could be added to it; of an archive, all that is code."""
    if not (CHECKOUT / ".git").exists():
        shutil.copytree(CHECKOUT, target, ignore=NOT_CODE)
        return
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, target / name)
