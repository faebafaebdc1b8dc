"""Videos that FFmpeg made without loss, so every pixel is known."""

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from tiny import noise

from pix2pix.base.errors import DataError
from pix2pix.data import video
from pix2pix.data.video import Clip

pytest.importorskip("imageio_ffmpeg", reason="the extra `video` is not installed")
NTSC = Fraction(30000, 1001)


def smooth(number, height=34, width=46):
    """A soft picture, which H.264 keeps nearly as it is."""
    across, down = np.meshgrid(np.linspace(20, 200, width), np.linspace(0, 50, height))
    return np.stack([across, across + down, 10 * number + down], axis=-1).astype(np.uint8)


def film(path, frames, rate=NTSC, *words):
    """Write frames as they are."""
    height, width, _ = frames[0].shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-framerate", str(rate), "-i", "pipe:0"]
    lossless = [] if path.suffix == ".gif" else ["-c:v", "libx264rgb", "-qp", "0"]
    command = [video.ffmpeg(), "-v", "error", *raw, *words, *lossless, str(path)]
    subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True)
    return path


def read(path):
    return list(video.frames(path, video.probed(path)))


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.avi", "a: b's é.mp4"])
def test_frames_come_as_they_were_written(tmp_path, name):
    frames = [noise(31, 22, seed=number) for number in range(7)]
    path = film(tmp_path / name, frames)
    clip = video.probed(path)
    assert (clip.width, clip.height, clip.sound) == (31, 22, False)
    assert clip.rate == NTSC
    np.testing.assert_array_equal(read(path), frames)


def test_a_moving_gif_is_a_video_and_a_single_picture_is_none(tmp_path):
    still = [np.full((20, 30, 3), 40 * number, np.uint8) for number in range(4)]
    PillowImage.fromarray(still[0]).save(tmp_path / "one.gif")
    path = tmp_path / "several.gif"
    pictures = [PillowImage.fromarray(frame) for frame in still]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    assert [video.is_video(tmp_path / name) for name in ("one.gif", "several.gif", "x.PNG", "absent.MP4")] == [
        False, True, False, True,
    ]  # fmt: skip
    assert video.probed(path) == Clip(30, 20, Fraction(10), False)
    np.testing.assert_array_equal(read(path), still)


@pytest.mark.parametrize("size", [(34, 46), (33, 45), (33, 46)])
def test_what_is_written_comes_back_with_even_sides(tmp_path, size):
    source, frames = film(tmp_path / "in.mkv", [smooth(0)]), [smooth(number, *size) for number in range(9)]
    with video.written(tmp_path / "out", source, NTSC) as write:
        for frame in frames:
            write(frame)
    assert video.probed(tmp_path / "out") == Clip(46, 34, NTSC, False)
    back = np.array(read(tmp_path / "out")).astype(int)
    even = [np.pad(frame, ((0, 34 - size[0]), (0, 46 - size[1]), (0, 0)), mode="edge") for frame in frames]
    assert back.shape == (9, 34, 46, 3)
    assert np.abs(back - np.array(even)).mean() < 2


def test_the_sound_is_kept(tmp_path):
    sound = ["-f", "lavfi", "-i", "sine=d=1", "-c:a", "pcm_s16le"]
    source = film(tmp_path / "in.mov", [smooth(number) for number in range(30)], NTSC, *sound)
    assert video.probed(source).sound
    with video.written(tmp_path / "out", source, NTSC) as write:
        for frame in read(source):
            write(frame)
    assert video.probed(tmp_path / "out").sound
    taken = [video.ffmpeg(), "-v", "error", "-i", tmp_path / "out", "-map", "0:a", "-f", "s16le", "-ar", "8000", "-"]
    samples = np.frombuffer(subprocess.run(taken, capture_output=True, check=True).stdout, np.int16)
    tone = np.abs(np.fft.rfft(samples[:8000])).argmax()
    assert abs(int(tone) - 440) <= 1 and len(samples) >= 8000


def cut(path, share=0.6):
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    return path


@pytest.mark.parametrize("name", ["empty.mp4", "text.mp4", "cut.mp4", "early.mp4", "cut.webm", "cut.gif", "list.mp4"])
def test_a_damaged_video_is_one_line(tmp_path, name):
    path, frames = tmp_path / name, [noise(32, 32, seed=number) for number in range(20)]
    if name == "cut.webm":
        film(tmp_path / "whole.mkv", frames).rename(path)
    elif name.startswith("cut"):
        film(path, frames)
    elif name == "early.mp4":
        film(path, frames, NTSC, "-movflags", "+faststart")
    else:
        path.write_text({"text.mp4": "hello", "list.mp4": "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"}.get(name, ""))
    if name.startswith(("cut", "early")):
        cut(path)
    with pytest.raises(DataError, match="no video, damaged or cut short") as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_sound_alone_has_no_frames(tmp_path):
    path = tmp_path / "a.mp4"
    subprocess.run([video.ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "sine=d=0.1", str(path)], check=True)
    with pytest.raises(DataError, match="no video"):
        read(path)


def test_what_cannot_be_written_is_one_line(tmp_path):
    source = film(tmp_path / "in.mkv", [smooth(0)])
    with (
        pytest.raises(DataError, match="cannot be written as a video"),
        video.written(Path("/proc/out"), source, NTSC) as write,
    ):
        for _ in range(100):
            write(noise(256, 256))


def test_a_reader_who_stops_leaves_no_process(tmp_path):
    path = film(tmp_path / "a.mkv", [noise(200, 200, seed=number) for number in range(60)])
    frames = video.frames(path, video.probed(path))
    next(frames)
    frames.close()  # waits for FFmpeg's end, and does not take it for damage
