"""`pix2pix predict`: pictures through a trained model."""

import tempfile
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pix2pix.base.errors import DataError, UsageError, number_of, one_line
from pix2pix.base.files import FULL, whole
from pix2pix.base.pictures import grid, save_png
from pix2pix.commands import inputs, model
from pix2pix.data import decoding, halves, reading
from pix2pix.data.picture_files import most_bytes
from pix2pix.data.tasks import HALVES, Field
from pix2pix.params import Prepare

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

Image = NDArray[np.uint8]
# The default bound for pictures to train on.
MAX_PIXELS = Prepare().max_pixels
# The fields of both halves, by the half that is the input.
INPUT = {"left": HALVES["left_to_right"], "right": HALVES["right_to_left"]}


def run(options: Namespace) -> None:
    """Translate every picture that can be used, each by itself and with the same dropout masks.

    Raises:
        UserError: the request is impossible, and nothing was begun; or some pictures cannot be used, with a line for
            each.
    """
    jobs = inputs.plan(options.inputs, options.out, options.force)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=options.out):
        pass  # so files can be written there
    translator = model.load(options.model)
    if options.half and not translator.about.halves:
        raise UsageError("--half: this model was trained on files of their own for inputs and targets, not on halves")
    if options.snap and not translator.task.input.is_label:
        raise UsageError("--snap: this model takes no label maps")
    bad = {}
    with decoding.warnings_are_damage():
        for source, target in tqdm(jobs, unit="picture", disable=None):
            try:
                made = _made(translator, _read(source, options.half, translator), options)
                with whole(target) as temporary:
                    save_png(temporary, made)
            except DataError as error:
                bad[source] = str(error)
            except OSError as error:
                if error.errno in FULL:
                    raise  # the other pictures would find no room either
                bad[source] = error.strerror or one_line(error)
    print(f"{len(jobs) - len(bad)} of {number_of(len(jobs), 'picture')}: {one_line(options.out)}")
    if bad:
        lines = [f"{one_line(source)}: {why}" for source, why in bad.items()]
        raise DataError("\n".join([f"{len(bad)} of {number_of(len(jobs), 'picture')} cannot be used:", *lines]))


def _read(path: Path, half: str | None, translator: "Translator") -> Image:
    """Read a picture file as uint8 RGB `(height, width, 3)`; `half` says whether it is a pair.

    A label map of class ids becomes one of colours; see `reading.as_input`.

    Raises:
        DataError: the file is no picture, or a picture that cannot be used.
        OSError: the file cannot be read.
    """
    if not path.is_file():  # reading a pipe would wait for ever
        raise DataError("no file, or a link that leads nowhere")
    if (size := path.stat().st_size) > most_bytes(MAX_PIXELS):
        raise DataError(f"{size:,} bytes are too many for a picture of {MAX_PIXELS:,} pixels, the largest allowed")
    field = translator.task.input
    colours = translator.about.colours_of_ids if field.is_label else None
    refuse = partial(_refuse, half if translator.about.halves else "none", field)
    return reading.as_input(path.read_bytes(), colours, refuse)


def _refuse(half: str | None, field: Field, width: int, height: int) -> None:
    """Refuse a picture of this size for a field."""
    if width * height > MAX_PIXELS:
        raise DataError(f"{width}x{height} has more than {MAX_PIXELS:,} pixels, the most allowed")
    if half in ("left", "right", "model"):
        halves.refuse_odd(width)
    if half is None and width * field.height == 2 * height * field.width:
        raise DataError(
            f"{width}x{height}, as wide as two pictures for this model: if it holds both halves of a pair, name the "
            "input with --half; if it is one picture, say --half none"
        )


def _made(translator: "Translator", picture: Image, options: Namespace) -> Image:
    """Return the picture to write: the answer, or input, answer and other half side by side."""
    given, *others = _split(translator, picture, options.half)
    if options.snap:
        given = translator.snapped(given)
    answer = translator(given, options.seed, options.fit)
    return grid([[given, answer, *others]]) if options.side_by_side else answer


def _split(translator: "Translator", picture: Image, half: str | None) -> tuple[Image, ...]:
    """Return the input and, if the picture is a pair, the other half."""
    if half in (None, "none"):
        return (picture,)
    pair = halves.cut(picture, translator.about.halves or INPUT["left"] if half == "model" else INPUT[half])
    return pair["input"], pair["target"]
