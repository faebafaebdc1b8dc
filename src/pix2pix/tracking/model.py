"""A trained generator as an MLflow model: it takes and gives uint8 pictures, and holds no pickles."""

import warnings
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import Schema, TensorSpec

from pix2pix.base.errors import DataError, UserError
from pix2pix.base.files import read_json
from pix2pix.data.tasks import Field
from pix2pix.models import about
from pix2pix.tracking.store import asked

# Where the model folder lies in an MLflow model: MLflow keeps an artifact by its own name.
FOLDER = "artifacts/generator"
_FILES = {"about.json", "architecture.json", "model.weights.h5"}
# What the model's code imports, however indirectly.
PACKAGES = (
    "keras",
    "mlflow",
    "numpy",
    "pillow",
    "psutil",
    "pydantic",
    "pydantic-core",
    "ruamel.yaml",
    "tensorflow",
)


def log_generator(tracking_uri: str, run: str, folder: Path) -> None:
    """Log a model folder to a run as the model `generator`, with signature and input example.

    Args:
        tracking_uri: MLflow's store.
        run: the run's id.
        folder: see `networks.folder`; its name is `generator`.
    """
    path = folder / "about.json"
    task = about.read(read_json(path), path).task
    mlflow.set_tracking_uri(tracking_uri)
    with mlflow.start_run(run_id=run), warnings.catch_warnings(record=True):
        # What is held back asks for type hints, which MLflow would take for a schema.
        mlflow.pyfunc.log_model(
            name="generator",
            # The model is this source file, not a pickle of an object made from it.
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            code_paths=[str(Path(__file__).parents[1])],
            artifacts={"generator": str(folder)},
            signature=ModelSignature(_pictures(task.input), _pictures(task.target)),
            input_example=np.zeros((1, *task.input.shape), np.uint8),
            pip_requirements=[f"{package}=={version(package)}" for package in PACKAGES],
        )


def logged_model(client: MlflowClient, run: str) -> str | None:
    """The id of the model that a run has logged with all its files; None if a kill came before, or they are gone."""
    outputs = client.get_run(run).outputs
    for output in reversed(outputs.model_outputs if outputs else []):
        if is_whole(client, output.model_id):
            return str(output.model_id)
    return None


def is_whole(client: MlflowClient, model: str) -> bool:
    """Whether the store has the files of the logged model of this id."""
    files = client.list_logged_model_artifacts(model, FOLDER)
    return {Path(file.path).name for file in files if file.file_size} >= _FILES


def _pictures(field: Field) -> Schema:
    """Any number of pictures of a field."""
    return Schema([TensorSpec(field.dtype, (-1, *field.shape))])


def fetch_generator(tracking_uri: str, address: str, scratch: Path) -> Path:
    """Bring a logged generator here. Files are copied, and nothing in them is run or unpickled.

    Args:
        tracking_uri: MLflow's store.
        address: of the MLflow model, such as `models:/facades/1`, `models:/facades@champion` or `runs:/<id>/generator`.
        scratch: an empty folder for it.

    Returns:
        The model folder; see `networks.folder`.

    Raises:
        UserError: there is no such model, or it holds no generator of this project.
    """
    mlflow.set_tracking_uri(tracking_uri)
    try:
        model = asked(tracking_uri, lambda _: mlflow.artifacts.download_artifacts(address, dst_path=str(scratch)))
    except UserError as error:
        raise UserError(f"{address}: {error}") from None
    folder = Path(model, FOLDER)
    if not folder.is_dir():
        raise DataError(f"{address}: no MLflow model of this project, it holds no {FOLDER}")
    return folder
