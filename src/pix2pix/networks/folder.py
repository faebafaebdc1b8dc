"""The folder a trained network is kept in: architecture, weights, and what it was made for.

The folder has `architecture.json` (Keras), `model.weights.h5` (Keras) and `about.json` (fields, palette, run, and the
hashes of the other two; see `models.about`). The same network gives the same bytes, which a `.keras` file never does.
Loading needs no pickles and no parameters file.

A folder may come from anyone. So its hashes are checked before anything is loaded. The architecture may name only the
layers and operations of this project's networks, and no more weights than the file of weights can hold. Keras loads it
in safe mode.
"""

import copy
import json
import math
from pathlib import Path
from typing import Any

import keras
from keras.src.backend.common import global_state

from pix2pix.base.errors import DataError, UserError, one_line
from pix2pix.base.files import make_room, read_json, sha256, whole, write_json
from pix2pix.networks.portable import portable

HASHED = {"architecture.json": "architecture_sha256", "model.weights.h5": "weights_sha256"}
# The bytes that HDF5 needs besides the weights.
_HDF5_SPARE = 1 << 20
# The settings of Keras that decide shapes and dropout masks: its defaults, see `base.environment`.
_SETTINGS = {"backend": "tensorflow", "floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
# Safe mode refuses code only. Keras also has layers that open files or unpickle, so only these parts are allowed.
_PARTS = {
    None: {"__keras_tensor__", "__numpy__"},
    "keras": {"DTypePolicy"},
    "keras.initializers": {"GlorotUniform", "HeNormal", "Ones", "RandomNormal", "VarianceScaling", "Zeros"},
    "keras.layers": {
        "Add",
        "BatchNormalization",
        "Concatenate",
        "Conv2D",
        "Conv2DTranspose",
        "Cropping2D",
        "Dense",
        "DepthwiseConv2D",
        "Dropout",
        "GaussianNoise",
        "GlobalAveragePooling2D",
        "GroupNormalization",
        "InputLayer",
        "LeakyReLU",
        "MaxPooling2D",
        "Multiply",
        "ReLU",
        "Reshape",
        "UpSampling2D",
        "ZeroPadding2D",
    },
    "keras.src.models.functional": {"Functional"},
    # See `networks.one_hot`, `networks.lab` and `generators.timed_unet`.
    "keras.src.ops.core": {"Cast"},
    "keras.src.ops.nn": {"OneHot"},
    "keras.src.ops.numpy": {"Add", "Argmax", "Matmul", "Multiply", "Pad", "Round", "Subtract"}
    | {"Cos", "Maximum", "Minimum", "Power", "Sin"},
}


def save(model: keras.Model, folder: Path, about: dict[str, Any]) -> None:
    """Write a model folder, whole or not at all; `about` is any JSON object.

    Raises:
        ValueError: the model has a part that `load` would refuse.
    """
    model = portable(model)
    architecture = json.loads(model.to_json())
    architecture.pop("compile_config", None)  # the model folder does not say how the network was trained
    _check_parts(architecture)
    with whole(folder) as temporary:
        temporary.mkdir()
        # HDF5 may crash the whole process when the disk is full.
        make_room(temporary, _HDF5_SPARE + _size(model))
        model.save_weights(temporary / "model.weights.h5")
        write_json(temporary / "architecture.json", architecture)
        hashes = {key: sha256(temporary / name) for name, key in HASHED.items()}
        write_json(temporary / "about.json", {**about, **hashes})


def absent(folder: Path) -> str | None:
    """Return why a folder has no network, which stands in its `about.json` where a system makes none; None if it has.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        reason = read_json(folder / "about.json").get("absent")
    except (OSError, ValueError, AttributeError) as error:
        why = f"{type(error).__name__}: {one_line(error)}"
        raise DataError(f"{folder}: no folder of a model ({why}); run `dvc repro train`") from None
    return None if reason is None else str(reason)


def load(folder: Path) -> tuple[keras.Model, dict[str, Any]]:
    """Load the network of a folder, and return it with the content of `about.json`.

    Raises:
        DataError: a file is absent or damaged, or the architecture has a layer that is not allowed.
        UserError: this process has other settings of Keras than those that the network was trained with.
    """
    _expect_settings()
    try:
        about = read_json(folder / "about.json")
        if "absent" in about:
            raise DataError(f"{folder}: holds no model: {one_line(about['absent'])}")
        if lacks := [key for key in HASHED.values() if key not in about]:
            raise DataError(f"{folder}: not a model folder: its about.json has no {lacks[0]}; make the model again")
        for name, key in HASHED.items():
            if sha256(folder / name) != about[key]:
                raise DataError(f"{folder / name}: damaged (its sha256 is not the one in about.json); make it again")
        architecture = read_json(folder / "architecture.json")
        _check_parts(architecture)
        return _build(architecture, folder / "model.weights.h5"), about
    except DataError:
        raise
    except Exception as error:  # Keras raises any kind of exception for a senseless architecture
        raise DataError(f"{folder}: not a model folder: {type(error).__name__}: {one_line(error)}") from None


def _expect_settings() -> None:
    """Refuse settings that a program around this one made, before `import pix2pix` or after it."""
    for name, wanted in _SETTINGS.items():
        if (found := getattr(keras.config, name)()) != wanted:
            raise UserError(
                f"Keras has {name} {found} in this process, and a model of this project needs {wanted}: import pix2pix "
                "before Keras, and leave its settings"
            )


def _size(model: keras.Model) -> int:
    """Return the bytes of a model's weights and of its optimiser's state, which Keras saves with them."""
    optimizer = getattr(model, "optimizer", None)
    return 4 * sum(math.prod(each.shape) for each in (*model.variables, *(optimizer.variables if optimizer else ())))


def _build(architecture: dict[str, Any], weights: Path) -> keras.Model:
    """Build the model of a checked architecture, and load its weights."""
    # An architecture of a few bytes can ask for terabytes. In this scope weights have a shape, but take no memory.
    try:
        with keras.StatelessScope(initialize_variables=False):
            planned = _deserialized(architecture)
    finally:
        # Without this, Keras would later ask for that memory after all.
        global_state.set_global_attribute("uninitialized_variables", [])
    wanted = sum(4 * math.prod(weight.shape) for weight in planned.weights)
    if wanted > weights.stat().st_size:
        raise ValueError(f"its weights need {wanted:,} bytes, and the file has {weights.stat().st_size:,}")
    model = _deserialized(architecture)
    model.load_weights(weights)
    return model


def _deserialized(architecture: dict[str, Any]) -> keras.Model:
    model = keras.saving.deserialize_keras_object(copy.deepcopy(architecture), safe_mode=True)
    if not isinstance(model, keras.Model):
        raise ValueError("architecture.json holds no model")
    return model


def _check_parts(value: Any) -> None:
    """Refuse an architecture that has, at any depth, a part outside `_PARTS`."""
    if isinstance(value, dict) and "class_name" in value:
        module, name, registered = (value.get(key) for key in ("module", "class_name", "registered_name"))
        if name not in _PARTS.get(module, ()) or registered not in (None, name):
            raise ValueError(f"{module}.{name} ({registered}) is no part of our networks")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_parts(inner)
