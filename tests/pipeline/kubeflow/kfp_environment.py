"""Programs for the environment in which kfp compiles and runs pipelines."""

from pathlib import Path

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


def alone(environment: Path, folder: Path) -> Path:
    """A folder with kfp and none of its dependencies, for PYTHONPATH."""
    (installed,) = environment.glob("lib/python*/site-packages/kfp")
    folder.mkdir()
    (folder / "kfp").symlink_to(installed)
    return folder
