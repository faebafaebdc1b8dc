"""Train the segmenter on the training pairs: `models/segmenter/`, and its scores on the evaluation split."""

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
from pix2pix.data import labels
from pix2pix.evaluation import class_iou, segmenter_scores
from pix2pix.evaluation.measure import SEGMENTATION
from pix2pix.evaluation.measures import lead
from pix2pix.systems import segmenting
from pix2pix.systems.captions import SEGMENTER
from pix2pix.systems.segmenting import Judge
from pix2pix.tracking.trainings import carried_out

RECORDS, METRICS = Path("data/records"), Path("metrics/segmenter.json")


def main(params: Params) -> None:
    """Train and score the segmenter. For a data set without classes, the outputs say that there is none."""
    palette = labels.classes_of(params.data)
    if palette is None or not params.data.has_pairs:
        segmenting.write_absent()
        files.write_json(METRICS, {"classes": 0})
        why = "data.palette is none: no classes" if palette is None else "a set without pairs: nothing to learn from"
        print(f"{why}, so no segmenter and no FCN-scores")
        return
    job = segmenting.job(params, RECORDS, palette, Judge(lead(SEGMENTATION), class_iou.judge))
    experiment = names.experiment(params)
    with stopping.defer_signals() as stop, carried_out(job, SEGMENTER, experiment, stop) as (trained, run):
        scores = segmenter_scores.measure(trained.selected["segmenter"], RECORDS, params.data, palette)
        files.write_json(METRICS, scores | segmenting.chosen(trained))
        run.scores(scores, 0)


if __name__ == "__main__":
    stage.run(main, PARAMS)
