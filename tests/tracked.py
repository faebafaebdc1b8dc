"""Trainings as MLflow is told of them, without anything that is trained."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from pix2pix.params import Params, names
from pix2pix.tracking import runs
from pix2pix.tracking.run import Run
from pix2pix.training.fingerprint import deciding


@contextmanager
def training_run(params: Params, fingerprint: str, known: str | None = None) -> Iterator[Run]:
    """The run of a training of these parameters, as if this were its fingerprint."""
    job = SimpleNamespace(
        kind="training",
        source="stages/train.py",
        name=f"{names.data_set(params.data)} {params.model.objective}",
        parameters=deciding(params),
        fingerprint=fingerprint,
    )
    with runs.training_run(job, names.experiment(params), known) as run:
        yield run
