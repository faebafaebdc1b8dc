"""`pix2pix predict`: pictures through a trained model."""

import tempfile
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from tqdm import tqdm

from pix2pix.base.errors import DataError, UsageError, number_of, one_line
from pix2pix.base.files import FULL, whole
from pix2pix.base.pictures import grid, save_png
from pix2pix.commands import inputs, model
from pix2pix.data import decoding, halves
from pix2pix.data.picture_files import most_bytes
from pix2pix.data.tasks import HALVES
from pix2pix.params import Prepare

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

Image = NDArray[Any]
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
    if options.snap and not translator.task.input.is_label:
        raise UsageError("--snap: this model takes no label maps")
    bad = {}
    with decoding.warnings_are_damage():
        for source, target in tqdm(jobs, unit="picture", disable=None):
            try:
                made = _made(translator, source, options)
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


def _read(path: Path) -> bytes:
    """Read a picture file.

    Raises:
        DataError: the file is no picture, or a picture that cannot be used.
        OSError: the file cannot be read.
    """
    if not path.is_file():  # reading a pipe would wait for ever
        raise DataError("no file, or a link that leads nowhere")
    if (size := path.stat().st_size) > most_bytes(MAX_PIXELS):
        raise DataError(f"{size:,} bytes are too many for a picture of {MAX_PIXELS:,} pixels, the largest allowed")
    return path.read_bytes()


def _refuse(half: str | None, width: int, height: int) -> None:
    """Refuse a picture of this size."""
    if width * height > MAX_PIXELS:
        raise DataError(f"{width}x{height} has more than {MAX_PIXELS:,} pixels, the most allowed")
    if half in ("left", "right", "model"):
        halves.refuse_odd(width)
    if half is None and width == 2 * height:
        raise DataError(
            f"{width}x{height}, twice as wide as high: if it holds both halves of a pair, name the input with --half; "
            "if it is one picture, say --half none"
        )


def _made(translator: "Translator", source: Path, options: Namespace) -> Image:
    """Return the picture to write: the answer, or input, answer and other half side by side."""
    given, *others = _split(translator, _read(source), options.half, options.side_by_side)
    if options.snap:
        given = translator.snapped(given)
    answer = translator(given, options.seed, options.fit)
    return grid([[given, answer, *others]]) if options.side_by_side else answer


def _split(translator: "Translator", data: bytes, half: str | None, both: bool) -> tuple[Image, ...]:
    """Return the input in a picture file and, if it is a pair and both halves are asked for, the other half."""
    refuse = partial(_refuse, half)
    if half in (None, "none"):
        return (decoding.decode(data, refuse, translator.task.input.asked)[0],)
    places = translator.about.halves if half == "model" else INPUT[half]
    wanted = ("input", "target") if both else ("input",)
    return tuple(decoding.decode(data, refuse, translator.task[name].asked, places[name])[0] for name in wanted)
