"""The folder a trained network is kept in: architecture, weights, and what it was made for.

Same network, same bytes (a `.keras` file is never byte-stable), no pickles, and no parameters file is needed to
load it: `architecture.json` (Keras), `model.weights.h5` (Keras) and `about.json` (direction, size, palette, run).
"""

import json
from pathlib import Path
from typing import Any

import keras

from pix2pix.errors import DataError
from pix2pix.files import read_json, sha256, whole, write_json


def save(model: keras.Model, folder: Path, about: dict[str, Any]) -> None:
    """Write the folder, whole or not at all; `about` is any JSON object."""
    with whole(folder) as temporary:
        temporary.mkdir()
        weights = temporary / "model.weights.h5"
        model.save_weights(weights)
        architecture = json.loads(model.to_json())
        architecture.pop("compile_config", None)  # how it was trained is not what it is
        write_json(temporary / "architecture.json", architecture)
        write_json(temporary / "about.json", {**about, "weights_sha256": sha256(weights)})


def load(folder: Path) -> tuple[keras.Model, dict[str, Any]]:
    """The network of a folder and what it was made for.

    Raises:
        DataError: a file is absent or damaged.
    """
    try:
        about = read_json(folder / "about.json")
        architecture = (folder / "architecture.json").read_text(encoding="utf-8")
        weights = folder / "model.weights.h5"
        if sha256(weights) != about["weights_sha256"]:
            raise DataError(f"{weights}: damaged (its sha256 is not the one in about.json); make it again")
        model = keras.models.model_from_json(architecture)
        model.load_weights(weights)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder}: not a model folder: {' '.join(str(error).split())[:200]}") from None
    return model, about
