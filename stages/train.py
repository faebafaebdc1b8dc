"""Train the system of `model`: models, `metrics/train.json`, curves and samples in `reports/training/`."""

import os
import sys

sys.path.insert(0, os.path.realpath(f"{__file__}/../../src"))  # this checkout's code, whatever is installed

from pix2pix.base import program

program.begin()

from pathlib import Path
from typing import Any

from pix2pix.base import framework
from pix2pix.params import Params, names
from pix2pix.pipeline import stage, stopping

PARAMS = stage.begin("seed", "data", "model", "train", "tracking")
framework.import_tensorflow()

from pix2pix.base import hardware
from pix2pix.evaluation import watching
from pix2pix.models import about
from pix2pix.systems import captions
from pix2pix.systems import job as jobs
from pix2pix.tracking.starts import start_of
from pix2pix.tracking.trainings import carried_out
from pix2pix.training import outputs

RECORDS, METRICS = Path("data/records"), Path("metrics/train.json")


def describe(*said: Any) -> dict[str, Any]:
    """Return the `about.json` of a generator."""
    return about.of(*said).told()


def main(params: Params) -> None:
    """Train the system, and write the results."""
    if advice := hardware.advice(params.train.precision):
        print(advice)
    with start_of(params.train.start_from) as start, stopping.defer_signals() as stop:
        job = jobs.job(params, RECORDS, watching.measures(params.data), describe, start)
        with carried_out(job, captions.OF[params.model.system], names.experiment(params), stop) as (trained, run):
            outputs.write_figures(trained, METRICS)
            for path in (Path("params.yaml"), RECORDS / "manifest.json"):
                run.text(path.read_text(encoding="utf-8"), path.name)
            if params.tracking.log_model:
                run.generators(job.models, trained.selected)


if __name__ == "__main__":
    stage.run(main, PARAMS)
