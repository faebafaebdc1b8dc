"""Two sides of different sizes: their layout, splits and records."""

import io
import itertools
import tarfile

import numpy as np
import pytest
from conftest import settings
from PIL import Image

from pix2pix.base.errors import DataError
from pix2pix.base.files import sha256, write_json
from pix2pix.data import manifests, recorder, records
from pix2pix.data.layouts import arranged
from pix2pix.data.sides import joined
from pix2pix.params import Data

UNPAIRED = {"dataset": "custom", "task": "unpaired", "inputs": "A", "targets": "B", "palette": "none"}
HORSES = [f"horse2zebra/trainA/n{number}.jpg" for number in range(5)] + ["horse2zebra/testA/n9.jpg"]
ZEBRAS = [f"horse2zebra/trainB/z{number}.jpg" for number in range(3)] + [
    f"horse2zebra/testB/z{number}.jpg" for number in (7, 8)
]


def data(**changes):
    said = {"evaluation_split": "test", "selection_split": "none", **UNPAIRED, **changes}
    return Data(direction="left_to_right", label_half="left", **said)


def sides_of(names, **changes):
    found = arranged(names, {}, data(**changes), "set.zip")
    assert found.pairs == {} and found.sides
    return found.sides


def test_the_authors_folders_are_two_sides_of_any_names():
    sides = sides_of([*HORSES, *ZEBRAS])
    assert list(sides["input"]) == ["train/n0", "train/n1", "train/n2", "train/n3", "train/n4", "test/n9"]
    assert sides["target"]["test/z8"] == "horse2zebra/testB/z8.jpg" and len(sides["target"]) == 5


def test_the_smaller_side_begins_again():
    files, roles, counts = joined(sides_of([*HORSES, *ZEBRAS]), data())
    assert roles["train"] == ["train/n0+z0", "train/n1+z1", "train/n2+z2", "train/n3+z0", "train/n4+z1"]
    assert roles["evaluation"] == ["test/n9+z7", "test/n9+z8"]
    assert files["train/n3+z0"] == {"input": HORSES[3], "target": ZEBRAS[0]}
    assert counts == {"train": {"input": 5, "target": 3}, "evaluation": {"input": 1, "target": 2}}


def test_pictures_taken_out_of_training_are_in_no_other_role():
    """Each side gives so many pictures of its own."""
    names = [f"A/n{number}.jpg" for number in range(9)] + [f"B/z{number}.jpg" for number in range(6)]
    chosen = data(evaluation_split="train:2", selection_split="train:1")
    files, roles, counts = joined(sides_of(names, evaluation_split="train:2", selection_split="train:1"), chosen)
    assert counts == {
        "train": {"input": 6, "target": 3},
        "evaluation": {"input": 2, "target": 2},
        "selection": {"input": 1, "target": 1},
    }
    for field in ("input", "target"):
        seen = [{files[id_][field] for id_ in ids} for ids in roles.values()]
        assert sum(map(len, seen)) == len(set.union(*seen)) == {"input": 9, "target": 6}[field]


@pytest.mark.parametrize(
    ("names", "changes", "message"),
    [
        (["A/1.png", "B/1.png", "C/1.png", "A/test/2.png"], {}, "some pictures lie in train, val or test, and others"),
        (["A/1.png"], {}, "no picture is where data.targets: B says"),
    ],
)
def test_a_layout_that_is_none_is_refused(names, changes, message):
    with pytest.raises(DataError, match=message):
        sides_of(names, **changes)


def test_a_side_without_a_split_is_named():
    with pytest.raises(
        DataError, match=r"^data.targets: data.evaluation_split = test: this archive has train \(3\) only"
    ):
        joined(sides_of([*HORSES, *ZEBRAS[:3]]), data())


def test_lists_of_pairs_are_refused():
    with pytest.raises(DataError, match=r"test\.txt lists pairs; without pairs, folders say the splits"):
        arranged(["A/1.png", "B/2.png"], {"test": ["1"]}, data(), "set.zip")


def test_pictures_without_a_partner_name_the_task_that_needs_none():
    with pytest.raises(DataError, match=r"data\.task: unpaired needs no partners"):
        arranged([*HORSES, *ZEBRAS], {}, data(task="pairs"), "set.zip")


# ---- records ----


def picture(number, height=32, width=32):
    buffer = io.BytesIO()
    noise = np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """An archive of 5 and 1 inputs, 3 and 2 targets, as `download` leaves it."""
    folder = tmp_path_factory.mktemp("raw")
    with tarfile.open(folder / "archive", "w") as tar:
        for number, name in enumerate([*HORSES, *ZEBRAS]):
            contents = picture(number)
            member = tarfile.TarInfo(name.replace(".jpg", ".png"))
            member.size = len(contents)
            tar.addfile(member, io.BytesIO(contents))
    write_json(folder / "source.json", {"dataset": "custom", "address": "here", "sha256": sha256(folder / "archive")})
    return folder


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("records") / "records"
    return folder, recorder.write(source, data(image_size=32), settings().prepare, folder)


def test_records_hold_both_sides_and_say_how_many_there_are(written):
    folder, manifest = written
    assert {role: (entry.pairs, entry.sides) for role, entry in manifest.roles.items()} == {
        "train": (5, {"input": 5, "target": 3}),
        "evaluation": (2, {"input": 1, "target": 2}),
    }
    assert manifest == manifests.expected(folder, data(image_size=32))
    examples = records.load(folder, "train")
    assert not examples.has_pairs and (examples.count("input"), examples.count("target")) == (5, 3)
    expected = [np.random.default_rng(number).integers(0, 256, (32, 32, 3), dtype=np.uint8) for number in range(11)]
    for number, example in enumerate(examples):
        np.testing.assert_array_equal(example["input"], expected[number])
        np.testing.assert_array_equal(example["target"], expected[6 + number % 3])


def test_records_of_pairs_are_not_taken_for_those_without(written):
    with pytest.raises(DataError, match=r"made for data\.task = no pairs, params.yaml says pairs"):
        manifests.expected(written[0], data(image_size=32, task="pairs"))


def test_examples_turn_round(written):
    examples = records.load(written[0], "train")
    back = examples.turned()
    assert (back.count("input"), back.count("target")) == (3, 5) and list(back.ids) == list(examples.ids)
    np.testing.assert_array_equal(back[4]["input"], examples[4]["target"])
    first = examples.first(3)
    assert len(first) == first.count("target") == 3 and not first.has_pairs


@pytest.mark.parametrize("name", ["trainB", "trainA"])
def test_a_picture_of_either_side_may_not_be_in_two_roles(tmp_path, name):
    """The evaluated one is one of the training pictures under another name."""
    with tarfile.open(tmp_path / "archive", "w") as tar:
        entries = {f"trainA/{n}.png": n for n in range(3)} | {f"trainB/{n}.png": 10 + n for n in range(2)}
        entries |= {"testA/a.png": 1 if name == "trainA" else 20, "testB/b.png": 11 if name == "trainB" else 21}
        for path, number in entries.items():
            member = tarfile.TarInfo(path)
            member.size = len(contents := picture(number))
            tar.addfile(member, io.BytesIO(contents))
    write_json(
        tmp_path / "source.json", {"dataset": "custom", "address": "here", "sha256": sha256(tmp_path / "archive")}
    )
    field = {"trainA": "input", "trainB": "target"}[name]
    with pytest.raises(DataError, match=f"have the same {field}; keep it in one role only"):
        recorder.write(tmp_path, data(image_size=32), settings().prepare, tmp_path / "records")


def test_pictures_that_do_not_belong_together_may_have_any_sizes(tmp_path):
    """Inputs of 32x64 pixels, targets of 48x32 and 32x32. Those of either side that change are named."""
    sizes = {"A": [(64, 32)] * 3, "B": [(32, 48), (32, 32), (32, 32)]}
    with tarfile.open(tmp_path / "archive", "w") as tar:
        for side, number in itertools.product(sizes, range(3)):
            member = tarfile.TarInfo(f"train{side}/{number}.png")
            member.size = len(contents := picture(ord(side) + number, *sizes[side][number]))
            tar.addfile(member, io.BytesIO(contents))
    write_json(
        tmp_path / "source.json", {"dataset": "custom", "address": "here", "sha256": sha256(tmp_path / "archive")}
    )
    chosen = data(image_size=32, evaluation_split="train:1")
    manifest = recorder.write(tmp_path, chosen, settings().prepare, tmp_path / "records")
    assert manifest.roles["train"].sides == {"input": 2, "target": 2}
    assert any("pictures of other proportions than 32x32 in 3 of 3 pictures" in line for line in manifest.remarks)
