"""Evaluate a workspace: read its records and models, and write all results but those for MLflow."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pix2pix.base import code, files, hardware
from pix2pix.base.errors import DataError
from pix2pix.data import labels, manifests, records
from pix2pix.data.examples import Examples
from pix2pix.data.labels import Palette
from pix2pix.data.manifests import Manifest
from pix2pix.evaluation import compared_models, evaluation, outputs, rows
from pix2pix.evaluation.asked_class import Classes
from pix2pix.evaluation.class_reader import ClassReader
from pix2pix.evaluation.evaluation import evaluate
from pix2pix.evaluation.features import FeatureNetwork, Inception
from pix2pix.evaluation.integrity import unchanged
from pix2pix.evaluation.result import Evaluation
from pix2pix.evaluation.sampled import evaluate_samples
from pix2pix.evaluation.segmentation import Reader, Segmentation
from pix2pix.models import opening
from pix2pix.models.about import About
from pix2pix.models.sampler import Sampler
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.params import Evaluate, Params

RECORDS, MODEL, SEGMENTER = Path("data/records"), Path("models/generator"), Path("models/segmenter")
BACK = Path("models/back")


@dataclass(frozen=True)
class Evaluated:
    """An evaluation, and the model and records that it judged.

    Attributes:
        result: the evaluation.
        about: what the generator was made for, from its folder.
        manifest: the manifest of the records.
        digest: the digest of the records.
        palette: the classes; None for a data set without classes.
        back: the evaluation of the model for the way back; None if there is none.
    """

    result: Evaluation
    about: About
    manifest: Manifest
    digest: str
    palette: Palette | None
    back: Evaluation | None = None


def evaluate_workspace(params: Params) -> Evaluated:
    """Score the generator, and other models beside it, on the evaluation split, and write the results.

    If there is a model for the way back, it is scored in the same way, with inputs and targets changing places.

    Args:
        params: the sections data and evaluate.

    Raises:
        DataError: records or a model are missing, damaged, or made for other parameters; or a model changed meanwhile.
    """
    manifest = manifests.expected(RECORDS, params.data)
    model = opening.load(MODEL)
    model.about.expect(params.data)
    about, palette = model.about, labels.classes_of(params.data)
    if isinstance(model, Sampler):
        result, back = _sampled(params, model), None
    else:
        result, back = _translated(params, palette)
    return Evaluated(result, about, manifest, manifests.digest(manifest), palette, back)


def _examples() -> tuple[Examples, Examples]:
    """Return the examples of the evaluation and of the training, by id."""
    split, training = (records.load(RECORDS, role).by_id() for role in ("evaluation", "train"))
    return split, training


def _sampled(params: Params, model: Sampler) -> Evaluation:
    """Score a generator that starts from noise, and write the results."""
    beside = Path(params.evaluate.beside)
    others = compared_models.load(beside, params.data, Sampler)
    models = {"generated": model, **others}
    split, training = _examples()
    with files.whole(outputs.PICTURES) as pictures, unchanged([MODEL, beside], models):
        pictures.mkdir()
        classes, network = _classes(params.data.class_names), _network(params.evaluate)
        result = evaluate_samples(split, training, model, others, params.evaluate, pictures, network, classes)
    outputs.write(result)
    outputs.write_one_way("the system makes pictures from noise, so there is no way back")
    return result


def _network(settings: Evaluate) -> FeatureNetwork:
    """Return the network whose features are compared, with the Inception network beside it if there are weights.

    Raises:
        DataError: a network's weights are damaged, or are not those that they should be.
    """
    weights, sha256 = settings.inception_weights, settings.inception_sha256
    return FeatureNetwork(Inception(Path(weights), sha256) if weights and sha256 else None)


def _classes(names: tuple[str, ...]) -> Classes | None:
    """Return the classes of whole pictures with their classifier; None without such classes.

    Raises:
        DataError: the classifier is missing or damaged, or reads other classes.
    """
    if not names:
        return None
    trained, about = folder.load(SEGMENTER)
    if about.get("classes") != [*names]:
        raise DataError(f"{SEGMENTER}: reads other classes than {', '.join(names)}; run `dvc repro -f segmenter`")
    return Classes(names, ClassReader.of(trained))


def _translated(params: Params, palette: Palette | None) -> tuple[Evaluation, Evaluation | None]:
    """Score a generator that turns inputs into targets, and that of the way back if there is one; write the results."""
    learned = palette if params.data.has_pairs else None
    reader = Reader(learned, Segmentation.of(folder.load(SEGMENTER)[0])) if learned else None
    split, training = _examples()
    beside = compared_models.load(Path(params.evaluate.beside), params.data, Translator)
    ways, reason = Translator.load_each_way(MODEL), folder.absent(BACK)
    ways |= _in_other_steps(ways["generated"], params.evaluate)
    ways_back = {} if reason else Translator.load_each_way(BACK)
    with rows.of_training(ways["generated"].about.fingerprint) as kept:
        judge = partial(_evaluated, params, reader, kept)
        result = judge(_Way(MODEL, ways, split, training, beside, outputs.PICTURES), ways_back.get("generated"))
        outputs.write(result)
        back = None
        if reason:
            outputs.write_one_way(reason)
        else:
            pictures = outputs.BACK / outputs.PICTURES.name
            back = judge(_Way(BACK, ways_back, split.turned(), training.turned(), {}, pictures), ways["generated"])
            outputs.write_back(back, result)
        files.remove(kept)
    return result, back


def _in_other_steps(model: Translator, settings: Evaluate) -> dict[str, Translator]:
    """Return the model with each number of steps of `evaluate.steps` but its own; nothing if it has no steps."""
    if model.about.walk is None:
        return {}
    asked = {f"steps_{steps}": model.in_steps(steps, settings.solver) for steps in settings.all_steps}
    return {key: each for key, each in asked.items() if each.about.walk != model.about.walk}


class _Way(NamedTuple):
    """A direction to score.

    Attributes:
        model: the model's folder.
        ways: the ways to use the model.
        split, training: the examples.
        beside: other models that are scored beside it.
        pictures: the folder for pictures.
    """

    model: Path
    ways: Mapping[str, Translator]
    split: Examples
    training: Examples
    beside: Mapping[str, Translator]
    pictures: Path


def _evaluated(
    params: Params, reader: Reader | None, kept: Path, way: _Way, returning: Translator | None
) -> Evaluation:
    """Score one direction, and write its pictures; `returning` translates its answers back."""
    way.ways["generated"].about.expect(params.data)
    models = {**way.ways, **way.beside}
    again = _decisive(returning) if returning else ""
    decisive = {key: f"{_decisive(each)} {again}".strip() for key, each in models.items()}
    # In a set without pairs an input may come several times, beside other targets.
    split = way.split if way.split.has_pairs else way.split.first(way.split.count("input"))
    training = way.training if way.training.has_pairs else way.training.first(way.training.count("target"))
    finished = rows.Rows(kept, _common(params, way), decisive)
    watched = [way.model, Path(params.evaluate.beside)]
    steps = {key: each.about.walk.words for key, each in models.items() if each.about.walk}
    settings = params.evaluate
    network = None if split.task.target.is_label else _network(settings)
    with files.whole(way.pictures) as pictures, unchanged(watched, models):
        return evaluate(
            split, training, reader, way.ways, way.beside, settings, pictures, finished, returning, steps, network
        )


def _common(params: Params, way: _Way) -> list[str]:
    """Return what decides every row: records, direction, classes, networks that look, code, machine and versions."""
    segmenter = sorted(path for path in SEGMENTER.rglob("*") if path.is_file())
    machine = hardware.setting()
    return [
        manifests.digest(manifests.read(RECORDS)),
        way.model.name,
        json.dumps(params.data.palette, sort_keys=True),
        *(f"{path} {files.sha256(path)}" for path in segmenter),
        f"inception {params.evaluate.inception_sha256}",
        code.digest(code.closure(Path(evaluation.__file__))),
        *(f"{name} {machine[name]}" for name in sorted(machine)),
    ]


def _decisive(model: Translator) -> str:
    """Return what decides a model's pictures besides the seed: its files, and how they are used."""
    told = json.dumps(model.about.told(), sort_keys=True)
    return f"{told} {model.digest()} {model.dropout} {model.moving_averages}"
