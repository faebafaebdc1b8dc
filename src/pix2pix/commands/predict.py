"""`pix2pix predict`: pictures and videos through a trained model."""

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pix2pix.base.errors import DataError, UsageError, number_of, one_line
from pix2pix.base.files import FULL, whole
from pix2pix.base.pictures import save_png
from pix2pix.commands import answers, films, inputs, model
from pix2pix.data import decoding, reading
from pix2pix.data.picture_files import most_bytes
from pix2pix.data.plausibility import named
from pix2pix.data.reasons import reasons

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator


def run(options: Namespace) -> None:
    """Translate every picture and video that can be used, each by itself and with the same dropout masks.

    Raises:
        UserError: the request is impossible, and nothing was begun; or some pictures cannot be used, with the
            reasons.
    """
    jobs = inputs.plan(options.inputs, options.out, options.force, options.skip_existing)
    if not jobs:
        print(f"all answers exist already: {one_line(options.out)}")
        return
    with _place(options.out):
        _answer(jobs, options)


@contextmanager
def _place(folder: Path) -> Iterator[None]:
    """Make a folder, and find out whether files can be written there; at the end it is removed if it is still empty."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        yield
    finally:
        for each in made:
            with suppress(OSError):  # it holds answers
                each.rmdir()


def _answer(jobs: list[inputs.Job], options: Namespace) -> None:
    """Translate every picture and video, and say what was done; see `run`."""
    translator = model.in_steps(model.load(options.model, options.precision), options)
    if options.half and not translator.about.halves:
        raise UsageError("--half: this model was trained on files of their own for inputs and targets, not on halves")
    if options.snap and not translator.task.input.is_label:
        raise UsageError("--snap: this model takes no label maps")
    _check_instances(translator, jobs, options)
    bad: dict[Path, str] = {}
    notes: dict[Path, str] = {}
    seams: dict[Path, float | None] = {}
    foreign: dict[Path, float | None] = {}
    with decoding.warnings_are_damage():
        for job in tqdm(jobs, unit="picture", disable=None):
            try:
                if job.is_video:
                    notes[job.source] = films.translate(translator, job, options)
                else:
                    seams[job.source], foreign[job.source] = _translate(translator, job, options)
            except DataError as error:
                bad[job.source] = str(error)
            except OSError as error:
                if error.errno in FULL:
                    raise  # the other pictures would find no room either
                bad[job.source] = error.strerror or one_line(error)
    for source, note in notes.items():
        print(f"{one_line(source)}: {note}")
    for line in (*_seams(_told(seams)), *_warned(_told(foreign))):
        print(line)
    _tell(jobs, options.out, bad)


def _check_instances(translator: "Translator", jobs: list[inputs.Job], options: Namespace) -> None:
    """Refuse a command line without instance maps for a model that reads them, and one with them for another model."""
    place = options.instances
    if why := translator.refusal(place is not None):
        raise UsageError(f"--instances: {why}")
    if place is None:
        return
    if not place.exists():
        raise UsageError(f"--instances: {one_line(place)}: no such file or folder")
    if any(job.is_video for job in jobs):
        raise UsageError("--instances: a video has no instance maps")
    if clash := next((job.target for job in jobs if job.target.resolve().is_relative_to(place.resolve())), None):
        raise UsageError(f"{one_line(clash)} would lie among the instance maps: name another folder to write to")
    if len(jobs) > 1 and not place.is_dir():
        raise UsageError("--instances: a file is for one picture; name a folder, with a map for each")


def _told(by_source: dict[Path, float | None]) -> dict[Path, float]:
    return {source: value for source, value in by_source.items() if value is not None}


def _seams(seams: dict[Path, float]) -> Iterator[str]:
    """How much the borders of tiles show."""
    if seams:
        worst = max(seams, key=lambda source: seams[source])
        yield (
            f"seams of {number_of(len(seams), 'tiled picture')}: {np.mean(list(seams.values())):.2f} on average, "
            f"{seams[worst]:.2f} at most ({one_line(worst)}); 1 if none shows"
        )


def _warned(foreign: dict[Path, float]) -> Iterator[str]:
    """Which pictures have other colours than the label maps that the model has learned to read."""
    if foreign:
        names = named([f"{one_line(source)} ({share:.0%})" for source, share in foreign.items()])
        yield (
            f"warning: {number_of(len(foreign), 'picture')} without the colours of the model's classes, by the share "
            f"of pixels in other colours: {names}; this model takes label maps, and --snap gives each pixel the "
            "nearest colour"
        )


def _tell(jobs: list[inputs.Job], out: Path, bad: dict[Path, str]) -> None:
    """Say what was done; at the end raise `DataError` for what was not."""
    one = "file" if any(job.is_video for job in jobs) else "picture"
    what = number_of(len(jobs), one)
    print(f"{len(jobs) - len(bad)} of {what}: {one_line(out)}")
    if bad:
        lines = reasons([(one_line(source), why) for source, why in bad.items()], one)
        raise DataError("\n".join([f"{len(bad)} of {what} cannot be used:", *lines]))


def _translate(translator: "Translator", job: inputs.Job, options: Namespace) -> tuple[float | None, float | None]:
    """Translate a picture file, and return `Answer.seams` and `Answer.foreign`."""
    parts = answers.parts(translator, _read(job.source), options.half)
    instances = None if options.instances is None else _instances(job, options, parts[0])
    answer = answers.answered(translator, parts, options, instances)
    with whole(job.target) as temporary:
        save_png(temporary, answer.shown(options.side_by_side))
    return answer.seams, answer.foreign


def _instances(job: inputs.Job, options: Namespace, label_map: NDArray[Any]) -> NDArray[Any]:
    """Read the instance map of a label map: a PNG of the same path in the folder `--instances`, or this file itself.

    Raises:
        DataError: there is none, or it cannot be used.
    """
    place = options.instances
    path = place / job.target.relative_to(options.out) if place.is_dir() else place
    try:
        instances = reading.as_instances(_read(path), answers.refuse_large)
        reading.refuse_other_size(instances, label_map)
    except (DataError, OSError) as error:
        raise DataError(f"{one_line(path)}: {one_line(error)}") from None
    return instances


def _read(path: Path) -> bytes:
    """Read a picture file.

    Raises:
        DataError: the file is no picture, or a picture that cannot be used.
        OSError: the file cannot be read.
    """
    inputs.refuse_no_file(path)
    if (size := path.stat().st_size) > most_bytes(answers.MAX_PIXELS):
        raise DataError(
            f"{size:,} bytes are too many for a picture of {answers.MAX_PIXELS:,} pixels, the largest allowed"
        )
    return path.read_bytes()
