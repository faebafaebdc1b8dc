"""The identity of a training, in 16 digits. Trainings with one fingerprint give the same weights and measurements."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pix2pix.params import Params

# The sections that decide a training on pairs, and the sections that decide a training of the segmenter; `seed` decides
# both. The digest of the records already covers the values of `data` that matter to the segmenter.
_PAIRED, SEGMENTER = ("data", "model", "train"), ("segmenter",)
# These keys decide the end of a training and the fall of its learning rate, but not its beginning.
_ENDING = ("train.epochs", "train.decay_epochs")


def decisive(
    params: Params, records_digest: str, code_digest: str, sections: Sequence[str] = _PAIRED
) -> dict[str, Any]:
    """Return everything that decides the trained weights and the measurements.

    Args:
        params: the parameters, with `seed` and the sections.
        records_digest: the digest of the records; see `manifests.digest`.
        code_digest: the digest of the code that trains.
        sections: the names of the sections that decide.

    Returns:
        The values that count, by path, as JSON has them. Two kinds of keys are left out: keys at their neutral values,
        so that a new parameter at its neutral value changes no fingerprint; and keys that only say when to save or
        where the pairs come from.
    """
    values = {f"{name}.{key}": value for name in sections for key, value in getattr(params, name).decisive().items()}
    return {"seed": params.seed, **values, "records": records_digest, "training code": code_digest}


def deciding(params: Params, sections: Sequence[str] = _PAIRED) -> dict[str, Any]:
    """Return all parameters that decide such a training, by path, including those at their neutral values."""
    paths = {"seed"} | {f"{name}.{key}" for name in sections for key in getattr(params, name).deciding_keys()}
    return {path: value for path, value in params.flat().items() if path in paths}


def fingerprint(decisive: Mapping[str, Any]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of `decisive`."""
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]


def past(decisive: Mapping[str, Any]) -> dict[str, Any]:
    """Return the decisive values without `_ENDING`. Trainings with equal values are equal until the decay begins."""
    return {name: value for name, value in decisive.items() if name not in _ENDING}
