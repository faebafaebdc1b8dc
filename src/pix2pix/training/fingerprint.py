"""What a training is, as 16 digits: trainings with one fingerprint give the same weights and the same measurements."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pix2pix.params import Params

# The sections that decide a training on pairs, and those that decide the segmenter's; `seed` decides both. The records
# of the segmenter already cover the values of `data` that matter to it.
_PAIRED, SEGMENTER = ("data", "model", "train"), ("segmenter",)
# They say when a training ends and how it slows down towards its end, not how it begins.
_ENDING = ("train.epochs", "train.decay_epochs")


def decisive(
    params: Params, records_digest: str, code_digest: str, sections: Sequence[str] = _PAIRED
) -> dict[str, Any]:
    """What decides the trained weights and what is measured on the way.

    Args:
        params: needs `seed` and the sections.
        records_digest: of the records' manifest.
        code_digest: of the code that trains.
        sections: the names of those that decide.

    Returns:
        The values that count, by path, as JSON has them. A key at its neutral value is left out, so that a new
        parameter at its neutral value changes no fingerprint; so are keys that only say when to save or where the
        pairs come from.
    """
    values = {f"{name}.{key}": value for name in sections for key, value in getattr(params, name).decisive().items()}
    return {"seed": params.seed, **values, "records": records_digest, "training code": code_digest}


def deciding(params: Params, sections: Sequence[str] = _PAIRED) -> dict[str, Any]:
    """All values that decide such a training, by path; those at their neutral values, too."""
    paths = {"seed"} | {f"{name}.{key}" for name in sections for key in getattr(params, name).deciding_keys()}
    return {path: value for path, value in params.flat().items() if path in paths}


def fingerprint(decisive: Mapping[str, Any]) -> str:
    """16 hexadecimal digits of the SHA-256 of all that is `decisive`."""
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]


def past(decisive: Mapping[str, Any]) -> dict[str, Any]:
    """All decisive values but `train.epochs` and `train.decay_epochs`: equal ones mean equal epochs until the decay."""
    return {name: value for name, value in decisive.items() if name not in _ENDING}
