"""Colours in CIELAB as a network may make them: it predicts a and b, and its picture keeps its input's lightness.

The conversion to sRGB is a part of the network, so whatever is saved, used and exported gives pictures in RGB. It has
no weights, and consists of Keras' own operations: whoever loads a saved network needs no code of this project. It is
that of scikit-image (`rgb2lab` and `lab2rgb`, D65, 2°), and its gradient is finite everywhere.
"""

import keras
import numpy as np
from keras.src.ops.numpy import Add, Matmul, Maximum, Minimum, Multiply, Power
from numpy.typing import NDArray
from skimage.color import xyz_tristimulus_values
from skimage.color.colorconv import rgb_from_xyz

# The values of a and b that the network's 1 stands for. Those of sRGB lie between -108 and 99.
REACH = 110.0
# The value of a linear colour, or of X, Y and Z, below which the curves of sRGB and of Lab are straight lines.
_LINEAR, _DARK = 0.0031308, 0.008856
# The slopes of these lines.
_SRGB_SLOPE, _LAB_SLOPE = 12.92, 7.787
_OFFSET = 16 / 116


def with_lightness(grey: keras.KerasTensor, chroma: keras.KerasTensor) -> keras.KerasTensor:
    """Give a grey picture colours, and keep its lightness where sRGB has such a colour.

    Args:
        grey: float32 `(batch, height, width, 1)` in [-1, 1]: sRGB with three equal values.
        chroma: float32 `(batch, height, width, 2)` in [-1, 1]: a and b, divided by `REACH`.

    Returns:
        float32 `(batch, height, width, 3)` in [-1, 1]: sRGB. Colours that it does not have are cut off at its borders.
    """
    # Lab's curve of Y is (L + 16) / 116; a / 500 is how far X's is above it, and b / 200 how far Z's is below it.
    height = _compressed(_linear(grey))
    apart = _matmul("lab_apart", chroma, [[REACH / 500, 0, 0], [0, 0, -REACH / 200]])
    curves = Maximum(name="lab_curves")(Add(name="lab_sum")(apart, height), np.array([-9, -9, 0], np.float32))
    xyz = _expanded(curves)
    white = xyz_tristimulus_values(illuminant="D65", observer="2")
    linear = _matmul("lab_linear", xyz, (rgb_from_xyz * white).T)
    inside = Minimum(name="lab_below_white")(Maximum(name="lab_above_black")(linear, 0.0), 1.0)
    return _scaled("lab_rgb", _encoded(inside), 2.0, -1.0)


# The curves are a line below a border, and a power above it. Both parts are computed everywhere, each with its argument
# held at the border: so neither has an infinite gradient, and no value has to be chosen.


def _linear(grey: keras.KerasTensor) -> keras.KerasTensor:
    """Return the linear values of sRGB's."""
    border = _SRGB_SLOPE * _LINEAR
    values = _scaled("lab_grey", grey, 0.5, 0.5)
    line, above = _parts("lab_grey", values, border)
    base = Multiply(name="lab_grey_base")(Add(name="lab_grey_raised")(above, 0.055), 1 / 1.055)
    power = Power(name="lab_grey_power")(base, 2.4)
    return _joined("lab_grey", line, 1 / _SRGB_SLOPE, power, -(((border + 0.055) / 1.055) ** 2.4))


def _compressed(values: keras.KerasTensor) -> keras.KerasTensor:
    """Return Lab's curve, which ends at 1 for white."""
    line, above = _parts("lab_root", values, _DARK)
    power = Power(name="lab_root_power")(above, 1 / 3)
    return _joined("lab_root", line, _LAB_SLOPE, power, _OFFSET - _DARK ** (1 / 3))


def _expanded(values: keras.KerasTensor) -> keras.KerasTensor:
    """Return the inverse of Lab's curve."""
    border = _LAB_SLOPE * _DARK + _OFFSET
    line, above = _parts("lab_cube", values, border)
    power = Power(name="lab_cube_power")(above, 3.0)
    return _joined("lab_cube", line, 1 / _LAB_SLOPE, power, -_OFFSET / _LAB_SLOPE - border**3)


def _encoded(values: keras.KerasTensor) -> keras.KerasTensor:
    """Return sRGB's values of linear ones."""
    line, above = _parts("lab_encoded", values, _LINEAR)
    power = Multiply(name="lab_encoded_scaled")(Power(name="lab_encoded_power")(above, 1 / 2.4), 1.055)
    return _joined("lab_encoded", line, _SRGB_SLOPE, power, -1.055 * _LINEAR ** (1 / 2.4))


def _parts(name: str, values: keras.KerasTensor, border: float) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the values, held at the border from above, and from below."""
    return Minimum(name=f"{name}_below")(values, border), Maximum(name=f"{name}_above")(values, border)


def _joined(
    name: str, line: keras.KerasTensor, slope: float, power: keras.KerasTensor, offset: float
) -> keras.KerasTensor:
    """Return `slope * line + power + offset`."""
    return Add(name=f"{name}_joined")(_scaled(f"{name}_line", line, slope, offset), power)


def _scaled(name: str, values: keras.KerasTensor, factor: float, offset: float) -> keras.KerasTensor:
    return Add(name=f"{name}_moved")(Multiply(name=f"{name}_times")(values, factor), offset)


def _matmul(name: str, values: keras.KerasTensor, matrix: list[list[float]] | NDArray[np.float64]) -> keras.KerasTensor:
    return Matmul(name=name)(values, np.array(matrix, np.float32))
