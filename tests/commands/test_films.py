"""Videos through the tiny model, against the translator called frame by frame."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tiny import noise, png

from pix2pix.commands import predict
from pix2pix.data import video
from pix2pix.models import seams, tiling
from pix2pix.models.translator import Translator

pytest.importorskip("imageio_ffmpeg", reason="the extra `video` is not installed")


@pytest.fixture(scope="module")
def translate(tiny_model):
    return Translator.load(tiny_model)


@pytest.fixture
def given(command, monkeypatch, translate):
    monkeypatch.setattr(predict.model, "load", lambda *_: translate)
    return lambda *words: command("predict", *words)


def film(path, frames, rate="10"):
    """Write frames without loss."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    height, width, _ = frames[0].shape
    raw = f"-v error -f rawvideo -pix_fmt rgb24 -s {width}x{height} -framerate {rate} -i pipe:0"
    command = [video.ffmpeg(), *raw.split(), "-c:v", "libx264rgb", "-qp", "0", path]
    subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True)
    return frames


def read(path):
    return np.array(list(video.frames(Path(path), video.probed(Path(path))))).astype(int)


def change(frames):
    return np.abs(np.diff(np.array(frames).astype(int), axis=0)).mean()


def test_each_frame_is_the_translators_with_one_seed(given, translate, monkeypatch):
    taken = []
    monkeypatch.setattr(predict.films.answers.Answer, "shown", lambda self, _: taken.append(self.made) or self.made)
    frames = film("in/a.mov", [noise(32, 32, seed=number) for number in range(5)], "30000/1001")
    status, out, err = given("in", "-o", "out", "--seed", "3")
    assert (status, err) == (0, "")
    expected = [translate(frame, seed=3) for frame in frames]
    np.testing.assert_array_equal(taken, expected)
    shape = "5 frames, 32x32, 29.97 a second, no sound"
    flicker = f"flicker {change(expected):.2f} of 255 levels from frame to frame, {change(frames):.2f} in the input"
    assert out == f"in/a.mov: {shape}, {flicker}\n1 of 1 file: out\n"
    assert read("out/a.mp4").shape == (5, 32, 32, 3)
    assert np.abs(read("out/a.mp4") - np.array(expected)).mean() < 20, "H.264 cannot keep noise, but it is the picture"


def test_equal_frames_do_not_flicker(given):
    film("a.mp4", [noise(32, 32)] * 4)
    assert "flicker 0.00 of 255 levels from frame to frame, 0.00 in the input" in given("a.mp4", "-o", "out")[1]


def test_pictures_and_videos_of_a_folder_keep_their_places(given):
    film("in/b/2.mkv", [noise(32, 32)])
    png("in/b/10.png"), png("in/1.png", seed=1)
    assert given("in", "-o", "out")[1].endswith("3 of 3 files: out\n")
    assert sorted(str(path) for path in Path("out").rglob("*.*")) == ["out/1.png", "out/b/10.png", "out/b/2.mp4"]


def test_large_frames_are_tiled_and_small_ones_padded(given, translate):
    frames = film("a.mkv", [noise(81, 40, seed=number) for number in range(2)])
    out = given("a.mkv", "-o", "out", "--fit", "tile", "--half", "none")[1]
    made = [translate(frame, fit="tile") for frame in frames]
    places = tiling.grid(40, 81, translate.task.target)
    ratio = np.mean([seams.seams(frame, places) for frame in made])
    assert re.search(rf"2 frames, 81x40, .*, seams {ratio:.2f}\n", out)
    assert read("out/a.mp4").shape == (2, 40, 82, 3)


@pytest.mark.parametrize(
    ("name", "size", "words", "reason"),
    [
        ("a.mp4", (48, 48), (), "48x48 pixels, and this model takes 32x32"),
        ("a.mp4", (64, 32), ("--fit", "resize"), "64x32, as wide as two pictures for this model"),
        ("empty.mp4", None, (), "no video, damaged or cut short"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_leaves_nothing(given, name, size, words, reason):
    film(name, [noise(*size)]) if size else Path(name).touch()
    png("1.png")
    status, out, err = given("1.png", name, "-o", "out", *words)
    assert (status, out.splitlines()[-1]) == (1, "1 of 2 files: out")
    lines = err.splitlines()
    assert lines[0] == "error: 1 of 2 files cannot be used:" and lines[1].startswith(f"error: {name}: {reason}")
    assert len(lines) == 2 and [path.name for path in Path("out").iterdir()] == ["1.png"]


def test_of_pairs_the_half_is_the_input_and_side_by_side_shows_all(given):
    film("a.mkv", [noise(64, 32)])
    assert given("a.mkv", "-o", "out", "--half", "right", "--side-by-side")[0] == 0
    assert read("out/a.mp4").shape == (1, 32 + 8, 3 * 32 + 16, 3)
