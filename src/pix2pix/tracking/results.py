"""Results that come when a training has ended: written to its run as it is."""

import time
from collections.abc import Mapping

from mlflow.entities import Metric, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from pix2pix.base.errors import UserError, one_line
from pix2pix.tracking.opening import FINGERPRINT, find
from pix2pix.tracking.store import one_at_a_time, shown_uri, tracking_uri


def summarise(run_id: str, scores: Mapping[str, float], fingerprint: str, experiment: str) -> None:
    """Write the headline scores, and which training they are of, to the run that `mlflow run` opened.

    Raises:
        UserError: the tracking store does not answer.
    """
    try:
        client = MlflowClient(tracking_uri())
        named = client.get_experiment_by_name(experiment)
        training = find(client, named.experiment_id, fingerprint) if named else None
        now = int(time.time() * 1000)
        metrics = [Metric(name, float(value), now, 0) for name, value in scores.items()]
        tags = {FINGERPRINT: fingerprint, "training_run": str(training)}
        client.log_batch(run_id, metrics, tags=[RunTag(name, value) for name, value in tags.items()])
    except MlflowException as error:
        why = one_line(error)
        raise UserError(f"MLflow at {shown_uri()} does not take the scores of run {run_id}: {why}") from None


def judged(
    scores: Mapping[str, float], images: str, participants: int, fingerprint: str, experiment: str
) -> str | None:
    """Write what people said of a model's pictures to the run of its training, as it is: ended or not.

    Args:
        scores: by name; those that stand there already are not logged again.
        images: a CSV table with a row a pair, which becomes the artifact `study/images.csv`.
        participants: how many have taken part, the step of the scores.
        fingerprint: of the training.
        experiment: its experiment's name.

    Returns:
        The id of the run; None if there is none of this training.

    Raises:
        UserError: the tracking store does not answer.
    """
    try:
        with one_at_a_time():
            client = MlflowClient(tracking_uri())
            named = client.get_experiment_by_name(experiment)
        run = find(client, named.experiment_id, fingerprint) if named else None
        if run is None:
            return None
        there, now = client.get_run(run).data.metrics, int(time.time() * 1000)
        fresh = [Metric(name, value, now, participants) for name, value in scores.items() if there.get(name) != value]
        client.log_batch(run, fresh)
        client.log_text(run, images, "study/images.csv")
        return run
    except Exception as error:  # a damaged database is told of in SQLAlchemy's words, a locked one in others
        raise UserError(f"MLflow at {shown_uri()} does not take the study's result: {one_line(error)}") from None
