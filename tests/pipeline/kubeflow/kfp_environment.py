"""The environment in which kfp compiles and runs pipelines, as `make kubeflow` makes it."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CHECKOUT

LOCK = CHECKOUT / "requirements-kubeflow.lock"
# Runs a compiled pipeline by Kubeflow's own local runner. Its steps are processes of another Python: the project's own,
# which has kfp without its dependencies, as the image has it.
RUNNER = """
import sys
from kfp import components, local

pipeline, root, sys.executable = sys.argv[1:]
local.init(local.SubprocessRunner(use_venv=False), pipeline_root=root)
components.load_component_from_file(pipeline)()
"""
# Reads manifests into the schemas of Kubeflow's own packages, and writes what these know of them.
SCHEMAS = """
import json, sys
from types import SimpleNamespace
from kubeflow.training import ApiClient
from kubeflow_trainer_api import models

def known(manifest):
    if manifest["kind"] == "TFJob":
        client = ApiClient()
        said = SimpleNamespace(data=json.dumps(manifest))
        return client.sanitize_for_serialization(client.deserialize(said, "KubeflowOrgV1TFJob"))
    return getattr(models, f"TrainerV1alpha1{manifest['kind']}").from_dict(manifest).to_dict()

json.dump([known(manifest) for manifest in json.load(sys.stdin)], sys.stdout)
"""


def made(folder: Path) -> Path:
    """Make it in a folder; the test is skipped where its packages cannot be had."""
    if (ready := CHECKOUT / ".venv-kubeflow/bin/python").exists():
        return ready.parents[1]
    environment = folder / "environment"
    install = ["pip", "install", "--quiet", "--require-hashes", "--python", environment, "--requirement", LOCK]
    for words in (["venv", "--quiet", "--python", sys.executable, environment], install):
        done = subprocess.run(["uv", *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no environment with kfp: {done.stderr.strip().splitlines()[-1]}")
    return environment


def alone(environment: Path, folder: Path) -> Path:
    """A folder with kfp and none of its dependencies, for PYTHONPATH."""
    (installed,) = environment.glob("lib/python*/site-packages/kfp")
    folder.mkdir()
    (folder / "kfp").symlink_to(installed)
    return folder
