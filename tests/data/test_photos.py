"""From photos to records of grey and colours: folders of photos, and the photo halves of known pairs."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from archives import tar_of
from PIL import ExifTags
from PIL import Image as PillowImage
from written_records import read_rows

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import png
from pix2pix.data import look, manifests, recorder, records
from pix2pix.data.augmentation import Augmentation
from pix2pix.data.samples.facades import draw_pair, write_archive
from pix2pix.data.tasks import halves, places, task
from pix2pix.params import Data, Prepare

SIZE = 32


def data(**changes):
    whole = {
        "dataset": "custom",
        "path": str(Path(__file__).parent),
        "task": "colourise",
        "direction": "left_to_right",
        "palette": "none",
        "input_channels": 1,
        "image_size": SIZE,
        "evaluation_split": "val",
        "selection_split": "none",
    }
    return Data(**whole | changes)


def photo(seed, width=48, height=48):
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(PillowImage.fromarray(coarse).resize((width, height), PillowImage.Resampling.BICUBIC))


def file(pixels, kind="PNG", **how):
    contents = io.BytesIO()
    PillowImage.fromarray(pixels).save(contents, kind, **how)
    return contents.getvalue()


def split_by_folders():
    """Photos at any depth below train/ and val/."""
    names = ["train/a.png", "train/paris/b.png", "train/c.png", "val/d.png"]
    return {f"photos/{name}": file(photo(number)) for number, name in enumerate(names)}


def archived(folder, files):
    raw = folder / "raw"
    raw.mkdir(parents=True)
    tar_of(raw / "archive", files)
    return described(raw, "custom")


def described(raw, dataset):
    sha256 = hashlib.sha256((raw / "archive").read_bytes()).hexdigest()
    (raw / "source.json").write_text(json.dumps({"dataset": dataset, "address": "mine", "sha256": sha256}))
    return raw


def written(folder, files, **changes):
    return recorder.write(archived(folder, files), data(**changes), Prepare(), folder / "records")


def grey(picture):
    """The grey of ITU-R BT.601, as Pillow has it."""
    return np.asarray(PillowImage.fromarray(picture).convert("L"))[..., None]


def test_a_folder_of_photos_gives_their_grey_and_their_colours(tmp_path):
    manifest = written(tmp_path, split_by_folders())
    assert [record["id"] for record in read_rows(tmp_path / "records")] == [
        "train/a",
        "train/c",
        "train/paris-b",
        "val/d",
    ]
    assert manifest.classes is None and manifest.remarks == []
    (example,) = records.load(tmp_path / "records", "evaluation")
    small = np.asarray(PillowImage.fromarray(photo(3)).resize((SIZE, SIZE), PillowImage.Resampling.BICUBIC))
    assert np.array_equal(example["target"], small)
    assert np.array_equal(example["input"], grey(small))
    assert manifests.expected(tmp_path / "records", data()) == manifest


def test_a_flat_folder_is_split_by_lists_or_by_number(tmp_path):
    files = {f"{name}.png": file(photo(number)) for number, name in enumerate("abcdef")}
    lists = {"train.txt": b"a\nb\nc.png\n", "val.txt": b"d\n"}
    manifest = written(tmp_path / "lists", files | lists)
    assert [record["id"] for record in read_rows(tmp_path / "lists/records")] == [
        "train/a",
        "train/b",
        "train/c",
        "val/d",
    ]
    assert manifest.remarks == ["2 pictures in no list and not used: e, f"]
    manifest = written(tmp_path / "number", files, evaluation_split="train:2")
    assert {role: entry.pairs for role, entry in manifest.roles.items()} == {"train": 4, "evaluation": 2}


def test_of_a_known_pair_the_photo_half_is_taken(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    write_archive(raw / "archive", 0, 2, 1, 0)
    drawn = data(dataset="sample", direction="right_to_left", image_size=256)
    manifest = recorder.write(described(raw, "sample"), drawn, Prepare(), tmp_path / "records")
    assert (halves(drawn), places(drawn), manifest.places) == ({"target": "left"}, None, None)
    (example,) = records.load(tmp_path / "records", "evaluation")
    drawn_photo = draw_pair(0, 2)[0]  # the test houses come first, then those of train; none and two of them
    assert np.abs(example["target"].astype(int) - drawn_photo).mean() < 5  # JPEG
    assert np.array_equal(example["input"], grey(example["target"]))


def test_16_bits_stay_16(tmp_path):
    deep = {
        name: np.random.default_rng(n).integers(0, 1 << 16, (SIZE, SIZE, 3), np.uint16) for n, name in enumerate("ab")
    }

    files = {f"{split}/{name}.png": png(deep[name]) for split, name in (("train", "a"), ("val", "b"))}
    written(tmp_path, files, input_bits=16, target_bits=16)
    (example,) = records.load(tmp_path / "records", "evaluation")
    assert np.array_equal(example["target"], deep["b"])
    weighed = deep["b"].astype(np.float64) @ [0.299, 0.587, 0.114]
    assert np.abs(example["input"][..., 0] - weighed).max() < 2


def test_photos_without_colour_are_told_and_many_of_them_refused(tmp_path):
    colourless = {f"photos/train/old{n}.png": file(photo(40 + n)[..., 0]) for n in range(9)}
    few = dict(list(colourless.items())[:2])
    remarks = written(tmp_path / "few", split_by_folders() | few).remarks
    assert remarks == ["no colour in 2 training pictures, which teach nothing: train/old0, train/old1"]
    with pytest.raises(DataError, match="in 9 of 13 pictures the photo has no colour, so there is nothing to learn"):
        written(tmp_path / "many", split_by_folders() | colourless)


def test_the_same_photo_in_two_roles_is_refused(tmp_path):
    files = split_by_folders()
    twin = {"photos/val/other name.png": files["photos/train/a.png"]}
    with pytest.raises(DataError, match=r"train/a \(train\) and val/other name \(evaluation\) are the same picture"):
        written(tmp_path, files | twin)


def test_what_cannot_be_one_photo_is_refused_by_name(tmp_path):
    turned = PillowImage.Exif()
    turned[ExifTags.Base.Orientation] = 6
    files = split_by_folders() | {
        "photos/train/turned.jpg": file(photo(9), "JPEG", exif=turned),
        "photos/train/cut.png": file(photo(8))[:200],
    }
    with pytest.raises(DataError, match="2 of 6 pictures cannot be used") as told:
        written(tmp_path, files)
    assert "turned.jpg: target: is rotated (EXIF orientation 6)" in str(told.value)
    assert "cut.png" in str(told.value)


def test_look_says_what_a_folder_would_be_taken_for(tmp_path):
    for name, contents in split_by_folders().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    seen = look.look(tmp_path / "photos", data(), Prepare())
    assert seen.refused == []
    assert seen.lines[0].endswith("4 pictures: train (3) and val (1)")
    assert "  4 pictures of 48x48" in seen.lines
    assert any(line.startswith("  all pictures: target, picture") for line in seen.lines)
    assert any(line.startswith("  their grey: input, picture") for line in seen.lines)
    assert seen.picture is not None


def test_a_folder_that_is_no_set_of_pairs_is_told_of_the_task(tmp_path):
    files = {f"{name}.png": file(photo(number)) for number, name in enumerate("abc")}
    with pytest.raises(DataError, match=r"photos without partners can be learned from with data.task: colourise"):
        written(tmp_path, files, task="pairs", input_channels=3, evaluation_split="train:1")


def test_other_colours_keep_the_input_the_grey_of_the_target():
    augmentation = Augmentation(task(data()), colour=0.5, grey_input=True)
    picture = photo(1, SIZE, SIZE)
    example = {"input": grey(picture), "target": picture}
    for place in augmentation.places(3, seed=0, epoch=0):
        made = augmentation(example, place)
        assert not np.array_equal(made["target"], picture)
        assert np.array_equal(made["input"], grey(made["target"]))
