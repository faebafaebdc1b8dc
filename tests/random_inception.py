"""The Inception network of FID with random weights: as Keras has it, and as tensors with the names of pytorch-fid."""

import hashlib
import re
from collections import OrderedDict
from functools import partial
from pathlib import Path

import keras
import numpy as np
import torch_files
from keras.applications import InceptionV3

_POOLED = "branch1x1 branch5x5_1 branch5x5_2 branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3 branch_pool"
_LONG = (
    "branch1x1 branch7x7_1 branch7x7_2 branch7x7_3 branch7x7dbl_1 branch7x7dbl_2 branch7x7dbl_3 branch7x7dbl_4 "
    "branch7x7dbl_5 branch_pool"
)
_WIDE = (
    "branch1x1 branch3x3_1 branch3x3_2a branch3x3_2b branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3a branch3x3dbl_3b "
    "branch_pool"
)
_BLOCKS = {
    **dict.fromkeys(("Mixed_5b", "Mixed_5c", "Mixed_5d"), _POOLED),
    "Mixed_6a": "branch3x3 branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3",
    **dict.fromkeys(("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"), _LONG),
    "Mixed_7a": "branch3x3_1 branch3x3_2 branch7x7x3_1 branch7x7x3_2 branch7x7x3_3 branch7x7x3_4",
    **dict.fromkeys(("Mixed_7b", "Mixed_7c"), _WIDE),
}
# The convolutions of torchvision's Inception-v3, in the order in which Keras makes them.
CONVOLUTIONS = (
    *["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"],
    *(f"{block}.{name}" for block, names in _BLOCKS.items() for name in names.split()),
)
_EPSILON = 1e-3


def model() -> keras.Model:
    """Keras' own Inception-v3 without its top for pictures in [-1, 1]; its last average pool is a maximum."""
    made = InceptionV3(weights=None, include_top=False, pooling="avg", input_shape=(None, None, 3))
    *_, last = _made(made, keras.layers.AveragePooling2D)
    last.call = partial(keras.ops.max_pool, pool_size=3, strides=1, padding="same")
    return made


def _made(made: keras.Model, kind: type[keras.Layer]) -> list[keras.Layer]:
    """The layers of a kind, in the order in which they were made."""
    found = [layer for layer in made.layers if isinstance(layer, kind)]
    return sorted(found, key=lambda layer: int((re.findall(r"_(\d+)$", layer.name) or ["0"])[0]))


def state(reference: keras.Model, seed: int = 0) -> dict[str, np.ndarray]:
    """Give Keras' network random weights with which all of it speaks, and return them as pytorch-fid names them.

    Keras' normalisation has no scale, so the scale here goes into the variance there.
    """
    random, tensors = np.random.default_rng(seed), OrderedDict()
    both = (_made(reference, kind) for kind in (keras.layers.Conv2D, keras.layers.BatchNormalization))
    for name, convolution, norm in zip(CONVOLUTIONS, *both, strict=True):
        height, width, given, channels = convolution.kernel.shape
        kernel = random.normal(0, (2 / (height * width * given)) ** 0.5, convolution.kernel.shape)
        beta, mean = random.normal(0, 0.1, (2, channels))
        gamma, variance = random.uniform(0.8, 1.2, (2, channels))
        convolution.set_weights([kernel])
        norm.set_weights([beta, mean, (variance + _EPSILON) / gamma**2 - norm.epsilon])
        parts = {
            "conv.weight": kernel.transpose(3, 2, 0, 1), "bn.weight": gamma, "bn.bias": beta, "bn.running_mean": mean,
            "bn.running_var": variance,
        }  # fmt: skip
        tensors |= {f"{name}.{part}": np.ascontiguousarray(each, np.float32) for part, each in parts.items()}
        tensors[f"{name}.bn.num_batches_tracked"] = np.array(0, np.int64)
    tensors["fc.weight"], tensors["fc.bias"] = np.zeros((1008, 2048), np.float32), np.zeros(1008, np.float32)
    return tensors


def written(path: Path, tensors: dict[str, np.ndarray]) -> tuple[Path, str]:
    """Write a state dict as PyTorch did before its version 1.6; returns the path and its SHA-256."""
    told = OrderedDict((name, torch_files.tensor(name, each)) for name, each in tensors.items())
    told._metadata = OrderedDict({"": {"version": 1}})  # state_dict() gives it this attribute
    torch_files.written(path, told)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()
