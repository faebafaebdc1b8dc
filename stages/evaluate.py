"""Score the generator on the evaluation split: `metrics/evaluate.json`, and tables and pictures in `reports/`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.base import framework
from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin("seed", "data", "segmenter", "evaluate", "tracking")
framework.import_tensorflow()

from pix2pix.base import files
from pix2pix.base.determinism import make_deterministic
from pix2pix.data import labels, records
from pix2pix.evaluation import compared_models, outputs
from pix2pix.evaluation.differences import per_image
from pix2pix.evaluation.evaluation import evaluate
from pix2pix.evaluation.integrity import unchanged
from pix2pix.evaluation.memorisation import verdict
from pix2pix.evaluation.segmentation import Reader, Segmentation
from pix2pix.models.translator import Translator
from pix2pix.networks import folder as model_folder
from pix2pix.tracking.champion import PER_IMAGE
from pix2pix.tracking.runs import evaluation_run

RECORDS, MODEL = Path("data/records"), Path("models/generator")


def main(params: Params) -> None:
    """Measure every subject, write what came out, and tell MLflow."""
    make_deterministic(params.seed)
    data = params.data
    manifest = records.expected(RECORDS, data)
    ways = Translator.load_each_way(MODEL)
    ways["generated"].about.expect(data)
    others = compared_models.load(Path(params.evaluate.beside), data)
    palette = labels.classes_of(data)
    reader = Reader(palette, Segmentation(model_folder.load(Path("models/segmenter"))[0])) if palette else None
    split, training = (records.load(RECORDS, role).by_id() for role in ("evaluation", "train"))
    folders = [MODEL, Path(params.evaluate.beside)]
    with files.whole(outputs.PICTURES) as pictures, unchanged(folders, {**ways, **others}):
        result = evaluate(split, training, reader, ways, others, params.evaluate, pictures)
    outputs.write(result)
    print(f"{data.evaluation_split}, {len(split)} pairs:\n{outputs.shown(result)}\n{verdict(result.memorisation)}")
    flat, about = result.flat(), ways["generated"].about
    with evaluation_run(params, about.fingerprint) as (run, training_run):
        run.dataset(manifest, records.digest(RECORDS), "evaluation")
        run.scores(flat, 0)
        for path in outputs.TABLES:
            run.files(path, path.name if path.is_dir() else None)
        for name, picture in outputs.examples(result).items():
            run.picture(picture, f"examples/{name}.png")
        run.table(per_image(outputs.REPORTS, palette).table(), PER_IMAGE)
        if training_run:
            training_run.tags({"evaluation_split": data.evaluation_split})
            training_run.scores({f"evaluation_{name}": value for name, value in flat.items()}, about.epoch)
            if run.id and data.dataset != "sample":  # drawn houses are a check, not a result
                training_run.challenge(run.id)


if __name__ == "__main__":
    stage.run(main, PARAMS)
