"""What `predict` writes, against the translator called directly; and everything that can be wrong with a picture."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import made_instances
import numpy as np
import pytest
from conftest import CHECKOUT
from made_walker import save_walker
from PIL import ExifTags
from PIL import Image as PillowImage
from tiny import noise, png, save_generator

from pix2pix.base import processor
from pix2pix.base.errors import of_system
from pix2pix.base.pictures import load_rgb, save_png
from pix2pix.commands import predict
from pix2pix.models import seams, tiling
from pix2pix.models.translator import Translator


@pytest.fixture(scope="module")
def translate(tiny_model):
    return Translator.load(tiny_model)


@pytest.fixture
def given(command, monkeypatch, translate):
    """`predict` with the tiny model, which takes a second to load and so is loaded once for all."""
    monkeypatch.setattr(predict.model, "load", lambda *_: translate)
    return lambda *words: command("predict", *words)


def listing(folder="out"):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_the_answers_are_the_translators_by_their_inputs_names(given, translate):
    pictures = {name: png(f"in/{name}", seed=number) for number, name in enumerate(["1.png", "2.png", "deep/er/1.png"])}
    status, out, err = given("in", "-o", "out")
    assert (status, out.splitlines()[-1], err) == (0, "3 of 3 pictures: out", "")
    assert listing() == sorted(pictures)
    for name, picture in pictures.items():
        np.testing.assert_array_equal(load_rgb(f"out/{name}"), translate(picture))
    assert len({Path("out", name).read_bytes() for name in pictures}) == 3


def test_it_runs_as_a_person_runs_it(tmp_path, tiny_model, translate):
    """In a process of its own: the same bytes again."""
    png(tmp_path / "1.png")
    words = [sys.executable, "-m", "pix2pix", "predict", "*.png", "-o", "out", "--seed", "3", "--model", tiny_model]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 of 1 picture: out")
    assert done.stderr == f"model {tiny_model}, fingerprint 0123456789abcdef\n"
    np.testing.assert_array_equal(load_rgb(tmp_path / "out/1.png"), translate(noise(), seed=3))


@pytest.mark.parametrize("has", [True, False])
def test_the_precision_is_the_translators_and_a_processor_without_it_is_told(command, tiny_model, monkeypatch, has):
    monkeypatch.setattr(processor, "has_bfloat16", lambda: has)
    picture = png("1.png")
    status, _, err = command("predict", "1.png", "-o", "out", "--model", tiny_model, "--precision", "bfloat16")
    warning = "warning: this processor has no bfloat16 instructions: --precision float32 is faster\n"
    assert (status, err) == (0, f"model {tiny_model}, fingerprint 0123456789abcdef\n" + warning * (not has))
    np.testing.assert_array_equal(load_rgb("out/1.png"), Translator.load(tiny_model, "bfloat16")(picture))


def test_the_model_is_loaded_once(command, tiny_model, monkeypatch):
    for number in range(3):
        png(f"in/{number}.png", seed=number)
    loads, load = [], Translator.load.__func__
    counted = classmethod(lambda cls, path, *more: loads.append(path) or load(cls, path, *more))
    monkeypatch.setattr(Translator, "load", counted)
    assert command("predict", "in", "-o", "out", "--model", tiny_model)[0] == 0
    assert loads == [tiny_model]


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize(
    ("fit", "size"), [("exact", (32, 32)), ("resize", (90, 50)), ("pad", (20, 31)), ("tile", (90, 50))]
)
def test_seed_and_fit_are_the_translators(given, translate, fit, size, seed):
    picture = png("1.png", *size)
    assert given("1.png", "-o", "out", "--fit", fit, "--seed", seed)[0] == 0
    np.testing.assert_array_equal(load_rgb("out/1.png"), translate(picture, seed, fit))


def test_of_tiled_pictures_the_seams_are_told(given, translate):
    ratios = {}
    for number, size in enumerate([(90, 50), (40, 33)]):
        made = translate(png(f"in/{number}.png", *size, seed=number), fit="tile")
        ratios[number] = seams.seams(made, tiling.grid(*made.shape[:2], translate.task.target))
    png("in/small.png", 20, 20)
    worst = max(ratios, key=ratios.get)
    told = f"{np.mean(list(ratios.values())):.2f} on average, {ratios[worst]:.2f} at most (in/{worst}.png)"
    status, out, err = given("in", "-o", "out", "--fit", "tile")
    assert (status, out.splitlines()[0], err) == (0, f"seams of 2 tiled pictures: {told}; 1 if none shows", "")


def test_label_maps_are_snapped_only_when_asked(given, translate):
    picture = png("1.png")
    assert given("1.png", "-o", "as-it-is")[0] == given("1.png", "-o", "snapped", "--snap")[0] == 0
    np.testing.assert_array_equal(load_rgb("as-it-is/1.png"), translate(picture))
    np.testing.assert_array_equal(load_rgb("snapped/1.png"), translate(translate.snapped(picture)))


def test_pictures_in_other_colours_than_label_maps_are_told(given, translate):
    """Of noise nearly no pixel is within 25 of one of twelve colours; a label map has these colours."""
    drawn = translate.snapped(png("noise.png"))
    save_png(Path("drawn.png"), drawn)
    drawn[: 32 * 7 // 10] = 77  # so 66% of its pixels: fewer than `prepare` refuses a single label map for
    save_png(Path("sketch.png"), drawn)
    status, out, err = given("noise.png", "drawn.png", "sketch.png", "-o", "out")
    said, done = out.splitlines()
    assert (status, done, err) == (0, "3 of 3 pictures: out", "")
    assert said.startswith(
        "warning: 1 picture without the colours of the model's classes, by the share of pixels in other"
    )
    assert "colours: noise.png (98%); this" in said and "--snap gives each pixel the nearest" in said
    assert given("noise.png", "-o", "snapped", "--snap") == (0, "1 of 1 picture: snapped\n", "")


def test_a_model_of_photos_has_nothing_to_snap(command, tmp_path):
    png("1.png")
    model = save_generator(tmp_path / "photos", direction="left_to_right")
    status, out, err = command("predict", "1.png", "-o", "out", "--snap", "--model", model)
    assert (status, out, err.splitlines()[1:]) == (2, "", ["error: --snap: this model takes no label maps"])
    assert listing() == []


@pytest.mark.parametrize(("half", "place"), [("left", 0), ("right", 1), ("model", 1)])
def test_of_a_pair_the_named_half_is_the_input(given, translate, half, place):
    pair = np.split(png("pair.png", 64, 32), 2, axis=1)
    assert given("pair.png", "-o", "out", "--half", half)[0] == 0
    np.testing.assert_array_equal(load_rgb("out/pair.png"), translate(pair[place]))


def test_the_model_knows_its_half(command, tmp_path):
    left = np.split(png("pair.png", 64, 32), 2, axis=1)[0]
    model = save_generator(tmp_path / "photos", direction="left_to_right")
    assert command("predict", "pair.png", "-o", "out", "--half", "model", "--model", model)[0] == 0
    np.testing.assert_array_equal(load_rgb("out/pair.png"), Translator.load(model)(left))


@pytest.mark.parametrize("fit", ["exact", "resize", "pad"])
def test_a_pair_is_refused_until_someone_says_what_it_is(given, fit):
    png("pair.png", 64, 32)
    status, out, err = given("pair.png", "-o", "out", "--fit", fit)
    assert (status, out) == (1, "0 of 1 picture: out\n")
    assert "pair.png: 64x32, as wide as two pictures for this model" in err and "--half" in err
    assert listing() == []


def test_what_is_twice_as_wide_as_high_can_be_one_picture(given, translate):
    picture = png("wide.png", 64, 32)
    assert given("wide.png", "-o", "out", "--fit", "resize", "--half", "none")[0] == 0
    np.testing.assert_array_equal(load_rgb("out/wide.png"), translate(picture, fit="resize"))


def test_side_by_side_shows_input_and_answer_and_of_a_pair_the_other_half(given, translate):
    picture, pair = png("1.png"), png("pair.png", 64, 32, seed=1)
    assert given("1.png", "-o", "one", "--side-by-side")[0] == 0
    assert given("pair.png", "-o", "two", "--side-by-side", "--half", "right")[0] == 0
    gap = 4
    places = [slice(gap + number * (32 + gap), (number + 1) * (32 + gap)) for number in range(3)]
    for name, expected in {
        "one/1.png": (picture, translate(picture)),
        "two/pair.png": (pair[:, 32:], translate(pair[:, 32:]), pair[:, :32]),
    }.items():
        shown = load_rgb(name)
        assert shown.shape == (32 + 2 * gap, gap + len(expected) * (32 + gap), 3)
        for place, part in zip(places, expected, strict=False):
            np.testing.assert_array_equal(shown[gap:-gap, place], part)


def test_nothing_is_written_over_unless_forced(given, translate):
    picture = png("1.png", seed=1)
    Path("out").mkdir()
    Path("out/1.png").write_text("mine", encoding="utf-8")
    status, _, err = given("1.png", "-o", "out")
    assert (status, err) == (2, "error: out/1.png exists already; --force writes over it, --skip-existing keeps it\n")
    assert Path("out/1.png").read_text(encoding="utf-8") == "mine"
    assert given("1.png", "-o", "out", "--force")[0] == 0
    np.testing.assert_array_equal(load_rgb("out/1.png"), translate(picture))


def test_a_stopped_call_can_be_finished(given, translate):
    png("in/1.png", seed=1)
    picture = png("in/2.png", seed=2)
    Path("out").mkdir()
    Path("out/1.png").write_text("made before", encoding="utf-8")
    status, out, _ = given("in", "-o", "out", "--skip-existing")
    assert status == 0 and out.endswith("1 of 1 picture: out\n")
    assert Path("out/1.png").read_text(encoding="utf-8") == "made before"
    np.testing.assert_array_equal(load_rgb("out/2.png"), translate(picture))
    assert given("in", "-o", "out", "--skip-existing")[:2] == (0, "all answers exist already: out\n")
    _, _, err = given("in", "-o", "out", "--skip-existing", "--force")
    assert err.startswith("error: argument --force: not allowed with argument --skip-existing; ")


@pytest.mark.parametrize("words", [["--steps", "4"], ["--instances", "ids"]])
def test_a_request_that_the_model_refuses_leaves_no_folder(given, words):
    png("1.png")
    assert given("1.png", "-o", "new/out", *words)[0] == 2
    assert not Path("new").exists()


def test_where_no_picture_can_be_used_no_folder_is_left(given):
    Path("1.png").write_bytes(b"no picture")
    assert given("1.png", "-o", "new/out")[0] == 1
    assert not Path("new").exists()


# --- what comes from outside ------------------------------------------------------------------------------


def saved(kind, pixels=None, **options):
    file = io.BytesIO()
    PillowImage.fromarray(noise() if pixels is None else pixels).save(file, kind, **options)
    return file.getvalue()


def turned():
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return saved("JPEG", exif=exif)


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.png", saved("PNG"))
    return file.getvalue()


def header(width, height):
    """A PNG that says it is of this size, and holds nothing."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT"]
    framed = [struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


BAD = {
    "empty": (b"", "not a picture"),
    "a text": (b"<html></html>", "not a picture"),
    "a zip": (zipped(), "not a picture"),
    "cut short": (saved("JPEG")[:-300], "damaged or cut short"),
    "another size": (saved("PNG", noise(31, 32)), "31x32 pixels, and this model takes 32x32; the fits"),
    "turned": (turned(), "EXIF orientation 6"),
    # Pillow only warns of it.
    "broken EXIF": (saved("PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"), "damaged or cut short"),
    "transparent": (saved("PNG", np.zeros((32, 32, 4), np.uint8)), "has transparent pixels"),
    "moving": (
        saved("GIF", save_all=True, append_images=[PillowImage.fromarray(noise(seed=1))]), "holds 2 pictures",
    ),
    "a bomb": (header(8000, 8000), "8000x8000 has more than 50,000,000 pixels"),
    "a larger bomb": (header(2**31 - 1, 2**31 - 1), "larger than Pillow decodes"),
}  # fmt: skip


def test_bad_pictures_are_named_at_the_end_and_the_good_ones_are_done(given, translate):
    first, last = png("in/a.png", seed=1), png("in/z.png", seed=2)
    for name, (contents, _) in BAD.items():
        Path(f"in/{name}.png").write_bytes(contents)
    Path("in/nowhere.png").symlink_to("absent")
    os.mkfifo("in/pipe.png")
    Path("in/e\x1b[2J\nvil.png").write_bytes(b"x")
    Path(os.fsdecode(b"in/\xff.png")).write_bytes(b"x")
    status, out, err = given("in", "-o", "out")
    count = len(BAD) + 4
    assert (status, out.splitlines()[-1]) == (1, f"2 of {count + 2} pictures: out")
    lines = err.splitlines()
    assert lines[0] == f"error: {count} of {count + 2} pictures cannot be used:" and len(lines) == count + 1
    assert all(line.startswith("error: ") and line.isprintable() for line in lines)
    for name, (_, reason) in BAD.items():
        assert [line for line in lines if line.startswith(f"error: in/{name}.png: ") and reason in line], name
    for name in ("nowhere", "pipe"):
        assert f"error: in/{name}.png: no file, or a link that leads nowhere" in lines
    assert listing() == ["a.png", "z.png"], "and nothing half written"
    np.testing.assert_array_equal(load_rgb("out/a.png"), translate(first))
    np.testing.assert_array_equal(load_rgb("out/z.png"), translate(last))


def test_a_file_of_too_many_bytes_is_not_read(given):
    with Path("large.png").open("wb") as file:
        file.truncate(10**12)  # which takes no room
    assert "large.png: 1,000,000,000,000 bytes are too many" in given("large.png", "-o", "out")[2]


def test_pictures_that_can_be_read_in_one_way_only_are_taken(given, translate):
    deep = np.arange(32 * 32, dtype=np.uint16).reshape(32, 32) * 64
    palette = PillowImage.fromarray(noise()).quantize(16)
    palette.save("palette.png")
    PillowImage.fromarray(deep).save("deep.png")
    PillowImage.fromarray(noise(seed=3)).convert("CMYK").save("cmyk.jpg")
    assert given("palette.png", "deep.png", "cmyk.jpg", "-o", "out")[0] == 0
    np.testing.assert_array_equal(load_rgb("out/palette.png"), translate(np.asarray(palette.convert("RGB"))))
    np.testing.assert_array_equal(
        load_rgb("out/deep.png"), translate((deep >> 8).astype(np.uint8)[..., None].repeat(3, axis=2))
    )
    with PillowImage.open("cmyk.jpg") as picture:
        np.testing.assert_array_equal(load_rgb("out/cmyk.png"), translate(np.asarray(picture.convert("RGB"))))


def test_a_file_that_may_not_be_read_is_told(given, monkeypatch):
    png("1.png"), png("2.png")
    read = Path.read_bytes

    def refused(path):
        if path.name == "1.png":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    status, out, err = given("1.png", "2.png", "-o", "out")
    assert (status, out.splitlines()[-1]) == (1, "1 of 2 pictures: out")
    assert err.splitlines()[1:] == ["error: 1.png: Permission denied"]


def test_a_name_too_long_for_what_comes_of_it_is_told(given):
    name = "x" * 250
    png("short.png"), png(name + ".png")
    status, _, err = given(name + ".png", "short.png", "-o", "out")
    assert status == 1 and err.splitlines()[1].endswith("xxx: File name too long")
    assert listing() == ["short.png"]


@pytest.mark.parametrize("place", ["file", "file/out", "/proc/out"])
def test_an_output_folder_that_cannot_be_is_told_before_the_model_is_loaded(given, monkeypatch, place):
    png("1.png")
    Path("file").touch()
    monkeypatch.setattr(predict.model, "load", lambda *_: pytest.fail("loaded"))
    status, out, err = given("1.png", "-o", place)
    assert (status, out) == (1, "") and err.startswith("error: ") and err.count("\n") == 1


def test_a_full_disk_ends_it_at_once(given, monkeypatch):
    png("1.png"), png("2.png")

    def full(path, _):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(predict, "save_png", full)
    assert given("1.png", "2.png", "-o", "out") == (
        1,
        "",
        f"error: {of_system(OSError(28, '', 'out/1.png'))}\n",
    )
    assert listing() == []


def colourful(tmp_path, **how):
    """The folder of a generator that gives colours to grey photos of 32x32, and that of a known pair's halves."""
    said = {"task": "colourise", "palette": "none", "input_channels": 1, "dataset": "facades"} | how
    return save_generator(tmp_path / "colour", **said)


@pytest.mark.parametrize("size", [(32, 32), (50, 70)])
def test_a_grey_photo_and_a_colour_one_both_get_colours(command, tmp_path, size):
    """Of the colour photo only the grey counts, by ITU-R BT.601."""
    folder = colourful(tmp_path)
    colour = noise(*size)
    grey = np.asarray(PillowImage.fromarray(colour).convert("L"))
    for name, picture in {"colour.png": colour, "grey.png": grey}.items():
        PillowImage.fromarray(picture).save(name)
    words = ["--fit", "tile"] if size != (32, 32) else []
    status, _, err = command("predict", "colour.png", "grey.png", "-o", "out", "--model", folder, *words)
    assert status == 0, err
    made = [load_rgb(f"out/{name}.png") for name in ("colour", "grey")]
    np.testing.assert_array_equal(*made)
    assert made[0].shape == (*size[::-1], 3)
    if not words:
        np.testing.assert_array_equal(made[1], Translator.load(folder)(grey[..., None]))


@pytest.mark.parametrize("half", ["left", "right"])
def test_of_a_pair_both_fields_are_in_the_half_that_is_named(command, tmp_path, half):
    folder = colourful(tmp_path)
    both = {"left": noise(seed=1), "right": noise(seed=2)}
    PillowImage.fromarray(np.hstack([*both.values()])).save("pair.png")
    status, _, err = command("predict", "pair.png", "-o", "out", "--model", folder, "--half", half, "--side-by-side")
    assert status == 0, err
    sheet = load_rgb("out/pair.png")
    np.testing.assert_array_equal(sheet[4:36, 76:108], both[half])  # the real picture, beside grey and answer


def test_a_model_that_works_in_steps_takes_as_many_as_are_asked_for(command, tmp_path):
    model = save_walker(tmp_path / "model")
    picture = png("in/1.png")
    for words in (("--steps", "1"), ("--steps", "5", "--solver", "euler"), ()):
        assert command("predict", "in", "-o", "out", "--force", "--model", model, *words)[0] == 0
        expected = Translator.load(model).in_steps(*(int(word) if word.isdigit() else word for word in words[1::2]))
        np.testing.assert_array_equal(load_rgb("out/1.png"), expected(picture))


def test_a_model_that_makes_a_picture_at_once_takes_no_steps(given):
    png("in/1.png")
    said = "error: --steps, --solver: this model makes a picture at once, so it has no steps to choose\n"
    assert given("in", "-o", "out", "--steps", "4") == (2, "", said)
    status, _, err = given("in", "-o", "out", "--steps", "51")
    assert status == 2 and err.startswith("error: argument --steps: '51' is not a number from 1 to 50")


# ---- instance maps ----


@pytest.fixture
def with_instances(command, monkeypatch, tmp_path_factory):
    """`predict` with a model that reads instance maps, and the model."""
    model = Translator.load(made_instances.save_generator(tmp_path_factory.mktemp("model") / "instances"))
    monkeypatch.setattr(predict.model, "load", lambda *_: model)
    return lambda *words: command("predict", *words), model


def test_each_picture_has_the_instance_map_of_its_name(with_instances):
    """In a folder, or as the only file. What is wrong with one is told with its name, and the others are done."""
    given, model = with_instances
    pictures = {name: png(f"in/{name}", seed=number) for number, name in enumerate(["1.png", "deep/2.png", "3.png"])}
    save_png(Path("ids/1.png"), made_instances.ids(0))
    save_png(Path("ids/deep/2.png"), made_instances.ids(1)[..., 0].clip(0, 255).astype(np.uint8)[..., None])
    status, out, err = given("in", "-o", "out", "--instances", "ids")
    assert (status, out.splitlines()[-1]) == (1, "2 of 3 pictures: out")
    assert err.splitlines()[-1] == "error: in/3.png: ids/3.png: no file, or a link that leads nowhere"
    np.testing.assert_array_equal(load_rgb("out/1.png"), model(pictures["1.png"], instances=made_instances.ids(0)))
    shallow = made_instances.ids(1).clip(0, 255)
    np.testing.assert_array_equal(load_rgb("out/deep/2.png"), model(pictures["deep/2.png"], instances=shallow))
    assert given("in/1.png", "-o", "one", "--instances", "ids/1.png")[0] == 0
    assert Path("one/1.png").read_bytes() == Path("out/1.png").read_bytes()
    png("ids/3.png")
    save_png(Path("ids/1.png"), made_instances.ids(0, 16))
    said = given("in/1.png", "in/3.png", "-o", "none", "--instances", "ids")[2].splitlines()[-2:]
    assert said[0].endswith("the instance map has 16x16 pixels and the label map 32x32; both have to have one size")
    assert said[1].startswith("error: in/3.png: ids/3.png: has colours, where") and listing("none") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--instances: this model needs an instance map with each label map"),
        (("--instances", "none"), "--instances: none: no such file or folder"),
        (("--instances", "in/1.png"), "--instances: a file is for one picture; name a folder, with a map for each"),
    ],
)
def test_the_place_of_instance_maps_has_to_be_there(with_instances, words, said):
    png("in/1.png"), png("in/2.png")
    assert with_instances[0]("in", "-o", "out", *words) == (2, "", f"error: {said}\n")
    assert listing() == []


@pytest.mark.parametrize(("inputs", "place"), [("in", "ids"), ("in/1.png", "ids/1.png")])
def test_instance_maps_are_never_written_over(with_instances, inputs, place):
    png("in/1.png")
    save_png(Path("ids/1.png"), made_instances.ids(0))
    before = Path("ids/1.png").read_bytes()
    said = "error: ids/1.png would lie among the instance maps: name another folder to write to\n"
    assert with_instances[0](inputs, "-o", "ids", "--force", "--instances", place) == (2, "", said)
    assert Path("ids/1.png").read_bytes() == before


def test_a_video_has_no_instance_maps(with_instances):
    Path("walk.mp4").touch()
    Path("ids").mkdir()
    said = "error: --instances: a video has no instance maps\n"
    assert with_instances[0]("walk.mp4", "-o", "out", "--instances", "ids") == (2, "", said)


def test_another_model_reads_no_instance_maps(given):
    png("1.png")
    said = "error: --instances: this model reads no instance maps\n"
    assert given("1.png", "-o", "out", "--instances", "1.png") == (2, "", said)
