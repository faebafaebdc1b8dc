"""Results that come after a training has ended. They are written to its run, whose status does not change."""

import time
from collections.abc import Mapping

from mlflow.entities import Metric, RunTag
from mlflow.tracking import MlflowClient

from pix2pix.base.errors import UserError
from pix2pix.tracking.opening import FINGERPRINT, find
from pix2pix.tracking.store import one_at_a_time, shown_uri, tracking_uri, why


def summarise(run_id: str, scores: Mapping[str, float], fingerprint: str, experiment: str) -> None:
    """Write the headline scores, and the fingerprint of their training, to the run that `mlflow run` opened.

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
    except Exception as error:  # a driver that is not installed, for example
        raise UserError(f"MLflow at {shown_uri()} refuses the scores of run {run_id}: {why(error)}") from None


def judged(
    scores: Mapping[str, float], images: str, participants: int, fingerprint: str, experiment: str
) -> str | None:
    """Write the result of a study to the run of the model's training, whether the run has ended or not.

    Args:
        scores: the scores, by name; scores that the run has already are not logged again.
        images: a CSV table with one row for each pair; it becomes the artifact `study/images.csv`.
        participants: how many people have taken part; this is the step of the scores.
        fingerprint: the fingerprint of the training.
        experiment: the name of the MLflow experiment.

    Returns:
        The id of the run; None if the training has no run.

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
    except Exception as error:  # SQLAlchemy and MLflow have different errors for a damaged and a locked database
        raise UserError(f"MLflow at {shown_uri()} refuses the result of the study: {why(error)}") from None
