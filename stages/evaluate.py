"""Score the generator on the evaluation split: `metrics/evaluate.json`, and tables and pictures in `reports/`."""

import os
import sys

sys.path.insert(0, os.path.realpath(f"{__file__}/../../src"))  # this checkout's code, whatever is installed

from pix2pix.base import program

program.begin()

from pix2pix.base import framework
from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin("seed", "data", "segmenter", "model", "evaluate", "tracking")
framework.import_tensorflow()

from pix2pix.base.determinism import make_deterministic
from pix2pix.base.errors import number_of
from pix2pix.evaluation import outputs
from pix2pix.evaluation.workspace import evaluate_workspace
from pix2pix.tracking import evaluations


def main(params: Params) -> None:
    """Measure every subject, write the results, and log them to MLflow."""
    make_deterministic(params.seed)
    evaluated = evaluate_workspace(params)
    result = evaluated.result
    count = number_of(len(result.images), params.data.example)
    print(f"{params.data.evaluation_split}, {count}:\n{outputs.shown(result)}")
    if evaluated.back:
        print(f"the way back, from target to input:\n{outputs.shown(evaluated.back)}")
    for words in outputs.findings(result, evaluated.about):
        print(words)
    evaluations.tell(evaluated, params)


if __name__ == "__main__":
    stage.run(main, PARAMS)
