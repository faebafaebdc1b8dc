"""A convolution with the normalisation after it, from the tensors of a network that was trained in PyTorch."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Tensors by their names in PyTorch; see `torch_file.read`.
Weights = Mapping[str, NDArray[Any]]
# What batch normalisation adds to a variance, in the networks that are read here.
_EPSILON = np.float32(1e-3)


def folded(weights: Weights, convolution: str, norm: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the kernel and the offset of a convolution that does the batch normalisation after it as well.

    In use, batch normalisation is a factor and an offset for each channel (Ioffe & Szegedy 2015, algorithm 2).

    Args:
        weights: the tensors of the network.
        convolution, norm: the names of both layers.

    Returns:
        The kernel as PyTorch has it, `(outputs, inputs, height, width)`, and the offset, `(outputs,)`.
    """
    gamma, beta, mean, variance = (
        weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gamma / np.sqrt(variance + _EPSILON)
    return weights[f"{convolution}.weight"] * factor[:, None, None, None], beta - mean * factor
