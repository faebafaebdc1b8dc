"""From an archive of inputs and targets in files of their own to records: what arrives is what Pillow reads."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from archives import tar_of
from PIL import Image as PillowImage
from written_records import read_rows

from pix2pix.base.errors import DataError
from pix2pix.data import recorder, records
from pix2pix.data.labels import NO_CLASS, classes_of
from pix2pix.params import Data, Prepare

COLOURS = {7: (10, 20, 30), 23: (200, 100, 0), 40: (0, 128, 0), 255: (0, 0, 0)}
IDS = [f"train/{number}" for number in range(1, 6)] + ["val/9", "test/street-4"]


def data(**changes):
    """Labels of ids to photos, 64x32; the last class has the third colour of PASCAL VOC's map but the black."""
    palette = {name: {"id": id_, "colour": list(COLOURS[id_])} for name, id_ in (("road", 7), ("sky", 23))}
    whole = {
        "dataset": "custom",
        "path": str(Path(__file__).parent),
        "direction": "left_to_right",
        "palette": palette | {"tree": {"id": 40, "colour": [0, 128, 0]}},
        "ignore": 255,
        "label_half": "left",
        "inputs": "ids",
        "targets": "photos",
        "image_size": [32, 64],
    }
    return Data(**whole | changes)


def random(pair):
    return np.random.default_rng(list(pair.encode()))


def ids(pair, height=64, width=128):
    return random(pair).choice(list(COLOURS), (height // 8, width // 8)).astype(np.uint8).repeat(8, 0).repeat(8, 1)


def photo(pair, height=96, width=192):
    coarse = random(pair).integers(90, 170, (7, 13, 3), np.uint8)
    return np.asarray(PillowImage.fromarray(coarse).resize((width, height), PillowImage.Resampling.BICUBIC))


def file(pixels, kind):
    contents = io.BytesIO()
    PillowImage.fromarray(pixels).save(contents, kind, quality=95)
    return contents.getvalue()


def entries(changed=None):
    """The files of all pairs by name; `changed` replaces some, or takes them out if None."""
    files = {}
    for pair in IDS:
        split, name = pair.split("/")
        files[f"ids/{split}/{name.replace('-', '/')}.png"] = file(ids(pair), "PNG")
        files[f"photos/{split}/{name.replace('-', '/')}.jpg"] = file(photo(pair), "JPEG")
    files |= changed or {}
    return {name: contents for name, contents in files.items() if contents is not None}


def written(folder, files, said=None):
    raw = folder / "raw"
    raw.mkdir(parents=True)
    tar_of(raw / "archive", files)
    sha256 = hashlib.sha256((raw / "archive").read_bytes()).hexdigest()
    (raw / "source.json").write_text(json.dumps({"dataset": "custom", "address": "mine.zip", "sha256": sha256}))
    return recorder.write(raw, said or data(), Prepare(), folder / "records")


def test_records_hold_what_pillow_reads(tmp_path):
    manifest = written(tmp_path, entries())
    assert manifest.places == {"input": "ids", "target": "photos"} and manifest.classes == ["road", "sky", "tree"]
    found = {}
    for role in ("train", "selection", "evaluation"):
        examples = records.load(tmp_path / "records", role)
        found |= dict(zip(examples.ids, examples, strict=True))
    assert sorted(found) == sorted(IDS)
    for pair, example in found.items():
        table = np.zeros((256, 3), np.uint8)
        for id_, colour in COLOURS.items():
            table[id_] = colour
        small = PillowImage.fromarray(table[ids(pair)]).resize((64, 32), PillowImage.Resampling.NEAREST)
        np.testing.assert_array_equal(example["input"], small)
        with PillowImage.open(io.BytesIO(file(photo(pair), "JPEG"))) as there:
            expected = there.resize((64, 32), PillowImage.Resampling.BICUBIC)
        np.testing.assert_array_equal(example["target"], expected)
        classes = classes_of(data()).classes(example["input"])
        for number, id_ in enumerate((7, 23, 40)):
            np.testing.assert_array_equal(classes == number, (np.asarray(small) == COLOURS[id_]).all(axis=-1))
        assert ((classes == NO_CLASS) == (np.asarray(small) == 0).all(axis=-1)).all()


def test_shares_are_of_the_pixels_that_have_a_class(tmp_path):
    written(tmp_path, entries())
    record = next(each for each in read_rows(tmp_path / "records") if each["id"] == "train/1")
    there = ids("train/1")
    counts = [(there == id_).sum() for id_ in (7, 23, 40)]
    np.testing.assert_allclose(list(record["shares"].values()), np.divide(counts, sum(counts)), atol=0.03)
    assert sum(record["shares"].values()) == pytest.approx(1)


WRONG = {
    "an id that nobody names": (
        {"ids/train/2.png": file(ids("train/2") | 128, "PNG")},
        r"photos/train/2.jpg: input: has class ids that neither data.palette nor data.ignore names: 13",
    ),
    "no pixel with a class": (
        {"ids/train/2.png": file(np.full((64, 128), 255, np.uint8), "PNG")},
        r"1 label map without a single pixel that has a class, because data.ignore leaves all of them out: train/2",
    ),
    "other proportions": (
        {"photos/train/2.jpg": file(photo("train/2", 96, 96), "JPEG")},
        r"the input has 128x64 pixels and the target 96x96: other proportions, so they do not lie on each other",
    ),
    "ids as JPEG": ({"ids/train/2.png": file(ids("train/2"), "JPEG")}, r"input: its compression changes values"),
    "no partner": ({"photos/train/2.jpg": None}, r"mine.zip: 1 input without a target: ids/train/2.png; partners"),
    "a damaged photo": ({"photos/val/9.jpg": file(photo("val/9"), "JPEG")[:-300]}, r"target: damaged or cut short"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_used_is_named(tmp_path, what):
    changed, says = WRONG[what]
    with pytest.raises(DataError, match=says):
        written(tmp_path, entries(changed))
    assert not (tmp_path / "records").exists()


def test_label_maps_in_the_other_folder_are_refused_with_the_key_to_set(tmp_path):
    files = {
        f"{folder}/{pair}.png": file(pixels, "PNG")
        for pair in IDS
        for folder, pixels in (("ids", photo(pair)), ("photos", classes_of(data()).paint(ids(pair) % 3)))
    }
    colours = {"road": [10, 20, 30], "sky": [200, 100, 0], "tree": [0, 128, 0]}
    with pytest.raises(DataError, match=r"the targets have the palette's colours, the inputs do not") as caught:
        written(tmp_path, files, data(palette=colours, ignore=None, image_size=[32, 64]))
    assert "set data.label_folder: targets, or let data.inputs and data.targets change places" in str(caught.value)
