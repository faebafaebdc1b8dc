"""Score the generator on the evaluation split: `metrics/evaluate.json`, and tables and pictures in `reports/`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix import quiet, stage
from pix2pix.params import Params

PARAMS = stage.begin()
quiet.import_tensorflow()

import pandas as pd

from pix2pix import files
from pix2pix.data import labels, records
from pix2pix.data.tasks import task
from pix2pix.evaluation.scoring import Reader, Scores, score
from pix2pix.evaluation.segmentation import Segmentation
from pix2pix.networks import folder as model_folder
from pix2pix.tracking.runs import evaluation_run
from pix2pix.training.determinism import make_deterministic
from pix2pix.translator import Translator

RECORDS, REPORTS, METRICS = Path("data/records"), Path("reports"), Path("metrics/evaluate.json")


def main(params: Params) -> None:
    """Translate every pair, score it, and tell MLflow."""
    make_deterministic(params.seed)
    manifest = records.expected(RECORDS, params.data)
    translator = Translator.load(Path("models/generator"))
    translator.expect(direction=params.data.resolved_direction, palette=params.data.palette)
    palette = labels.classes_of(params.data)
    reader = Reader(palette, Segmentation(model_folder.load(Path("models/segmenter"))[0])) if palette else None
    pairs = records.load(RECORDS, "evaluation")
    seed = params.evaluate.dropout_seed
    with files.whole(REPORTS / "pictures") as pictures:
        scores = score(pairs, task(params.data), lambda picture: translator(picture, seed), reader, pictures)
    flat = scores.flat()
    write(scores, list(palette.names) if palette else [])
    print(f"{params.data.evaluation_split}: " + ", ".join(f"{name} {value:.4g}" for name, value in flat.items()))
    with evaluation_run(params, translator.about["fingerprint"]) as (run, training):
        run.dataset(manifest, records.digest(RECORDS), "evaluation")
        run.scores(flat, 0)
        run.files(REPORTS / "images.csv")
        run.files(REPORTS / "confusion.csv")
        if training:
            training.tags({"evaluation_split": params.data.evaluation_split})
            training.scores({f"evaluation_{name}": value for name, value in flat.items()}, params.train.epochs)


def write(scores: Scores, classes: list[str]) -> None:
    """The figures; without classes the confusion table has a header only."""
    files.write_json(METRICS, scores.flat())
    names = pd.Index(classes, name="class")
    confusion = pd.DataFrame(scores.confusions.get("generated", []), index=names, columns=classes)
    for name, table in {"images": scores.images.set_index("id"), "confusion": confusion}.items():
        files.write_text(REPORTS / f"{name}.csv", table.to_csv(float_format="%.6g", lineterminator="\n"))


if __name__ == "__main__":
    stage.run(main, PARAMS)
