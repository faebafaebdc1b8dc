"""A picture with a few words below it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from pix2pix.base.shown import shown

_HEIGHT = 14


def labelled(picture: NDArray[Any], words: str) -> NDArray[np.uint8]:
    """Return a picture as it is shown, uint8 RGB, with words on white below it. What does not fit is cut off."""
    strip = PillowImage.new("RGB", (picture.shape[1], _HEIGHT), "white")
    ImageDraw.Draw(strip).text((1, 1), words, fill="black")
    return np.concatenate([shown(picture), np.asarray(strip)])
