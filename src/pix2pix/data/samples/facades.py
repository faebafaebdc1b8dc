"""The built-in façades: houses drawn from a seed, so that demos and tests need no download.

A house is first planned (`house`), and the plan is then used twice: filled with the palette's colours it is the
label map, and rendered with materials, sunlight and a camera it is the photo (`rendering`).
"""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from pix2pix.base.files import whole
from pix2pix.data.labels import Image
from pix2pix.data.samples.house import paint_labels, plan_house
from pix2pix.data.samples.rendering import render_photo

JPEG = {"quality": 95, "subsampling": "4:2:0"}
PLAN, PHOTO = 0, 1  # The random streams of a house: how it is rendered does not change how it is planned.


def draw_pair(seed: int, index: int) -> tuple[Image, Image]:
    """The photo and the label map of house `index`: uint8 RGB `(256, 256, 3)` each, drawn from `seed`."""
    house = plan_house(np.random.default_rng([seed, index, PLAN]))
    return render_photo(house, np.random.default_rng([seed, index, PHOTO])), paint_labels(house)


def write_archive(path: Path, seed: int, train: int, val: int, test: int) -> None:
    """Write houses as the published façades are: a tar.gz of `facades/<split>/<number>.jpg`.

    Every member is a 512×256 JPEG, the photo left and the label map right. No house is in two splits. The same
    arguments give the same bytes; the archive appears whole or not at all.
    """
    # Neither a name nor a time in the gzip header: they would differ from run to run.
    with (
        whole(path) as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        index = 0
        for split, count in (("test", test), ("train", train), ("val", val)):
            for number in range(1, count + 1):
                jpeg = encode(np.concatenate(draw_pair(seed, index), axis=1))
                member = tarfile.TarInfo(f"facades/{split}/{number}.jpg")
                member.size = len(jpeg)
                archive.addfile(member, io.BytesIO(jpeg))
                index += 1


def encode(picture: Image) -> bytes:
    """The JPEG of a uint8 RGB picture."""
    buffer = io.BytesIO()
    Pillow.fromarray(picture).save(buffer, "JPEG", **JPEG)
    return buffer.getvalue()
