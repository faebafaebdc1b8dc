"""The parts that the pages of runs share: their frame, pictures inside the page, and the gallery of pairs.

A page is one file that asks no other machine for anything. The same inputs give the same bytes. `layout.css` and
`looks.css` have its looks, `layout.js` has its script, and `layout.macros.html` has the parts that both pages draw.
"""

import base64
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import colormaps
from PIL import Image as PillowImage
from PIL.Image import Resampling

from pix2pix.base.files import plain
from pix2pix.base.pictures import GAP, Image
from pix2pix.base.secrets import hidden
from pix2pix.data.labels import Palette
from pix2pix.evaluation.pair_pictures import BRIGHTEST
from pix2pix.params import palette as palettes
from pix2pix.web import looks

HERE = Path(__file__).parent
LARGEST_SIDE = 512  # the longest side of a picture on a page, in pixels; larger pictures are shrunk
MOST_PIXELS = 70_000_000  # the most pixels of a gallery: less than 20 MB, which can still be sent by mail
_QUALITY = 80  # the quality of WebP, from 0 to 100
FEW = 64  # a picture with no more colours is a class map; an error map has more


def without_secrets(value: Any) -> Any:
    """Return the value of a parameter as a page may show it: an address without its password and tokens."""
    return hidden(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Picture:
    """A picture of a pair: its name, its data URI, and whether it is shown only when the pair is enlarged."""

    name: str
    uri: str
    hidden: bool = False


@dataclass(frozen=True)
class Tile:
    """A pair of the gallery.

    Attributes:
        id: the id of the pair.
        values: numbers to order pairs by, by key; finite.
        words: a line about the pair.
        figures: numbers that are shown when the pair is enlarged, by name.
        pictures: in the order of the page.
    """

    id: str
    values: dict[str, float]
    words: str
    figures: dict[str, str]
    pictures: list[Picture]


@dataclass(frozen=True)
class Order:
    """A way to order the gallery: a key of the values of tiles, its name for people, and the names of both ends."""

    key: str
    name: str
    first: str
    last: str
    descending: bool = True


@dataclass(frozen=True)
class Gallery:
    """Pairs to browse; `tiles` are in the first of the orders.

    Attributes:
        at_first: the number of pairs that are shown until the reader asks for all.
        pairs: the number of pairs on disk. There are fewer tiles if all of them would make the page too large.
        columns: the number of pictures in a row of an enlarged pair; with 0 the width decides.
        small: whether the gallery shows many small pictures side by side, one of each tile.
    """

    tiles: list[Tile]
    orders: list[Order]
    at_first: int
    pairs: int
    columns: int = 0
    small: bool = False


def render(template: str, **content: Any) -> str:
    """Return a page as HTML, from a template beside this file.

    Raises:
        UndefinedError: something that the template needs is missing.
    """
    script = (HERE / "layout.js").read_text(encoding="utf-8")
    # The page runs this script and no other one, even if the name of a file or class contains a script.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _environment().get_template(template).render(script=script, script_digest=digest, heat=_heat(), **content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"value": value, "words": words, "classes": classes}
    environment.tests["palette"] = is_palette
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False, "default": plain}
    environment.globals["looks"] = looks.CSS
    return environment


def value(thing: Any) -> str:
    """Write a parameter as `params.yaml` does."""
    if thing is None or isinstance(thing, bool):
        return {None: "null", True: "true", False: "false"}[thing]
    return f"{thing:.15g}" if isinstance(thing, float) else str(thing)


def words(text: str) -> list[str]:
    """Return the parts of a path or a value, between which a narrow table breaks it: `["data.", "image_", "size"]`."""
    return re.findall("[^._/]*[._/]?", text)[:-1]


def is_palette(thing: Any) -> bool:
    """Whether a parameter is a mapping of names to classes. What the file of another checkout has may be anything."""
    try:
        return isinstance(thing, dict) and bool(palettes.checked(thing))
    except ValueError:
        return False


def classes(palette: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the classes of a palette: the name, the colour as CSS has it, and the id or the colour in numbers."""
    return [(name, *_class_shown(*entry)) for name, entry in palettes.entries(palette).items()]


def _class_shown(number: int | None, colour: palettes.Colour) -> tuple[str, str]:
    numbers = ", ".join(map(str, colour))
    return f"rgb({numbers})", numbers if number is None else f"id {number}"


def data_uri(picture: Image) -> str:
    """Return a uint8 RGB picture as a data URI (WebP), with a longest side of at most `LARGEST_SIDE`.

    A picture with no more than `FEW` colours keeps them exactly.
    """
    image = PillowImage.fromarray(picture)
    few = image.getcolors(FEW) is not None
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Resampling.NEAREST if few else Resampling.BICUBIC)
    stream = io.BytesIO()
    image.save(stream, format="WEBP", lossless=few, quality=_QUALITY)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()


def cells(sheet: Image, size: tuple[int, int]) -> list[list[str]]:
    """Return the data URIs of the pictures on a sheet (see `pictures.grid`), row by row.

    Args:
        sheet: uint8 RGB.
        size: width and height of a picture.
    """
    width, height = size
    tops = range(GAP, sheet.shape[0] - height + 1, height + GAP)
    lefts = range(GAP, sheet.shape[1] - width + 1, width + GAP)
    return [[data_uri(sheet[top : top + height, left : left + width]) for left in lefts] for top in tops]


def spread(ranked: Sequence[str], pictures: int, size: tuple[int, int]) -> list[str]:
    """Choose ids whose pictures fit on a page: all, or the best, the worst and others at equal distances between them.

    Args:
        ranked: the ids of all pairs, the best first.
        pictures: the number of pictures of each pair on the page.
        size: width and height of a picture in pixels.
    """
    shrunk = min(1, LARGEST_SIDE / max(size))
    fit = max(2, int(MOST_PIXELS // (pictures * size[0] * size[1] * shrunk**2)))
    if len(ranked) <= fit:
        return list(ranked)
    return [ranked[round(i * (len(ranked) - 1) / (fit - 1))] for i in range(fit)]


def colours(classes: Palette | None) -> dict[str, str]:
    """Return the CSS colour of each class."""
    if classes is None:
        return {}
    return {name: _css(colour) for name, colour in zip(classes.names, classes.colours, strict=True)}


def _css(colour: Iterable[float]) -> str:
    return "rgb({}, {}, {})".format(*colour)


def _heat() -> dict[str, Any]:
    """Return the colours of the error maps from left to right, and the error at which they are brightest."""
    stops = [_css(colormaps["inferno"](i / 8, bytes=True)) for i in range(9)]
    return {"gradient": ", ".join(stops), "brightest": BRIGHTEST}
