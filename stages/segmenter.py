"""Train the network that reads classes from real training photos: `models/segmenter/`, and its scores."""

import os
import sys

sys.path.insert(0, os.path.realpath(f"{__file__}/../../src"))  # this checkout's code, whatever is installed

from pix2pix.base import program

program.begin()

from pathlib import Path

from pix2pix.base import framework
from pix2pix.params import Params, names
from pix2pix.pipeline import stage, stopping

PARAMS = stage.begin("seed", "data", "segmenter", "model", "tracking")
framework.import_tensorflow()

from pix2pix.base import files
from pix2pix.pipeline import class_readers
from pix2pix.systems import readers
from pix2pix.tracking.trainings import carried_out

RECORDS, METRICS = Path("data/records"), Path("metrics/segmenter.json")


def main(params: Params) -> None:
    """Train and score a segmenter or a classifier. For a data set without classes, the outputs say there is none."""
    reading = class_readers.of(params, RECORDS)
    if isinstance(reading, str):
        readers.write_absent()
        files.write_json(METRICS, {"classes": 0})
        print(f"{reading}, so no segmenter and no FCN-scores")
        return
    experiment = names.experiment(params)
    with stopping.defer_signals() as stop, carried_out(*reading[:2], experiment, stop) as (trained, run):
        scores = reading.scores(trained.selected[readers.PRODUCT])
        files.write_json(METRICS, scores | readers.chosen(trained))
        run.scores(scores, 0)


if __name__ == "__main__":
    stage.run(main, PARAMS)
