"""A trained generator as an MLflow model: uint8 pictures in, uint8 pictures out, no pickles."""

import warnings
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

PACKAGES = ("mlflow", "tensorflow", "keras", "numpy")


def log_generator(tracking_uri: str, run: str, folder: Path, size: int) -> None:
    """Log a model folder to a run as the model `generator`, with signature and input example.

    Args:
        tracking_uri: MLflow's store.
        run: the run's id.
        folder: see `networks.folder`.
        size: side of the pictures in pixels.
    """
    pictures = Schema([TensorSpec(np.dtype(np.uint8), (-1, size, size, 3))])
    mlflow.set_tracking_uri(tracking_uri)
    with mlflow.start_run(run_id=run), warnings.catch_warnings(record=True):
        # What is held back asks for type hints, which MLflow would take for a schema.
        mlflow.pyfunc.log_model(
            name="generator",
            # The model is this source file, not a pickle of an object made from it.
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            code_paths=[str(Path(__file__).parents[1])],
            artifacts={"generator": str(folder)},
            signature=ModelSignature(pictures, pictures),
            input_example=np.zeros((1, size, size, 3), np.uint8),
            pip_requirements=[f"{package}=={version(package)}" for package in PACKAGES],
        )
