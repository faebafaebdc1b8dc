"""`pix2pix look`: what it says of archives whose contents are known, and that it writes nothing but a picture."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import CHECKOUT
from PIL import Image

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.pictures import load_rgb, save_png
from pix2pix.data.labels import CMP
from pix2pix.params import data
from pix2pix.params.file import DEFAULTS

SIZE = 64
CONTENT = params.read(DEFAULTS)


def picture(number, turned=False):
    """Noise of natural colours beside label maps of four classes."""
    random = np.random.default_rng(number)
    photo = random.integers(90, 170, (SIZE, SIZE, 3), np.uint8)
    label = CMP.paint(random.permutation(4).astype(np.uint8).reshape(2, 2).repeat(SIZE // 2, 0).repeat(SIZE // 2, 1))
    return np.hstack([label, photo] if turned else [photo, label])


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with the default parameters; calling it changes keys of `data`."""
    (tmp_path / "checkout").mkdir()
    monkeypatch.setattr(files, "CHECKOUT", tmp_path / "checkout")

    def write(**changes):
        content = CONTENT | {"data": CONTENT["data"] | {"image_size": 32, **changes}}
        (tmp_path / "checkout/params.yaml").write_text(json.dumps(content))  # JSON is YAML

    write()
    return write


def own(turned=False, splits=(("train", 4), ("val", 2), ("test", 1))):
    for split, count in splits:
        for number in range(count):
            save_png(Path("own", split, f"{number}.png"), picture(100 * ord(split[1]) + number, turned))


@pytest.mark.usefixtures("checkout")
def test_a_folder_is_described_and_drawn(command):
    own()
    Path("own/train/9.heic").write_bytes(b"x")
    status, out, err = command("look", "own")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "own: 7 pictures: test (1) and train (4) and val (2)"
    assert lines[1] == "  7 pictures of 128x64, halves of 64x64"
    assert lines[2].startswith("  left halves: target, picture; 100% of pixels farther than 25 from all colours")
    assert lines[3].startswith("  right halves: input, label map; 0% of pixels farther than 25 from all colours")
    assert "few colours, as a label map has: [" in lines[3] and lines[3].count("] 25%") == 4
    assert "  class door: 25.0%" in lines
    assert any(line.startswith("warning: 1 file among the pictures passed over") for line in lines)
    supposed = "params.yaml does not say data.direction: right_to_left, data.palette: cmp, data.label_half: right. "
    assert lines[-2].startswith(supposed)
    assert lines[-1] == "look.png: some pairs, input beside target"
    drawn = load_rgb(Path("look.png"))
    assert drawn.shape == (16 + 6 * 36 + 4, 2 * 36 + 4, 3)
    first = drawn[16 + 4 :, 4:36][:32]
    assert (CMP.far(first, CMP.classes(first)) == 0) and len(np.unique(CMP.classes(first))) == 4
    assert sorted(path.name for path in Path().iterdir()) == ["checkout", "look.png", "own"]


def test_what_would_be_refused_is_said_after_the_picture(command, checkout):
    own(turned=True)
    status, out, err = command("look", "own", "-o", "deep/pairs.png")
    assert status == 1 and "deep/pairs.png: some pairs" in out and Path("deep/pairs.png").exists()
    assert err.startswith("error: the left halves have the palette's colours, the right halves do not")
    checkout(direction="left_to_right", palette="cmp", label_half="left")
    status, out, err = command("look", "own")
    assert (status, err) == (0, "") and "params.yaml does not say" not in out


def test_label_half_is_not_asked_for_without_classes(command, checkout):
    own()
    checkout(palette="none", direction="left_to_right")
    status, out, err = command("look", "own")
    assert (status, err) == (0, "") and "params.yaml does not say" not in out


@pytest.mark.usefixtures("checkout")
def test_several_reasons_are_all_said(command):
    own(turned=True, splits=(("train", 4),))
    status, out, err = command("look", "own")
    assert status == 1 and "  4 pictures of 128x64" in out
    assert err.count("error: ") == 2
    assert "data.evaluation_split = test: this archive has train (4) only" in err and "data.label_half: left" in err


@pytest.mark.usefixtures("checkout")
def test_no_file_is_written_over_unless_forced(command):
    own()
    Path("look.png").write_text("mine")
    status, _, err = command("look", "own")
    assert (status, Path("look.png").read_text()) == (2, "mine") and "look.png exists already" in err
    assert command("look", "own", "--force")[0] == 0
    assert load_rgb(Path("look.png")).size


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("out", ["own/train/1.png", "own/new/look.png", "link.png", "elsewhere.png", "../x/own/a.png"])
def test_nothing_is_written_among_the_pairs(command, tmp_path, out):
    own()
    Path("link.png").symlink_to("own/train/1.png")
    Path("own/train/2.png").rename("elsewhere.png")
    Path("own/train/2.png").symlink_to(Path("elsewhere.png").resolve())
    out = out.replace("x", tmp_path.name) if out.startswith("..") else out
    before = {path: path.read_bytes() for path in Path().rglob("*.png")}
    status, _, err = command("look", "own", "--force", "-o", out)
    assert status == 2 and err.count("\n") == 1 and "belongs to own" in err
    assert {path: path.read_bytes() for path in Path().rglob("*.png")} == before


@pytest.mark.usefixtures("checkout")
def test_the_usual_picture_is_not_written_among_the_pairs_either(command, monkeypatch):
    own()
    monkeypatch.chdir("own")
    assert command("look", ".")[0] == 2 and not Path("look.png").exists()


@pytest.mark.usefixtures("checkout")
def test_what_is_no_archive_is_one_line(command):
    Path("a.zip").write_bytes(b"PK\3\4 and no more")
    Path("empty").mkdir()
    for path, words in (("a.zip", "cannot be read as"), ("empty", "holds no pictures"), ("absent", "no such file")):
        status, _, err = command("look", path)
        assert status in (1, 2) and err.count("\n") == 1 and words in err and path in err


def test_the_command_does_not_import_tensorflow():
    code = "import sys, pix2pix.commands.look; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(CHECKOUT / "src")})


@pytest.mark.parametrize(("task", "what"), [("colourise", "pictures"), ("unpaired", "inputs")])
def test_of_many_sizes_the_commonest_are_named_and_the_others_counted(command, checkout, task, what):
    sides = {"inputs": "a", "targets": "b"} if task == "unpaired" else {}
    checkout(task=task, palette="none", evaluation_split="train:1", selection_split="none", **sides)
    for place, folder in enumerate(["own/a", "own/b"] if sides else ["own"]):
        for number in range(9):
            side = 40 + max(number, 2)  # three of 42x42, and six other sizes
            drawn = np.random.default_rng([place, number]).integers(0, 256, (side, side, 3), np.uint8)
            save_png(Path(folder, f"{number}.png"), drawn)
    status, out, err = command("look", "own")
    assert (status, err) == (0, "")
    lines = [line for line in out.splitlines() if f" {what} of " in line or f" {what[:-1]} of " in line]
    assert lines[0] == f"  3 {what} of 42x42"
    assert len(lines) == 6 and lines[-1] == f"  2 {what} of 2 other sizes"


def test_files_of_their_own_are_told_with_both_sizes_and_grey_with_its_levels(command, checkout):
    checkout(inputs="a", targets="b", palette="none", evaluation_split="train:1", selection_split="none")
    for number in range(4):
        drawn = np.random.default_rng(number).integers(0, 256, (2 * SIZE, 2 * SIZE), np.uint8)
        for name, pixels in (("a", drawn), ("b", picture(number)[:, SIZE:])):
            Path("own", name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(Path("own", name, f"{number}.png"))
    status, out, err = command("look", "own")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "own: 4 pairs: train (4)"
    assert lines[1] == f"  4 pairs with inputs of {2 * SIZE}x{2 * SIZE} and targets of {SIZE}x{SIZE}"
    assert "  a: input, picture; 256 levels of grey" in lines


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("place", ["/dev/null", "checkout/data/raw", "~own"])
def test_a_path_that_cannot_hold_own_pairs_is_named_as_it_was_given(command, monkeypatch, tmp_path, place):
    monkeypatch.setattr(data, "CHECKOUT", tmp_path / "checkout")
    Path("checkout/data/raw").mkdir(parents=True)
    Path("~own").mkdir()
    status, _, err = command("look", place)
    assert status == 2 and err.count("\n") == 1
    assert err.startswith(f"error: {place}: must be ") and "params.yaml" not in err


@pytest.mark.usefixtures("checkout")
def test_a_folder_beyond_the_limit_is_named(command):
    own()
    content = params.read(Path("checkout/params.yaml"))
    content["prepare"]["max_unpacked_gb"] = 1e-6
    Path("checkout/params.yaml").write_text(json.dumps(content))
    status, _, err = command("look", "own")
    assert status == 1 and err.startswith("error: own: unpacks to more than 1e-06 GB: prepare.max_unpacked_gb")


def test_it_warns_as_prepare_does_of_classes_too_near_for_jpeg(command, checkout):
    palette = {"road": [100, 60, 60], "path": [108, 60, 60]}
    checkout(palette=palette, direction="right_to_left", label_half="right")
    for pair in ("train/1", "train/2", "val/1", "test/1"):
        pixels = picture(sum(pair.encode()))
        pixels[:, SIZE:] = np.where(pixels[:, SIZE:, :1] > 0, *np.array(list(palette.values())))
        Path("own", pair).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(Path("own", f"{pair}.jpg"), quality=95)
    _, out, _ = command("look", "own")
    assert "warning: classes road and path are 8 apart in colour, and lossy compression" in out


def photos(*names, first=0):
    for number, name in enumerate(names, first):
        save_png(Path(name), picture(number)[:, :SIZE])


@pytest.mark.usefixtures("checkout")
def test_photos_are_looked_at_by_their_task(command):
    photos("own/train/1.png", "own/train/2.png", "own/test/3.png", "own/val/4.png")
    status, out, err = command("look", "own", "task=colourise")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "own: 4 pictures: test (1) and train (2) and val (1)"
    assert "  their grey: input, picture; " in out
    assert out.splitlines()[-1] == "look.png: some pictures, input beside target" and "params.yaml does not" not in out
    assert load_rgb(Path("look.png")).shape == (16 + 4 * 36 + 4, 2 * 36 + 4, 3)
    status, out, err = command("look", "--force", "own", "task=pictures", "data.target_channels=1")
    assert (status, err) == (0, "") and out.splitlines()[-1] == "look.png: some pictures"
    assert load_rgb(Path("look.png")).shape == (36 + 4, 4 * 36 + 4, 3)


@pytest.mark.usefixtures("checkout")
def test_a_set_without_pairs_is_told_side_by_side(command):
    photos(*(f"own/{split}A/{number}.png" for split in ("train", "test", "val") for number in range(2)))
    photos(*(f"own/{split}B/x{number}.png" for split in ("train", "test", "val") for number in range(3)), first=100)
    save_png(Path("own/trainB/large.png"), np.zeros((96, 96, 3), np.uint8))
    status, out, err = command("look", "own", "task=unpaired", "inputs=A", "targets=B", "palette=none")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "own: 6 inputs and 10 targets, which need not belong together"
    assert lines[1] == "  train: 2 inputs and 4 targets"
    assert lines[2:4] == ["  evaluation: 2 inputs and 3 targets", "  selection: 2 inputs and 3 targets"]
    assert {"  6 inputs of 64x64", "  9 targets of 64x64", "  1 target of 96x96"} <= set(lines)
    assert lines[-1] == "look.png: some inputs, each beside a target that need not belong to it"


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["task=colorise"], "parameters: data.task = 'colorise': must be "),
        (["task"], "a parameter is given as NAME=VALUE; this is not: task"),
        (["epochs=3"], "train.epochs: has no effect here; only data and prepare have"),
        (
            ["task=colourise", "inputs=A"],
            "parameters: data.inputs = 'A': must be null, because an example of data.task",
        ),
        (["task=unpaired", "inputs=A"], "parameters: data.targets = None: must be given, too"),
        (["tusk=pairs"], "tusk: unknown parameter"),
    ],
)
def test_a_change_that_cannot_be_is_one_line(command, words, says):
    own()
    status, out, err = command("look", "own", *words)
    assert (status, out) == (2, "") and err.count("\n") == 1 and says in err
    assert not Path("look.png").exists()


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["task=colourise"], "own: holds no pictures; pictures may lie in it, and in folders of any names below it"),
        (["inputs=A", "targets=B"], "own: holds no pictures; data.inputs and data.targets say where pictures belong"),
        ([], "own: holds no pictures; pictures belong in train/, val/ or test/"),
    ],
)
def test_an_empty_folder_is_told_the_layout_of_its_task(command, words, says):
    Path("own").mkdir()
    status, _, err = command("look", "own", *words)
    assert status == 1 and says in err
