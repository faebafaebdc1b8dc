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
from pix2pix.data import manifests, preview, recorder, records, tasks
from pix2pix.data.augmentation import Augmentation, AugmentedAndJittered
from pix2pix.data.jitter import Jitter
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


# ---- instance maps ----

PLACES = {"instances": "objects"}


def objects(pair, kind=np.uint16):
    """An instance map of rectangles, as large as the label map."""
    return random(pair).choice([7, 200, 26001], (8, 16)).astype(kind).repeat(8, 0).repeat(8, 1)


def with_objects(changed=None):
    """The files of all pairs with their instance maps; one of them has 8 bits."""
    maps = {pair: objects(pair, np.uint8 if pair == "val/9" else np.uint16) for pair in IDS}
    return entries({f"objects/{pair.replace('-', '/')}.png": file(each, "PNG") for pair, each in maps.items()}) | (
        changed or {}
    )


def test_records_hold_the_ids_of_instances_at_the_nearest_pixels(tmp_path):
    manifest = written(tmp_path, with_objects(), data(**PLACES))
    assert manifest.places == {"input": "ids", "instances": "objects", "target": "photos"}
    assert [field.name for field in manifest.fields] == ["input", "instances", "target"]
    assert not manifest.remarks
    for role in ("train", "selection", "evaluation"):
        examples = records.load(tmp_path / "records", role)
        for pair, example in zip(examples.ids, examples, strict=True):
            there = objects(pair, np.uint8 if pair == "val/9" else np.uint16)
            # Of 128x64 pixels in squares of 8, any rule of the nearest pixel takes each second one.
            np.testing.assert_array_equal(example["instances"][..., 0], there[1::2, 1::2])
            assert example["instances"].dtype == np.uint16
    preview.draw(tmp_path / "records", 2, tmp_path / "preview.png")
    with PillowImage.open(tmp_path / "preview.png") as drawn:
        assert drawn.width == 3 * (64 + 4) + 4
    assert "instances: instance map of 64x32 pixels" in preview.described(data(**PLACES), manifest, 1)


def test_no_instances_are_other_records(tmp_path):
    written(tmp_path, entries())
    with pytest.raises(DataError, match=r"made for data.inputs, data.targets and data.instances = {'input': 'ids', 't"):
        manifests.expected(tmp_path / "records", data(**PLACES))


ODD = {
    "another size": (
        file(objects("train/2")[:32], "PNG"),
        "the instance map has 128x32 pixels and the label map 128x64",
    ),
    "JPEG": (file(objects("train/2", np.uint8), "JPEG"), "instances: its compression changes values, and ids have to"),
    "colours": (file(photo("train/2", 64, 128), "PNG"), "instances: has colours, where data.palette or data.instances"),
    "damage": (file(objects("train/2"), "PNG")[:-30], "instances: damaged or cut short"),
    "none": (None, "mine.zip: 1 input without an instance map: ids/train/2.png; partners have the same path, but for"),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_or_missing_instance_map_is_refused_in_a_line(tmp_path, what):
    contents, says = ODD[what]
    files = with_objects({"objects/train/2.png": contents})
    with pytest.raises(DataError, match=says) as caught:
        written(tmp_path, {name: each for name, each in files.items() if each is not None}, data(**PLACES))
    assert len(str(caught.value).splitlines()) <= 2 and not (tmp_path / "records").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cutout": 0.4}, "one square of one class and one instance"),
        ({"rotation": 20, "zoom": 1.3}, "rotated and enlarged together"),
        ({}, "cropped and mirrored together"),
    ],
)
def test_instances_and_label_map_stay_aligned(changes, said):
    """If the ids are those of the classes, they are so after each augmentation; no id is new."""
    task = tasks.task(data(**PLACES))
    pair = ids("train/1")[::2, ::2]
    example = {"input": pair[..., None].repeat(3, axis=2), "instances": pair[..., None].astype(np.uint16) * 100}
    example["target"] = np.zeros((32, 64, 3), np.uint8)
    variation = AugmentedAndJittered(Augmentation(task, **changes), Jitter(task, 1.3, mirror=True, smooth=True))
    for place in variation.places(4, seed=1, epoch=0):
        made = variation(example, place)
        np.testing.assert_array_equal(made["input"][..., :1].astype(np.uint16) * 100, made["instances"], said)
        assert made["instances"].dtype == np.uint16 and not np.array_equal(made["input"], example["input"])
