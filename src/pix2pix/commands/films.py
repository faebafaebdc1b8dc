"""A video through a trained model, frame by frame."""

from argparse import Namespace
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pix2pix.base.errors import number_of
from pix2pix.base.files import whole
from pix2pix.base.shown import shown
from pix2pix.commands import answers, inputs
from pix2pix.data import video

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

Image = NDArray[np.uint8]


class _Flicker:
    """The mean absolute difference of consecutive pictures, which are given one by one; 0 for a single one."""

    def __init__(self) -> None:
        self.pictures, self._sum = 0, 0.0
        self._last: NDArray[np.int16] | None = None

    def add(self, picture: Image) -> None:
        """Take the next picture, uint8, of the size of the others."""
        now = picture.astype(np.int16)
        if self._last is not None:
            self._sum += float(np.abs(now - self._last).mean())
        self._last = now
        self.pictures += 1

    def __str__(self) -> str:
        return f"{self._sum / max(1, self.pictures - 1):.2f}"


def translate(translator: "Translator", job: inputs.Job, options: Namespace) -> str:
    """Translate a video file to an MP4 file of the same rate, size and sound, with the same masks for each frame.

    Returns:
        What to say about it: frames, size, rate, sound, flicker and, with tiles, seams.

    Raises:
        DataError: the video, or FFmpeg, cannot be used.
    """
    inputs.refuse_no_file(job.source)
    clip = video.probed(job.source)
    answers.refuse(options.half, translator.task.input, clip.width, clip.height)
    before, after = _Flicker(), _Flicker()
    seams = []
    shape: tuple[int, ...] = ()
    with (
        whole(job.target) as temporary,
        video.written(temporary, job.source, clip.rate) as write,
        closing(video.frames(job.source, clip)) as frames,
    ):
        for frame in tqdm(frames, unit="frame", disable=None, leave=False):
            answer = answers.answered(translator, answers.frame_parts(translator, frame, options.half), options)
            before.add(shown(answer.given))
            after.add(shown(answer.made))
            seams += [] if answer.seams is None else [answer.seams]
            written = shown(answer.shown(options.side_by_side))
            shape = written.shape
            write(written)
    return ", ".join(
        [
            number_of(after.pictures, "frame"),
            f"{shape[1]}x{shape[0]}, {float(clip.rate):.4g} a second",
            "sound kept" if clip.sound else "no sound",
            f"flicker {after} of 255 levels from frame to frame, {before} in the input",
            *([f"seams {np.mean(seams):.2f}"] if seams else []),
        ]
    )
