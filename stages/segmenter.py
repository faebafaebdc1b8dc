"""Train the segmenter on the training pairs: `models/segmenter/`, and its scores on the evaluation split."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.base import framework
from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin("seed", "data", "segmenter")
framework.import_tensorflow()

import keras

from pix2pix.base import files
from pix2pix.base.determinism import make_deterministic
from pix2pix.data import labels, records
from pix2pix.data.tasks import task
from pix2pix.evaluation import baselines
from pix2pix.evaluation.confusion import segmentation_scores
from pix2pix.evaluation.scoring import Split, measure_real
from pix2pix.evaluation.segmentation import Reader, Segmentation
from pix2pix.networks import folder as model_folder
from pix2pix.training.segmenting import photos_and_classes, train_segmenter

MODEL = Path("models/segmenter")
METRICS = Path("metrics/segmenter.json")
# Whose scores have which prefix there.
NAMES = {"": "the segmenter", "constant_": "always the commonest class", "prior_": "the commonest class of each place"}


def main(params: Params) -> None:
    """Train and score; a data set without classes has nothing to segment, and the outputs say so."""
    palette = labels.classes_of(params.data)
    if palette is None:
        with files.whole(MODEL) as folder:
            files.write_json(folder / "about.json", {"classes": None})
        files.write_json(METRICS, {"classes": 0})
        print("data.palette is none: no classes, so no segmenter and no FCN-scores")
        return
    make_deterministic(params.seed)
    data, job = Path("data/records"), task(params.data)
    roles = records.expected(data, params.data).roles
    photos, classes = photos_and_classes(records.load(data, "train"), job, palette)
    looked_at = Split(records.load(data, "selection"), job) if "selection" in roles else None
    reported = Split(records.load(data, "evaluation"), job)

    def class_iou(model: keras.Model) -> float:
        counts = measure_real(looked_at, Reader(palette, Segmentation(model))).confusions
        return segmentation_scores(counts.sum(axis=0)).class_iou

    judge = class_iou if looked_at else None
    model, chosen = train_segmenter(params.segmenter, palette, photos, classes, params.seed, judge)
    model_folder.save(model, MODEL, {"classes": list(palette.names), "colours": palette.colours.tolist()})
    answers = {"": Segmentation(model), "constant_": baselines.constant(classes), "prior_": baselines.prior(classes)}
    scores = {"pairs": len(reported), "classes": len(palette)} | chosen
    for prefix, segment in answers.items():
        measured = measure_real(reported, Reader(palette, segment)).scores()
        scores |= {f"{prefix}{name}": value for name, value in measured.items()}
        print(
            f"{params.data.evaluation_split}, {NAMES[prefix]}: pixel accuracy {measured['pixel_accuracy']:.3f}, "
            f"class accuracy {measured['class_accuracy']:.3f}, class IoU {measured['class_iou']:.3f}"
        )
    files.write_json(METRICS, scores)


if __name__ == "__main__":
    stage.run(main, PARAMS)
