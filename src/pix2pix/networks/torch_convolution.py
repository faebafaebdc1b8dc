"""A convolution with the normalisation after it, from the tensors of a network that was trained in PyTorch."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from pix2pix.networks.folding import factor_and_offset

# Tensors by their names in PyTorch; see `torch_file.read`.
Weights = Mapping[str, NDArray[Any]]
# What batch normalisation adds to a variance, in the networks that are read here.
_EPSILON = 1e-3


def normalised(weights: Weights, convolution: str, norm: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the kernel and the offset of a convolution that does the batch normalisation after it as well.

    Args:
        weights: the tensors of the network.
        convolution, norm: the names of both layers.

    Returns:
        The kernel as PyTorch has it, `(outputs, inputs, height, width)`, and the offset, `(outputs,)`.
    """
    parts = (weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
    factor, offset = factor_and_offset(_EPSILON, *parts)
    return weights[f"{convolution}.weight"] * factor[:, None, None, None], offset
