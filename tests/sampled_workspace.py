"""A small workspace of a model from noise: trained for a second on drawn bricks, evaluated, as pages read it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from made_sampler import settings

from pix2pix import params
from pix2pix.base.files import write_json
from pix2pix.data import download, recorder
from pix2pix.evaluation import watching
from pix2pix.evaluation.workspace import Evaluated, evaluate_workspace
from pix2pix.models import about
from pix2pix.systems import captions
from pix2pix.systems import job as jobs
from pix2pix.training import outputs
from pix2pix.training.curves import captioned
from pix2pix.training.followers import Followers
from pix2pix.training.health.verdict import health

TIMES = {
    "steps": 6, "images": 20, "seconds": 3.0, "seconds_per_step": 0.5, "images_per_second": 7.0, "peak_memory_gb": 0.5,
    "exact": True, "device": "a processor", "versions": {"tensorflow": "2"}, "commit": None, "dirty": None,
    "command": "dvc repro",
}  # fmt: skip


def asked(**changes: object) -> params.Params:
    """The parameters: ten pictures in batches of four, two epochs, eight pictures to be judged by."""
    train = params.Train(
        epochs=2, batch_size=4, buffer_size=10, jitter_scale=1.0, mirror=False, log_every=1, validation_pairs=4,
        sample_pairs=3, **changes,
    )  # fmt: skip
    made = settings(sample_train=10, sample_val=4, sample_test=8)
    evaluate = params.Evaluate(repeats=2)
    return params.Params(data=made.data, model=made.model, train=train, evaluate=evaluate)


def make(root: Path, seed: int = 0, **evaluate: object) -> Evaluated:
    """Train and evaluate in a folder, which becomes the current one meanwhile; `evaluate` has more of that section."""
    chosen = asked()
    section = chosen.evaluate.model_copy(update=evaluate)
    chosen = chosen.model_copy(update={"seed": seed, "evaluate": section})
    with prepared(root, chosen):
        train(chosen)
        write_json(Path("metrics/segmenter.json"), {"classes": 0})
        shutil.rmtree("data/raw")
        return evaluate_workspace(chosen)


@contextmanager
def prepared(root: Path, chosen: params.Params) -> Iterator[None]:
    """Make the records in a folder, which is the current one and the home within the block."""
    (root / "models/beside").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("PIX2PIX_HOME", str(root / "home"))
        download.fetch(chosen.data, chosen.prepare, 1, Path("data/raw"))
        recorder.write(Path("data/raw"), chosen.data, chosen.prepare, Path("data/records"))
        yield


def train(chosen: params.Params) -> None:
    """Train in the current folder, and write all that the stage `train` writes."""

    def describe(*said: object) -> dict[str, object]:
        return about.of(*said).told()

    measures = watching.measures(chosen.data)
    job = jobs.job(chosen, Path("data/records"), measures, describe, None)
    trained = job.train(job.prepared(), Path("home/run"), [], Followers(), lambda: None)
    trained = replace(trained, curves=captioned(trained.curves, captions.OF[chosen.model.system]))
    outputs.write(trained, job)
    outputs.write_figures(trained, Path("metrics/train.json"))
    told = health(*trained.tables(), trained.curves, trained.watched, job.parameters)
    write_json(Path("reports/training/health.json"), told)
    write_json(Path("reports/training/times.json"), TIMES)
