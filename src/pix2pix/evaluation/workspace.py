"""Evaluate a workspace: read its records and models, and write all results but those for MLflow."""

import json
from dataclasses import dataclass
from pathlib import Path

from pix2pix.base import code, files, hardware
from pix2pix.data import labels, records
from pix2pix.data.examples import Examples
from pix2pix.data.labels import Palette
from pix2pix.data.records import Manifest
from pix2pix.evaluation import compared_models, evaluation, outputs, rows
from pix2pix.evaluation.evaluation import Evaluation, evaluate
from pix2pix.evaluation.integrity import unchanged
from pix2pix.evaluation.sampled import evaluate_samples
from pix2pix.evaluation.segmentation import Reader, Segmentation
from pix2pix.models import opening
from pix2pix.models.about import About
from pix2pix.models.sampler import Sampler
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.params import Params

RECORDS, MODEL, SEGMENTER = Path("data/records"), Path("models/generator"), Path("models/segmenter")


@dataclass(frozen=True)
class Evaluated:
    """An evaluation, and the model and records that it judged.

    Attributes:
        result: the evaluation.
        about: what the generator was made for, from its folder.
        manifest: the manifest of the records.
        digest: the digest of the records.
        palette: the classes; None for a data set without classes.
    """

    result: Evaluation
    about: About
    manifest: Manifest
    digest: str
    palette: Palette | None


def evaluate_workspace(params: Params) -> Evaluated:
    """Score the generator, and other models beside it, on the evaluation split, and write the results.

    Args:
        params: the sections data and evaluate.

    Raises:
        DataError: records or a model are missing, damaged, or made for other parameters; or a model changed meanwhile.
    """
    manifest = records.expected(RECORDS, params.data)
    model = opening.load(MODEL)
    model.about.expect(params.data)
    result = _sampled(params, model) if isinstance(model, Sampler) else _translated(params)
    return Evaluated(result, model.about, manifest, records.digest(RECORDS), labels.classes_of(params.data))


def _examples() -> tuple[Examples, Examples]:
    """Return the examples of the evaluation and of the training, by id."""
    split, training = (records.load(RECORDS, role).by_id() for role in ("evaluation", "train"))
    return split, training


def _sampled(params: Params, model: Sampler) -> Evaluation:
    """Score a generator that starts from noise, and write the results."""
    beside = Path(params.evaluate.beside)
    others = compared_models.load(beside, params.data, Sampler)
    models = {"generated": model, **others}
    with files.whole(outputs.PICTURES) as pictures, unchanged([MODEL, beside], models):
        pictures.mkdir()
        result = evaluate_samples(*_examples(), model, others, params.evaluate, pictures)
    outputs.write(result)
    return result


def _translated(params: Params) -> Evaluation:
    """Score a generator that turns inputs into targets, and write the results."""
    data, beside = params.data, Path(params.evaluate.beside)
    ways = Translator.load_each_way(MODEL)
    others = compared_models.load(beside, data, Translator)
    models = {**ways, **others}
    palette = labels.classes_of(data)
    reader = Reader(palette, Segmentation.of(folder.load(SEGMENTER)[0])) if palette else None
    split, training = _examples()
    decisive = {key: _decisive(each) for key, each in models.items()}
    with rows.of_training(ways["generated"].about.fingerprint) as folder_of_rows:
        kept = rows.Rows(folder_of_rows, _common(params), decisive)
        with files.whole(outputs.PICTURES) as pictures, unchanged([MODEL, beside], models):
            result = evaluate(split, training, reader, ways, others, params.evaluate, pictures, kept)
        outputs.write(result)
        kept.remove()
    return result


def _common(params: Params) -> list[str]:
    """Return what decides every row: records, classes, segmenter, code, and the machine with its versions."""
    segmenter = sorted(path for path in SEGMENTER.rglob("*") if path.is_file())
    machine = hardware.setting()
    return [
        records.digest(RECORDS),
        json.dumps(params.data.palette, sort_keys=True),
        *(f"{path} {files.sha256(path)}" for path in segmenter),
        code.digest(code.closure(Path(evaluation.__file__))),
        *(f"{name} {machine[name]}" for name in sorted(machine)),
    ]


def _decisive(model: Translator) -> str:
    """Return what decides a model's pictures besides the seed: its files, and how they are used."""
    told = json.dumps(model.about.told(), sort_keys=True)
    return f"{told} {model.digest()} {model.dropout} {model.moving_averages}"
