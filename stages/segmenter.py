"""Train the segmenter on the training pairs: `models/segmenter/`, and its scores on the evaluation split."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix import quiet, stage
from pix2pix.params import Params

PARAMS = stage.begin()
quiet.import_tensorflow()

from pix2pix import files
from pix2pix.data import labels, records
from pix2pix.data.tasks import task
from pix2pix.evaluation.scoring import Reader, segmentation_floor
from pix2pix.evaluation.segmentation import Segmentation
from pix2pix.networks import folder as model_folder
from pix2pix.training.determinism import make_deterministic
from pix2pix.training.segmenting import train_segmenter

MODEL = Path("models/segmenter")
METRICS = Path("metrics/segmenter.json")


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
    records.expected(data, params.data)
    pairs, held_out = records.load(data, "train"), records.load(data, "evaluation")
    model = train_segmenter(params.segmenter, job, palette, pairs, params.seed)
    model_folder.save(model, MODEL, {"classes": list(palette.names), "colours": palette.colours.tolist()})
    reader = Reader(palette, Segmentation(model))
    scores = segmentation_floor(held_out, job, reader)
    files.write_json(METRICS, scores)
    print(
        f"{params.data.evaluation_split}: pixel accuracy {scores['pixel_accuracy']:.3f}, "
        f"always the commonest class {scores['constant_pixel_accuracy']:.3f}"
    )


if __name__ == "__main__":
    stage.run(main, PARAMS)
