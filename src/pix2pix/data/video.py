"""Video files, read and written frame by frame with FFmpeg, which the optional package imageio-ffmpeg brings."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError, one_line

Image = NDArray[np.uint8]
SUFFIXES = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"}
# A file decides by its content how FFmpeg reads it. Play lists, which name other files and servers, are none of these.
_READING = ("-format_whitelist", "mov,matroska,avi,gif,mpeg,mpegts", "-protocol_whitelist", "file")
# High definition's colours, said in the file, because players guess them from the size otherwise.
_COLOURS = (
    *("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"),
    *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
)
# H.264 that nearly every player shows, with losses that are hard to see.
_CODING = ("-c:v", "libx264", "-crf", "16", "-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", "-f", "mp4")

# Some programs write a few zeros behind a GIF; this many bytes are looked at.
_GIF_END = 64


class Clip(NamedTuple):
    """A video: its size in pixels, its rate in frames a second, and whether it has sound."""

    width: int
    height: int
    rate: Fraction
    sound: bool


def is_video(path: Path) -> bool:
    """Whether a file is taken for a video: by its suffix, and a GIF if it holds several pictures."""
    suffix = path.suffix.lower()
    return suffix in SUFFIXES or (suffix == ".gif" and _moves(path))


def _moves(path: Path) -> bool:
    try:
        with PillowImage.open(path, formats=["GIF"]) as picture:
            return bool(getattr(picture, "is_animated", False))
    except Exception:  # whoever reads it as a picture says what is wrong
        return False


def probed(path: Path) -> Clip:
    """Read what a video says of itself; a rotation that it asks for is done.

    Raises:
        DataError: FFmpeg is absent, or the file is no video, is damaged, or has no pictures.
    """
    told = ("-map", "0:v:0", "-map", "0:a:0?", "-frames:v", "1", "-frames:a", "1", "-f", "framecrc", "-")
    with _reading(path, told) as output:
        text = output.read().decode()
    facts = dict(line[1:].split(": ", 1) for line in text.splitlines() if line.startswith("#"))
    width, height = map(int, facts["dimensions 0"].split("x"))
    return Clip(width, height, 1 / Fraction(facts["tb 0"]), facts.get("media_type 1") == "audio")


def frames(path: Path, clip: Clip) -> Generator[Image, None, None]:
    """Yield the frames of a video at a constant rate, at least one, and one at a time in memory.

    Args:
        path: the video.
        clip: what `probed` says of it.

    Yields:
        uint8 RGB `(height, width, 3)`.

    Raises:
        DataError: the video has no frames, or is damaged or cut short, which may show only after its last frame.
    """
    _refuse_cut_gif(path)
    size, count = clip.height * clip.width * 3, 0
    with _reading(path, ("-map", "0:v:0", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")) as output:
        while len(pixels := output.read(size)) == size:
            yield np.frombuffer(pixels, np.uint8).reshape(clip.height, clip.width, 3)
            count += 1
    if not count:
        raise DataError("holds no frames")


@contextmanager
def written(path: Path, source: Path | None, rate: Fraction) -> Iterator[Callable[[Image], None]]:
    """Write an MP4 file (H.264) frame by frame, with the sound of another video or without any.

    H.264 as players show it has even sides only: an odd side gets one more row or column, a copy of the last.

    Args:
        path: the new file.
        source: the video whose sound is kept, coded anew as AAC; if it has none, neither has the new one.
            None for no sound.
        rate: frames a second.

    Yields:
        A function that takes the next frame, uint8 RGB `(height, width, 3)`, all of one size.

    Raises:
        DataError: FFmpeg cannot write the file.
    """
    writers: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as log:

        def write(frame: Image) -> None:
            even = np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")
            if not writers:
                writers.append(_writer(path, source, rate, even, log))
            try:
                _pipe(writers[0].stdin).write(even.tobytes())
            except BrokenPipeError:
                raise _failed(writers[0], log, "cannot be written as a video") from None

        try:
            yield write
            for writer in writers:
                writer.communicate()
                if writer.returncode:
                    raise _failed(writer, log, "cannot be written as a video")
        finally:
            for writer in writers:
                _end(writer)


def _writer(path: Path, source: Path | None, rate: Fraction, frame: Image, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start FFmpeg for frames of this size."""
    height, width, _ = frame.shape
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-framerate", str(rate), "-i", "pipe:0")
    sound = (*_READING, "-vn", "-i", f"file:{source}", "-map", "0:v:0", "-map", "1:a:0?") if source else ()
    command = [ffmpeg(), "-v", "error", "-y", *raw, *sound, *_COLOURS, *_CODING, f"file:{path}"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)


@contextmanager
def _reading(path: Path, told: Sequence[str]) -> Iterator[IO[bytes]]:
    """Run FFmpeg on a video, yield its output, and raise `DataError` at the end for whatever it complained of."""
    with tempfile.TemporaryFile() as log:
        command = [ffmpeg(), "-v", "error", "-nostdin", "-xerror", *_READING, "-i", f"file:{path}", *told]
        reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        try:
            yield _pipe(reader.stdout)
            if reader.wait() or os.fstat(log.fileno()).st_size:
                raise _failed(reader, log, "no video, damaged or cut short")
        finally:
            _end(reader)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _failed(process: "subprocess.Popen[bytes]", log: IO[bytes], what: str) -> DataError:
    process.wait()
    log.seek(0)
    words = log.read(10_000).decode(errors="replace").splitlines() or ["no reason is told"]
    return DataError(f"{what} ({one_line(words[0].rpartition('] ')[2])})")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process of ours, whatever it is doing."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe and not pipe.closed:
            pipe.close()
    process.wait()


def _refuse_cut_gif(path: Path) -> None:
    """Refuse a GIF without its last byte, which FFmpeg takes for whole."""
    if path.suffix.lower() != ".gif":
        return
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _GIF_END))
        if not file.read().rstrip(b"\0").endswith(b";"):
            raise DataError("no video, damaged or cut short (the end of the GIF is missing)")


@cache
def ffmpeg() -> str:
    """Return the path of FFmpeg's program.

    Raises:
        DataError: the optional package is absent.
    """
    try:
        import imageio_ffmpeg
    except ModuleNotFoundError:
        raise DataError(
            "a video needs FFmpeg, which is not here: `make setup` installs it, or `pip install imageio-ffmpeg`"
        ) from None
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise DataError(f"a video, and FFmpeg cannot be run ({one_line(error)})") from None
