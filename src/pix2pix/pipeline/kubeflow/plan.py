"""The whole pipeline as JSON, for the program that compiles it in another environment."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pix2pix.base.errors import UserError, one_line
from pix2pix.base.files import CHECKOUT, whole
from pix2pix.pipeline.kubeflow import components, graph, image, parameters

# The environment that `make kubeflow` makes.
ENVIRONMENT = CHECKOUT / ".venv-kubeflow"
# Where the volume with checkpoints is in a container.
HOME = "/pix2pix-home"
# What a ConfigMap and a Secret of the cluster tell a step of MLflow.
TRACKING = ("MLFLOW_TRACKING_URI",)
LOGIN = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
_COMPILER = Path(__file__).with_name("compiler.py")
# The stages that a GPU is for. They train; others would hold it idle.
_TRAINING = frozenset({"segmenter", "train"})


@dataclass(frozen=True)
class Surroundings:
    """What a step finds around it in the cluster.

    Attributes:
        gpus: the number of GPUs for each stage that trains.
        home_claim: the PersistentVolumeClaim of the volume that becomes `PIX2PIX_HOME`; None: no volume.
        config_map: the ConfigMap with `MLFLOW_TRACKING_URI`; None: none.
        secret: the Secret with `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`; None: none.
    """

    gpus: int = 0
    home_claim: str | None = None
    config_map: str | None = None
    secret: str | None = None


@dataclass(frozen=True)
class Plan:
    """The pipeline. `told` is what the compiler reads.

    Attributes:
        image: the full name of the image.
        content: the content of params.yaml.
        known: the stages by name.
        around: what a step finds around it.
    """

    image: str
    content: Mapping[str, Any]
    known: Mapping[str, graph.Stage]
    around: Surroundings = Surroundings()

    def told(self) -> dict[str, Any]:
        """Return the plan as JSON has it."""
        return asdict(self.around) | {
            "name": "pix2pix",
            "description": "The stages of dvc.yaml: data, training, scores and the report.",
            "image": self.image,
            "home": HOME,
            "tracking": TRACKING,
            "login": LOGIN,
            "source": components.source(self.known, image.code_digest()),
            "stages": [self._stage(stage) for stage in self.known.values()],
        }

    def _stage(self, stage: graph.Stage) -> dict[str, Any]:
        return {
            "name": stage.name,
            "parameters": parameters.text(stage, self.known, self.content),
            "inputs": {components.artifact(path): maker for path, maker in stage.inputs.items()},
            "gpus": self.around.gpus if stage.name in _TRAINING else 0,
        }


def compile_to(target: Path, plan: Plan) -> None:
    """Write the pipeline as Kubeflow reads it (YAML), whole or not at all.

    Args:
        target: the file.
        plan: the pipeline.

    Raises:
        UserError: `ENVIRONMENT` is not there, or kfp refuses the pipeline.
    """
    python = ENVIRONMENT / "bin/python"
    if not python.exists():
        raise UserError(
            f"{ENVIRONMENT}: not there. kfp, which compiles the pipeline, has an environment of its own: "
            "`make kubeflow IMAGE=…` makes it and compiles"
        )
    with tempfile.TemporaryDirectory() as name, whole(target) as temporary:
        told, made = Path(name, "plan.json"), Path(name, "pipeline.yaml")
        told.write_text(json.dumps(plan.told()), encoding="utf-8")
        command = [str(python), "-P", str(_COMPILER), str(told), str(made)]
        around = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(command, env=around, capture_output=True, text=True, check=False)
        if done.returncode:
            last = done.stderr.strip().rpartition("\n")[2]
            raise UserError(f"{ENVIRONMENT}: kfp could not compile the pipeline: {one_line(last)}")
        temporary.write_bytes(made.read_bytes())
