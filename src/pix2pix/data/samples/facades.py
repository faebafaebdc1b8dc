"""The built-in façades: houses that are drawn from a seed, so that demos and tests need no download.

A house is planned first (`house`). Its plan is used twice: painted in the colours of the palette it is the label map;
rendered with materials, sunlight and a camera (`rendering`) it is the photo.
"""

import io
import itertools
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from pix2pix.data.labels import Image
from pix2pix.data.samples.archive import write
from pix2pix.data.samples.house import paint_labels, plan_house
from pix2pix.data.samples.rendering import render_photo

JPEG = {"quality": 95, "subsampling": "4:2:0"}
PLAN, PHOTO = 0, 1  # The two random streams of a house: its rendering does not change its plan.


def draw_pair(seed: int, index: int) -> tuple[Image, Image]:
    """Draw the photo and the label map of house `index`: uint8 RGB `(256, 256, 3)` each."""
    house = plan_house(np.random.default_rng([seed, index, PLAN]))
    return render_photo(house, np.random.default_rng([seed, index, PHOTO])), paint_labels(house)


def write_archive(path: Path, seed: int, train: int, val: int, test: int) -> None:
    """Write houses in the layout of the published façades: a tar.gz of `facades/<split>/<number>.jpg`.

    Each picture is a JPEG of 512x256 pixels, with the photo on the left and the label map on the right. No house is in
    two splits. The same arguments give the same bytes. The archive appears whole or not at all.

    Args:
        path: the archive.
        seed: decides the houses.
        train, val, test: the number of pairs of each split.
    """
    indices = itertools.count()
    write(
        path,
        (
            (f"facades/{split}/{number}.jpg", encode(np.concatenate(draw_pair(seed, next(indices)), axis=1)))
            for split, count in (("test", test), ("train", train), ("val", val))
            for number in range(1, count + 1)
        ),
    )


def encode(picture: Image) -> bytes:
    """Encode a uint8 RGB picture as JPEG."""
    buffer = io.BytesIO()
    Pillow.fromarray(picture).save(buffer, "JPEG", **JPEG)
    return buffer.getvalue()
