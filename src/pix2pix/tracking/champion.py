"""A registered model: each scored model becomes a version and the challenger; one is promoted to champion.

`params.names.model` is the name of a run's registered model. Aliases are what others name a version by:
`models:/NAME@champion`.
"""

import json
import math
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode
from mlflow.tracking import MlflowClient

from pix2pix.base.errors import DataError, UserError, one_line
from pix2pix.evaluation.terms import Terms
from pix2pix.tracking.model import check_generator, logged_model
from pix2pix.tracking.store import asked

CHALLENGER, CHAMPION = "challenger", "champion"
# The tag of a version that names its evaluation run, and the artifacts of that run: the scores of each image, and the
# terms of the evaluation.
_EVALUATION, PER_IMAGE, TERMS = "evaluation_run", "per_image.csv", "terms.json"
# The parameter of the evaluation run that says which half of a pair is the input.
DIRECTION = "data.direction"


@dataclass(frozen=True)
class Version:
    """A version of a registered model, with its scores.

    Attributes:
        name: the name of the registered model.
        number: MLflow's, from 1.
        data: the digest of the records it was scored on, and the direction in which it translates.
        scores: the figures of its evaluation, as in `metrics/evaluate.json`.
        images: the scores of each image; see `evaluation.differences.PerImage.table`.
        terms: the terms of its evaluation; None if an earlier version of this program has scored it.
    """

    name: str
    number: int
    data: str
    scores: dict[str, float]
    images: pd.DataFrame
    terms: Terms | None = None


def told(terms: Terms) -> str:
    """Return the contents of the artifact `TERMS`."""
    return json.dumps(asdict(terms), indent=1, sort_keys=True)


def enter(tracking_uri: str, name: str, training: str, evaluation: str, logged: str = "generator") -> int | None:
    """Register the model of a training as a version, unless it is one already, and make it the challenger.

    A champion that is scored again stays champion and gets the new scores.

    Args:
        tracking_uri: the address of MLflow's store.
        name: the name of the registered model.
        training: the id of the run that has logged the model.
        evaluation: the id of the run with the model's scores.
        logged: the name of the logged model.

    Returns:
        The number of the version; None if the training has logged no model, or the evaluation lacks scores.
    """
    client = MlflowClient(tracking_uri, tracking_uri)
    model = logged_model(client, training, logged)
    if model is None:
        return None
    # A version must not lose its older scores to a run whose own scores could not be written.
    if PER_IMAGE not in (artifact.path for artifact in client.list_artifacts(evaluation)):
        return None
    source = f"models:/{model}"
    try:
        client.create_registered_model(name, description="Generators of this project, each with its scores.")
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise
    versions = {each.source: each.version for each in client.search_model_versions(f"name = '{name}'")}
    # MLflow looks for the model of a new version in this global address, not in the client's store. A server also
    # needs the model's id.
    mlflow.set_tracking_uri(tracking_uri)
    number = versions.get(source) or client.create_model_version(name, source, training, model_id=model).version
    client.set_model_version_tag(name, number, _EVALUATION, evaluation)
    if CHAMPION not in client.get_model_version(name, number).aliases:
        client.set_registered_model_alias(name, CHALLENGER, number)
    return int(number)


def holder(tracking_uri: str, name: str, alias: str) -> Version | None:
    """Return the version of a registered model that an alias names; None if no version has the alias.

    Raises:
        UserError: the store does not answer, or it has no scores of the version.
    """

    def found(client: MlflowClient) -> Version | None:
        named = client.search_registered_models(f"name = '{name}'")
        number = named[0].aliases.get(alias) if named else None
        if number is None:
            return None
        evaluation = client.get_model_version(name, str(number)).tags.get(_EVALUATION)
        if evaluation is None:
            raise DataError(f"{name} version {number} was never scored; `dvc repro evaluate` scores it")
        try:
            with tempfile.TemporaryDirectory() as scratch:
                images = pd.read_csv(client.download_artifacts(evaluation, PER_IMAGE, scratch), index_col="id")
                terms = _terms(client, evaluation, scratch)
            run = client.get_run(evaluation)
        except Exception as error:
            raise DataError(
                f"{name} version {number}: cannot read its scores from the evaluation run {evaluation} "
                f"({one_line(error)}); `dvc repro --single-item --force evaluate` with its parameters scores it again"
            ) from None
        if odd := [score for score, value in run.data.metrics.items() if not math.isfinite(value)]:
            raise DataError(
                f"{name} version {number}: its {odd[0]} is no number; "
                "`dvc repro --single-item --force evaluate` with its parameters scores it again"
            )
        digests = (each.dataset.digest for each in (run.inputs.dataset_inputs if run.inputs else ()))
        data = ", ".join((*digests, run.data.params.get(DIRECTION, "")))
        return Version(name, int(number), data, run.data.metrics, images, terms)

    return asked(tracking_uri, found)


def _terms(client: MlflowClient, evaluation: str, scratch: str) -> Terms | None:
    """Read the terms of an evaluation; None if its run has none."""
    if TERMS not in (artifact.path for artifact in client.list_artifacts(evaluation)):
        return None
    path = Path(client.download_artifacts(evaluation, TERMS, scratch))
    return Terms(**json.loads(path.read_text(encoding="utf-8")))


def promote(tracking_uri: str, challenger: Version) -> None:
    """Make the challenger the champion.

    Raises:
        UserError: a file of the model is gone or damaged, or the store refuses the change.
    """
    try:
        check_generator(tracking_uri, f"models:/{challenger.name}/{challenger.number}")
    except UserError as error:
        raise UserError(
            f"{error}. So version {challenger.number} cannot be used, and nothing is changed; `dvc repro --single-item "
            "--force train` with its parameters logs its files again"
        ) from None

    def move(client: MlflowClient) -> None:
        name, number = challenger.name, str(challenger.number)
        # Another version may have become the challenger meanwhile. Removing comes first: a server may refuse that to a
        # user who may set aliases, and then nothing is changed.
        was_challenger = CHALLENGER in client.get_model_version(name, number).aliases
        if was_challenger:
            client.delete_registered_model_alias(name, CHALLENGER)
        try:
            client.set_registered_model_alias(name, CHAMPION, number)
        except Exception:
            if was_challenger:
                client.set_registered_model_alias(name, CHALLENGER, number)
            raise

    asked(tracking_uri, move)
