"""`pix2pix predict`: pictures and videos through a trained model."""

import tempfile
from argparse import Namespace
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pix2pix.base.errors import DataError, UsageError, number_of, one_line
from pix2pix.base.files import FULL, whole
from pix2pix.base.pictures import save_png
from pix2pix.commands import answers, films, inputs, model
from pix2pix.commands.worker import by_worker, kept
from pix2pix.data import decoding
from pix2pix.data.picture_files import most_bytes

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

Image = NDArray[np.uint8]
# What there is to tell of a job: the facts about a video, or how much the borders of tiles show in a picture.
_Told = str | float | None


def run(options: Namespace) -> None:
    """Translate every picture and video that can be used, each by itself and with the same dropout masks.

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
    bad: dict[Path, str] = {}
    notes: dict[Path, str] = {}
    seams: dict[Path, float] = {}
    with decoding.warnings_are_damage(), closing(_translated(translator, jobs, options)) as translated:
        for job, written in tqdm(translated, total=len(jobs), unit="picture", disable=None):
            try:
                told = written.result()
            except DataError as error:
                bad[job.source] = str(error)
            except OSError as error:
                if error.errno in FULL:
                    raise  # the other pictures would find no room either
                bad[job.source] = error.strerror or one_line(error)
            else:
                if isinstance(told, str):
                    notes[job.source] = told
                elif told is not None:
                    seams[job.source] = told
    _tell(jobs, options.out, bad, notes, seams)


def _translated(
    translator: "Translator", jobs: list[inputs.Job], options: Namespace
) -> Generator[tuple[inputs.Job, "Future[_Told]"], None, None]:
    """Translate all jobs in order, while one thread reads the next pictures and another one writes the last ones.

    Yields:
        Each job with what there is to tell of it, or why it could not be done.
    """

    def read(job: inputs.Job) -> Image | None:
        return None if job.is_video else _read(job.source, options.half)

    def answer(job: inputs.Job, picture: "Future[Image | None]") -> answers.Answer | str:
        given = picture.result()
        if given is None:
            return films.translate(translator, job, options)
        return answers.answered(translator, given, options)

    def write(work: tuple[inputs.Job, "Future[answers.Answer | str]"]) -> _Told:
        job, made = work[0], work[1].result()
        if isinstance(made, str):
            return made
        with whole(job.target) as temporary:
            save_png(temporary, made.shown(options.side_by_side))
        return made.seams

    answered = ((job, kept(partial(answer, job, picture))) for job, picture in by_worker(read, jobs))
    for (job, _), written in by_worker(write, answered):
        yield job, written


def _tell(
    jobs: list[inputs.Job], out: Path, bad: dict[Path, str], notes: dict[Path, str], seams: dict[Path, float]
) -> None:
    """Say what was done; at the end raise `DataError` for what was not."""
    for source, note in notes.items():
        print(f"{one_line(source)}: {note}")
    if seams:
        worst = max(seams, key=lambda source: seams[source])
        print(
            f"seams of {number_of(len(seams), 'tiled picture')}: {np.mean(list(seams.values())):.2f} on average, "
            f"{seams[worst]:.2f} at most ({one_line(worst)}); 1 if none shows"
        )
    what = number_of(len(jobs), "file" if any(job.is_video for job in jobs) else "picture")
    print(f"{len(jobs) - len(bad)} of {what}: {one_line(out)}")
    if bad:
        lines = [f"{one_line(source)}: {why}" for source, why in bad.items()]
        raise DataError("\n".join([f"{len(bad)} of {what} cannot be used:", *lines]))


def _read(path: Path, half: str | None) -> Image:
    """Read a picture file as uint8 RGB `(height, width, 3)`; `half` says whether it is a pair.

    Raises:
        DataError: the file is no picture, or a picture that cannot be used.
        OSError: the file cannot be read.
    """
    inputs.refuse_no_file(path)
    if (size := path.stat().st_size) > most_bytes(answers.MAX_PIXELS):
        raise DataError(
            f"{size:,} bytes are too many for a picture of {answers.MAX_PIXELS:,} pixels, the largest allowed"
        )
    return decoding.rgb(path.read_bytes(), partial(answers.refuse, half))[0]
