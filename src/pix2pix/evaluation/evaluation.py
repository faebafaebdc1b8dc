"""The whole evaluation of a generator: every subject by every measure, the nearest training pictures, and pictures."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Task
from pix2pix.evaluation import distances, diversity, floors, measures, pair_pictures, segmenter_worth
from pix2pix.evaluation.class_means import class_means
from pix2pix.evaluation.evenly import evenly
from pix2pix.evaluation.features import FeatureNetwork
from pix2pix.evaluation.measure import (
    CYCLE,
    PATTERN,
)
from pix2pix.evaluation.memorisation import memorisation
from pix2pix.evaluation.neighbours import NEAREST, neighbours
from pix2pix.evaluation.omissions import left_out
from pix2pix.evaluation.result import CONFUSED, Evaluation, confusion_table, scores_table
from pix2pix.evaluation.rows import Rows
from pix2pix.evaluation.scoring import Measured, features_of, measure, measure_real
from pix2pix.evaluation.segmentation import Reader
from pix2pix.evaluation.segmenter_worth import FLOOR
from pix2pix.models.translator import Translator
from pix2pix.params import Evaluate

Image = NDArray[Any]
# The name that people read for each subject. Models that are scored beside this one have names of their own.
NAMES = {
    "real": "real pictures (ceiling)",
    "training": "training pictures (real against real)",
    "generated": "generated",
    "dropout_off": "generated, dropout off",
    "moving_averages": "generated, moving averages",
    "moving_averages_dropout_off": "generated, moving averages, dropout off",
    **floors.NAMES,
}
# The name of `real` for a model that makes label maps, because then the segmenter of its inputs is no ceiling.
_REFERENCE = "segmenter of the inputs (reference)"


def evaluate(
    split: Examples,
    training: Examples,
    reader: Reader | None,
    ways: Mapping[str, Translator],
    beside: Mapping[str, Translator],
    settings: Evaluate,
    pictures: Path,
    rows: Rows,
    back: Translator | None = None,
    steps: Mapping[str, str] = MappingProxyType({}),
    network: FeatureNetwork | None = None,
) -> Evaluation:
    """Measure every subject on the whole split, and write the pictures of the model.

    Args:
        split: the examples of the evaluation split, by id.
        training: the examples of the training split, by id, for the nearest pictures and the mean colours.
        reader: None for a data set without classes, or without pairs.
        ways: the model in each of `translator.WAYS` that it has (see `Translator.load_each_way`), or in other steps.
        beside: other generators, by name.
        settings: the `evaluate` section.
        pictures: the folder that gets the pictures of every pair, one file for each kind in `pair_pictures.KINDS`.
        rows: keeps the rows that are finished.
        back: the model that turns targets into inputs; None if there is none.
        steps: the steps, in words, of each model that makes its pictures in steps, by the model's name.
        network: the network whose features are compared; None where targets are label maps.
    """
    repeated = settings.repeats if "dropout_off" in ways or "generated" in steps else 1
    first, *others = (settings.seed + number for number in range(repeated))
    models = {**ways, **beside}
    names = _names(split.task, steps, ways)

    def row(key: str, seed: int) -> Measured:
        def make(folder: Path) -> Measured:
            print(f"measuring {names.get(key, key)}, dropout seed {seed}", flush=True)
            save = partial(pair_pictures.save, folder, paired=split.has_pairs)
            watch = save if (key, seed) == ("generated", first) else None
            there = back if key in ways else None
            return measure(split, reader, partial(models[key], seed=seed), watch, there, network)

        return rows.measured(key, str(seed), make, pictures)

    measured: dict[str, Measured] = {}
    if reader is not None or not PATTERN.lacks(split.task.target, classes=False):
        measured["real"] = rows.measured("real", "", lambda _: measure_real(split, reader, network), pictures)
    if network is not None and not distances.too_few(min(len(split), len(training))):
        measured["training"] = rows.measured("training", "", partial(_training, split, training, network), pictures)
    measured |= {key: row(key, first) for key in models}
    if reader is not None and split.task.input.is_label:
        measured[FLOOR] = rows.measured(FLOOR, "", partial(_measure_floor, split, training, reader, network), pictures)
    for key, floor in floors.of_pictures(split.task, training).items() if split.has_pairs else ():
        measured[key] = rows.measured(key, "", partial(_measure_by, split, reader, network, floor), pictures)
    repeats = [measured["generated"], *(row("generated", seed) for seed in others)]
    answers = _answers(split, ways, steps, beside, settings, pictures, rows, network)
    apart = partial(_of_sets, split, measured.get("real"))
    sets = {key: apart(each) for key, each in measured.items() if key != "real"}
    distant = [sets["generated"], *map(apart, repeats[1:])]
    each_seed = [each.scores() | its for each, its in zip(repeats, distant, strict=True)]

    nearest = neighbours(split, training, pictures)
    return Evaluation(
        scores=_scores(measured, [answers, sets], pd.DataFrame(each_seed), names),
        images=_images(measured, nearest),
        confusions={subject: _confusion(measured.get(subject), reader) for subject in CONFUSED},
        worth=_worth(measured.get("real"), measured.get(FLOOR)),
        memorisation=memorisation(nearest.select_dtypes("number")),
        absent=left_out(split, len(training), reader, settings, ways, "generated" in steps),
    )


def _training(split: Examples, training: Examples, network: FeatureNetwork, _: Path) -> Measured:
    """Measure the features of training targets, as many as there are inputs, or all."""
    kept = evenly(len(training), len(split))
    ids = pd.Index([training.ids[number] for number in kept], name="id")

    def targets() -> Iterator[Image]:
        return (training[number]["target"] for number in kept)

    return Measured(pd.DataFrame(index=ids), features=features_of(network, targets))


def _of_sets(split: Examples, real: Measured | None, made: Measured) -> dict[str, float]:
    """Return the distances between the real pictures and others; nothing without features.

    In a set without pairs, targets come several times if there are more inputs; here they count once.
    """
    if real is None:
        return {}
    sets = {name: each if split.has_pairs else np.unique(each, axis=0) for name, each in real.features.items()}
    return distances.of_networks(sets, made.features)


def _measure_floor(
    split: Examples, training: Examples, reader: Reader, network: FeatureNetwork | None, _: Path
) -> Measured:
    """Measure the label maps, painted in the mean colours that the classes have in the training split."""
    means = class_means(map(training.task.photo_and_label, training), reader.palette, training.task.photo)
    return measure(split, reader, lambda label, **_: means[reader.palette.classes(label)], network=network)


def _measure_by(
    split: Examples,
    reader: Reader | None,
    network: FeatureNetwork | None,
    floor: Callable[[NDArray[Any]], NDArray[Any]],
    _: Path,
) -> Measured:
    """Measure what a floor makes of the inputs; no picture is saved."""
    return measure(split, reader, lambda given, **_: floor(given), network=network)


def _names(task: Task, steps: Mapping[str, str], ways: Collection[str]) -> dict[str, str]:
    """Return the name that people read for each subject; that of a model that works in steps says in how many."""
    walked = {key: f"{'generated' if key in ways else key}, {words}" for key, words in steps.items()}
    return NAMES | walked | ({"real": _REFERENCE} if task.target.is_label else {})


def _answers(
    split: Examples,
    ways: Mapping[str, Translator],
    steps: Collection[str],
    beside: Mapping[str, Translator],
    settings: Evaluate,
    pictures: Path,
    rows: Rows,
    network: FeatureNetwork | None,
) -> dict[str, dict[str, float]]:
    """Return the diversity of the answers to one input, by subject; of real pictures that of different inputs.

    It is that of the ways in which the model draws random numbers (by dropout, or at the start of its steps), and of
    the models beside. It takes several seeds.
    """
    seeds = range(settings.seed, settings.seed + settings.repeats)
    drawing = [key for key in ways if "dropout_off" in ways and not key.endswith("dropout_off")]
    models = {key: ways[key] for key in ways if key in (*drawing, *steps)} | dict(beside)
    if len(seeds) == 1 or not models:
        return {}
    apart = diversity.distances(network)

    def answered(key: str, folder: Path) -> Measured:
        print(f"measuring how far answers to one input are apart: {NAMES.get(key, key)}", flush=True)
        return diversity.of_answers(split, models[key], seeds, apart, folder if key == "generated" else None)

    found = {key: rows.measured(key, f"answers, {seeds}", partial(answered, key), pictures) for key in models}
    return {key: each.scores() for key, each in found.items()} | {"real": diversity.of_real(split, apart)}


def _scores(
    measured: Mapping[str, Measured],
    others: Sequence[Mapping[str, dict[str, float]]],
    repeats: pd.DataFrame,
    names: Mapping[str, str],
) -> pd.DataFrame:
    """Return `Evaluation.scores`; `repeats` has the model's scores, one row for each dropout seed.

    `others` are more scores, by subject.
    """
    scores = {key: each.scores() for key, each in measured.items()}
    for more in others:
        scores = {key: each | more.get(key, {}) for key, each in scores.items()}
    two_ways, inception = _two_ways(measured), any("fid" in each for each in scores.values())
    keys = [row.key for row in measures.of_pairs(two_ways, inception)]
    return scores_table(scores, repeats, keys, names)


def _worth(real: Measured | None, floor: Measured | None) -> dict[str, float]:
    """Return `Evaluation.worth`; nothing where no floor is painted."""
    if real is None or floor is None or real.confusions is None or floor.confusions is None:
        return {}
    return segmenter_worth.over(real.confusions, {FLOOR: floor.confusions})


def _images(measured: Mapping[str, Measured], nearest: pd.DataFrame) -> pd.DataFrame:
    """See `Evaluation.images`."""
    images = measured["generated"].images.rename(columns=_figures("generated"))
    if "real" in measured:
        images = images.join(measured["real"].images.rename(columns=_figures("real")))
    return images.join(nearest).reindex(columns=[*measures.image_columns(_two_ways(measured)), *NEAREST])


def _two_ways(measured: Mapping[str, Measured]) -> bool:
    """Whether cycles were measured."""
    return any(row.key in measured["generated"].images for row in measures.of(CYCLE))


def _figures(subject: str) -> dict[str, str]:
    """Return the name that each measure, by its key, has for this subject among all figures."""
    return {row.key: row.figure(subject) for row in measures.MEASURES}


def _confusion(measured: Measured | None, reader: Reader | None) -> pd.DataFrame:
    """See `Evaluation.confusions`."""
    if measured is None or measured.confusions is None or reader is None:
        return confusion_table()
    return confusion_table(measured.confusions.sum(axis=0), reader.palette.names)
