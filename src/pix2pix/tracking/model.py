"""A trained generator as an MLflow model: it takes and gives pictures as whole numbers, and holds no pickles."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.models import Model, ModelSignature
from mlflow.models.model import MODEL_CODE_PATH
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.tracking import MlflowClient
from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec
from numpy.typing import NDArray

from pix2pix.base.errors import DataError, UserError, one_line
from pix2pix.base.files import read_json
from pix2pix.base.secrets import hidden
from pix2pix.data.tasks import Field
from pix2pix.models import about, opening
from pix2pix.models.translator import taken
from pix2pix.tracking.store import asked
from pix2pix.tracking.timeouts import waiting_for

# The path of the model folder inside an MLflow model: MLflow keeps each artifact under its own name.
FOLDER = "artifacts/generator"
_FILES = {"about.json", "architecture.json", "model.weights.h5"}
# The packages that the model's code imports, directly or indirectly.
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
    """Log a model folder to a run as a model with the folder's name, with signature and input example.

    The run keeps its status and its end.

    Args:
        tracking_uri: the address of MLflow's store.
        run: the id of the run.
        folder: a model folder; see `networks.folder`.
    """
    path = folder / "about.json"
    described = about.read(read_json(path), path)
    given = _given(described)
    # Where noise is given, no seed is needed.
    seed = {} if described.noise else {"params": ParamSchema([ParamSpec("seed", "long", 0)])}
    mlflow.set_tracking_uri(tracking_uri)
    client = MlflowClient(tracking_uri)
    found = client.get_run(run)
    with warnings.catch_warnings(record=True), _named(folder) as artifact:
        model = client.create_logged_model(found.info.experiment_id, folder.name, run, params=found.data.params)
        # MLflow prints a request for type hints, which is held back: MLflow would take the hints for a schema.
        # `mlflow.pyfunc.log_model` would have to start the run again, and end it: another status, and another end.
        Model.log(
            None,
            mlflow.pyfunc,
            run_id=run,
            model_id=model.model_id,
            name=folder.name,
            # The model is the source file itself, not the pickle of an object.
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            code_paths=[str(Path(__file__).parents[1])],
            artifacts={"generator": str(artifact)},
            signature=ModelSignature(Schema([*given]), Schema([_pictures(described.task.target)]), **seed),
            input_example=_example(given),
            pip_requirements=[f"{package}=={version(package)}" for package in PACKAGES],
        )


@contextmanager
def _named(folder: Path) -> Iterator[Path]:
    """Yield a model folder under the name `generator`, which is its name inside every MLflow model."""
    if folder.name == "generator":
        yield folder
        return
    with tempfile.TemporaryDirectory() as scratch:
        yield Path(shutil.copytree(folder, Path(scratch, "generator")))


def logged_model(client: MlflowClient, run: str, name: str = "generator") -> str | None:
    """Return the id of a model that a run has logged with all its files.

    None: a kill came before, or the files are gone.

    Args:
        client: the client of the store.
        run: the id of the run.
        name: the name of the model, which is that of its folder.
    """
    outputs = client.get_run(run).outputs
    for output in reversed(outputs.model_outputs if outputs else []):
        if client.get_logged_model(output.model_id).name == name and _is_whole(client, output.model_id):
            return str(output.model_id)
    return None


def _is_whole(client: MlflowClient, model: str) -> bool:
    """Whether the store has the files of the logged model of this id."""
    files = client.list_logged_model_artifacts(model, FOLDER)
    return {Path(file.path).name for file in files if file.file_size} >= _FILES


def _given(described: about.About) -> list[TensorSpec]:
    """Return the form of what the model takes: any number of pictures or noises; with more than one thing, by names."""
    if not described.noise:
        fields = described.task.read
        return [_pictures(field, taken(field) if len(fields) > 1 else None) for field in fields]
    noise = np.dtype(np.float32), (-1, described.noise)
    if not described.classes:
        return [TensorSpec(*noise)]
    return [TensorSpec(*noise, name="noise"), TensorSpec(np.dtype(np.int32), (-1,), name="class_id")]


def _example(given: list[TensorSpec]) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return one input of zeros; several have their names."""
    zeros = [np.zeros((1, *each.shape[1:]), each.type) for each in given]
    return {str(each.name): zero for each, zero in zip(given, zeros, strict=True)} if len(given) > 1 else zeros[0]


def _pictures(field: Field, name: str | None = None) -> TensorSpec:
    """Return the form of any number of pictures of a field."""
    return TensorSpec(field.dtype, (-1, *field.shape), name=name)


def fetch_generator(tracking_uri: str, address: str, scratch: Path) -> Path:
    """Copy a logged generator to this machine. Nothing in its files is run or unpickled.

    Args:
        tracking_uri: the address of MLflow's store.
        address: `models:/NAME/1`, `models:/NAME@champion` or `runs:/<id>/generator`, for example.
        scratch: an empty folder that gets the files.

    Returns:
        The model folder; see `networks.folder`.

    Raises:
        UserError: the store has no such model, or the model contains no generator of this project.
    """
    mlflow.set_tracking_uri(tracking_uri)
    try:
        model = asked(tracking_uri, lambda client: _download(client, address, scratch))
    except UserError as error:
        raise UserError(f"{address}: {error}") from None
    folder = Path(model, FOLDER)
    if not folder.is_dir():
        raise DataError(f"{address}: is no MLflow model of this project, because it contains no {FOLDER}")
    return folder


def _download(client: MlflowClient, address: str, scratch: Path) -> str:
    _expect_alias(client, address)
    files = get_artifact_repository(address).list_artifacts(FOLDER)
    with waiting_for(sum(file.file_size or 0 for file in files)):
        return str(mlflow.artifacts.download_artifacts(address, dst_path=str(scratch)))


def _expect_alias(client: MlflowClient, address: str) -> None:
    """Refuse an address `models:/NAME@ALIAS` if no version has this alias. MLflow's own words name no way out.

    Raises:
        DataError: no version has it, or there is no registered model of this name.
    """
    name, sign, alias = address.removeprefix("models:/").rpartition("@")
    if not sign:
        return
    store = f"MLflow at {hidden(client.tracking_uri)}"
    named = client.search_registered_models(f"name = '{name}'")
    if not named:
        raise DataError(
            f"{store} has no registered model {name}; `dvc repro` registers the models that it scores, and `mlflow ui` "
            "shows them"
        )
    if alias not in named[0].aliases:
        there = ", ".join(sorted(named[0].aliases)) or "none"
        raise DataError(
            f"{store} has no version of {name} with the alias {alias} (there are: {there}); `pix2pix promote {name}` "
            "makes the challenger the champion"
        )


def check_generator(tracking_uri: str, address: str) -> None:
    """Check that a logged generator is there and whole: that it is described, has its code, and its network loads.

    Args:
        tracking_uri: MLflow's store.
        address: see `fetch_generator`.

    Raises:
        UserError: a file of it is absent or damaged.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = fetch_generator(tracking_uri, address, Path(scratch))
        root = folder.parents[FOLDER.count("/")]
        try:
            described = Model.load(str(root)).flavors[mlflow.pyfunc.FLAVOR_NAME]
            wanted = [described[key] for key in (MODEL_CODE_PATH, mlflow.pyfunc.CODE)]
        except Exception as error:  # whatever the file holds
            raise DataError(f"{address}: its MLmodel cannot be read ({one_line(error)})") from None
        if missing := [name for name in wanted if not (root / name).exists()]:
            raise DataError(f"{address}: its {missing[0]} is gone")
        try:
            opening.load(folder)
        except DataError as error:
            raise DataError(f"{address}: {str(error).replace(scratch, '')}") from None
