"""The whole evaluation of a generator that makes pictures from noise.

It makes as many pictures as the evaluation split has, and the i-th of them stands beside the i-th real picture: in the
tables both have its id, and have nothing else to do with each other. Whole sets are compared, see `resemblance`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pix2pix.base.pictures import grid, save_png
from pix2pix.base.seeds import derive
from pix2pix.data.examples import Examples
from pix2pix.evaluation import measures, omissions, pair_pictures, resemblance
from pix2pix.evaluation.evaluation import Evaluation
from pix2pix.evaluation.intervals import BOUNDS, jackknifed
from pix2pix.evaluation.measure import SAMPLES
from pix2pix.evaluation.memorisation import memorisation
from pix2pix.evaluation.neighbours import neighbours
from pix2pix.evaluation.resemblance import Kept, Set
from pix2pix.models.sampler import Sampler
from pix2pix.params import Evaluate

# The name that people read for each subject: the model, real pictures, and two that show what the worst scores are.
NAMES = {
    "generated": "generated",
    "real": "training pictures (ceiling)",
    "noise": "noise (floor)",
    "mean": "the mean training picture (floor)",
}
# The rows of the interpolations, and the pictures of a row.
_ROWS, _STEPS = 4, 9
# More pictures than this would change the scores little; the nearest training pictures are sought for all.
_MOST = 512


def evaluate_samples(
    split: Examples,
    training: Examples,
    model: Sampler,
    beside: Mapping[str, Sampler],
    settings: Evaluate,
    pictures: Path,
) -> Evaluation:
    """Compare what a generator makes from noise with the real pictures of a split, and write its pictures.

    Args:
        split: the examples of the evaluation split, by id.
        training: the examples of the training split, by id.
        model: the generator.
        beside: other generators, by name.
        settings: the `evaluate` section; its seeds are those of the noise.
        pictures: the folder that gets the pictures: generated, real and nearest for each id, and the interpolations
            (`pair_pictures.INTERPOLATIONS`).
    """
    first, *others = (settings.dropout_seed + number for number in range(settings.dropout_repeats))
    _write(split, model, first, pictures)
    real = _some(split)
    sets = {"generated": _made(model, first, len(real)), **_references(training, len(real), first)}
    sets |= {name: _made(each, first, len(real)) for name, each in beside.items()}
    scores = {}
    for name, each in sets.items():
        print(f"measuring {NAMES.get(name, name)}", flush=True)
        scores[name] = _scores(real, each)
    repeats = [scores["generated"], *(_once(real, _made(model, seed, len(real))) for seed in others)]
    nearest = neighbours(split, training, pictures)
    return Evaluation(
        scores=_table(scores, pd.DataFrame(repeats)),
        images=nearest,
        confusions={subject: pd.DataFrame(index=pd.Index([], name="class")) for subject in ("generated", "real")},
        worth={},
        memorisation=memorisation(nearest.select_dtypes("number"), thirds=False),
        absent=omissions.of_samples(len(split), settings.dropout_repeats),
    )


def _write(split: Examples, model: Sampler, seed: int, pictures: Path) -> None:
    """Write a generated picture beside each real one, and pictures between noises."""
    for number, (id_, example) in enumerate(zip(split.ids, split, strict=True)):
        pair_pictures.save(pictures, id_, {"generated": model(seed, number), "real": example["target"]})
    rows = (model.between(model.noise(seed, 2 * row), model.noise(seed, 2 * row + 1), _STEPS) for row in range(_ROWS))
    save_png(pictures / pair_pictures.INTERPOLATIONS, grid(list(rows)))


def _some(examples: Examples, count: int = _MOST) -> Set:
    """Return pictures that are spread evenly over all examples, at most `count`."""
    kept = min(count, len(examples))
    return np.stack([examples[number * len(examples) // kept]["target"] for number in range(kept)])


def _made(model: Sampler, seed: int, count: int) -> Set:
    return np.stack([model(seed, number) for number in range(count)])


def _references(training: Examples, count: int, seed: int) -> dict[str, Set]:
    """Return real pictures, their pixels in any order, and their mean, as sets of `count` pictures."""
    real = _some(training)
    real = real[np.arange(count) * len(real) // count]
    pixels = np.random.default_rng(derive(seed, "noise pictures")).permutation(real.reshape(-1, real.shape[-1]))
    mean = np.rint(real.mean(axis=0)).astype(real.dtype)
    return {
        "real": real,
        "noise": pixels.reshape(real.shape),
        "mean": np.repeat(mean[None], count, axis=0),
    }


def _scores(real: Set, made: Set) -> dict[str, float]:
    """Return the scores of a set beside the real one, with their intervals."""
    distances = resemblance.apart(real), resemblance.apart(made)

    def scored(parts: list[Kept]) -> list[dict[str, float]]:
        swds = resemblance.swds(real, made, parts).tolist()
        spreads = [resemblance.spread_of(*distances, kept) for kept in parts]
        return [{"swd": swd, "spread": spread} for swd, spread in zip(swds, spreads, strict=True)]

    return jackknifed(len(real), scored)


def _once(real: Set, made: Set) -> dict[str, float]:
    return {measure.key: function(real, made) for measure, function in resemblance.WATCHED.items()}


def _table(scores: Mapping[str, Mapping[str, float]], repeats: pd.DataFrame) -> pd.DataFrame:
    """Return `Evaluation.scores`; `repeats` has the model's scores, one row for each seed of the noise."""
    keys = [row.key for row in measures.of(SAMPLES)]
    table = pd.DataFrame({key: dict(each) for key, each in scores.items()}).T.rename_axis("subject")
    table = table.reindex(columns=[f"{key}{part}" for key in keys for part in (*BOUNDS, "_seeds")])
    spread = repeats[keys].std().add_suffix("_seeds")
    table.loc["generated", spread.index] = spread
    table.insert(0, "name", [NAMES.get(key, key) for key in table.index])
    return table
