import re
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from pix2pix.base.errors import DataError
from pix2pix.data.layouts import BOTH, arranged
from pix2pix.params import Data


def data(inputs, targets):
    here = {"dataset": "custom", "path": str(Path(__file__).parent), "direction": "left_to_right"}
    return Data(**here, palette="none", inputs=inputs, targets=targets)


def pairs(names, inputs, targets, lists=None):
    return arranged(names, lists or {}, data(inputs, targets), "set.zip").pairs


# The layouts of well-known codes and data sets: data.inputs, data.targets, and the files of the pair.
KNOWN = {
    "pytorch-CycleGAN-and-pix2pix": ("A", "B", "A/train/1.jpg", "B/train/1.jpg", "train/1"),
    "its unaligned form": ("A", "B", "trainA/1.jpg", "trainB/1.png", "train/1"),
    "pix2pixHD": ("label", "img", "test_label/0001.png", "test_img/0001.jpg", "test/0001"),
    "folders in the split": ("input", "target", "set/val/input/a.png", "set/val/target/a.jpg", "val/a"),
    "no split": ("masks", "images", "masks/a.b.png", "images/a.b.jpg", "train/a.b"),
    "one folder, two formats": ("*.png", "*.jpg", "train/x.png", "train/x.jpg", "train/x"),
    "one folder, two endings": ("*_label.png", "*_photo.png", "val/x_label.png", "val/x_photo.png", "val/x"),
    "endings without a format": ("*_in", "out_*", "val/x_in.png", "val/out_x.bmp", "val/x"),
    "Cityscapes": (
        "gtFine/*_gtFine_labelIds.png",
        "leftImg8bit/*_leftImg8bit.png",
        "gtFine/train/ulm/ulm_1_gtFine_labelIds.png",
        "leftImg8bit/train/ulm/ulm_1_leftImg8bit.png",
        "train/ulm_1",
    ),
    "ADE20K": ("annotations", "images", "ade/annotations/val/1.png", "ade/images/val/1.jpg", "val/1"),
}


@pytest.mark.parametrize("known", KNOWN)
def test_the_layouts_of_well_known_codes_are_read(known):
    inputs, targets, one, other, id_ = KNOWN[known]
    assert pairs([other, one], inputs, targets) == {id_: {"input": one, "target": other}}


def test_folders_below_the_split_are_part_of_the_name():
    names = [f"{field}/val/{city}/1.png" for field in ("A", "B") for city in ("ulm", "bonn")]
    assert set(pairs(names, "A", "B")) == {"val/ulm-1", "val/bonn-1"}
    with pytest.raises(DataError, match="folders and names that join to the same pair: train/a-b-1"):
        pairs([f"{f}/{name}" for f in ("A", "B") for name in ("a/b-1.png", "a-b/1.png")], "A", "B")


WRONG = [
    (["A/1.png", "A/2.png", "B/1.png"], "A", "B", "1 input without a target: A/2.png; partners have the same path"),
    (["A/1.png", "B/1.png", "B/3.png", "B/4.png"], "A", "B", "2 targets without an input: B/3.png, B/4.png"),
    (["C/1.png", "B/1.png"], "A", "B", "no picture is where data.inputs: A says; the pictures lie in B, C"),
    (["A/1.png", "A/1.jpg", "B/1.png"], "A", "B", "A/1.png and A/1.jpg: the same name but for the suffix"),
    (["A/x.png", "A/X.png", "B/x.png"], "A", "B", "names that some file systems take for the same"),
    (["a/b/1.png"], "a", "b", "both in data.inputs and in data.targets: a/b/1.png"),
    (["A/train/1.png", "B/train/1.png", "A/2.png", "B/2.png"], "A", "B", "and others do not: A/2.png"),
]


@pytest.mark.parametrize(("names", "inputs", "targets", "says"), WRONG)
def test_files_that_make_no_pairs_are_refused(names, inputs, targets, says):
    with pytest.raises(DataError) as caught:
        pairs(names, inputs, targets)
    assert says in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_pictures_in_neither_place_are_told():
    layout = arranged(["A/1.png", "B/1.png", "C/1.png"], {}, data("A", "B"), "set")
    assert layout.remarks == ["1 picture neither in data.inputs nor in data.targets: C/1.png"]


def test_halves_need_no_places():
    assert arranged(["top/val/1.png"], {}, Data(), "set").pairs == {"val/1": {BOTH: "top/val/1.png"}}


def test_ones_own_halves_may_all_lie_in_one_folder_and_are_then_in_train():
    own = Data(dataset="custom", direction="left_to_right", palette="none")
    for folder in ("", "scans/", "scans/2024/"):
        names = [f"{folder}Haus 1.jpg", f"{folder}ü.png"]
        expected = {"train/Haus 1": {BOTH: names[0]}, "train/ü": {BOTH: names[1]}}
        assert arranged(names, {}, own, "set").pairs == expected
        with pytest.raises(DataError, match=r"^set: 2 pictures lie elsewhere"):
            arranged(names, {}, Data(), "set")  # a published data set has splits
    for names in (["a/1.jpg", "b/2.jpg"], ["1.jpg", "train/2.jpg"], ["train/a/1.jpg"]):
        with pytest.raises(DataError, match=r"elsewhere: .* or all in one folder;"):
            arranged(names, {}, own, "set")
    with pytest.raises(DataError, match=r"set data.inputs: '\*.png' and data.targets: '\*.jpg'"):
        arranged(["x/1.png", "x/1.jpg"], {}, own, "set")
    with pytest.raises(DataError, match="the same name but for the suffix"):
        arranged(["x/1.png", "x/1.PNG"], {}, own, "set")


# --- Lists of splits ---------------------------------------------------------------------------------------

NAMES = [f"{folder}/{name}.png" for folder in ("A", "B") for name in ("s/1", "s/2", "t/3")]


def test_lists_say_the_splits():
    lists = {"train": ["s/1", "s/2.png"], "val": ["t/3.jpg"]}
    assert set(pairs(NAMES, "A", "B", lists)) == {"train/s-1", "train/s-2", "val/t-3"}
    assert set(pairs(NAMES, "A", "B", {"train": ["A/s/1.png", "B/s/2.png"], "val": ["A/t/3"]})) == {
        "train/s-1",
        "train/s-2",
        "val/t-3",
    }
    layout = arranged(NAMES, {"train": ["s/1"], "test": ["s/2"]}, data("A", "B"), "set")
    assert layout.remarks == ["1 pair in no list and not used: t/3"]


@pytest.mark.parametrize(
    ("lists", "says"),
    [
        ({"train": ["s/1", "s/9"]}, "train.txt names what is no pair: s/9; a line names a pair, such as s/1, or one"),
        ({"train": ["s/1"], "val": ["s/1.png"]}, "s/1.png is both in train.txt and in val.txt"),
    ],
)
def test_lists_that_do_not_fit_are_refused(lists, says):
    with pytest.raises(DataError, match=says):
        pairs(NAMES, "A", "B", lists)


def test_lists_beside_split_folders_are_not_used_and_that_is_told():
    layout = arranged(["A/val/1.png", "B/val/1.png"], {"train": ["1"]}, data("A", "B"), "set")
    assert set(layout.pairs) == {"val/1"}
    assert layout.remarks == ["train.txt not used: the folders say the splits"]


# --- At random ---------------------------------------------------------------------------------------------

NAME = st.text("abcXYZ019._", min_size=1, max_size=6).filter(lambda name: not name.startswith(".") and name[-1] != ".")


FORMS = ["{field}/{split}/{name}", "{split}/{field}/{name}", "{split}_{field}/{name}", "x/{field}/{split}/{name}"]


@hypothesis.given(
    st.sets(st.tuples(st.sampled_from(["train", "val", "test"]), NAME), min_size=1, max_size=8),
    st.sampled_from(FORMS),
    st.randoms(),
)  # fmt: skip
def test_any_names_in_any_layout_are_found_again(places, form, random):
    folded = {(split, name.casefold()) for split, name in places}
    hypothesis.assume(len(folded) == len(places))
    expected, names = {}, []
    for split, name in places:
        files = {
            "input": form.format(field="in", split=split, name=f"{name}.png"),
            "target": form.format(field="out", split=split, name=f"{name}.jpeg"),
        }
        expected[f"{split}/{name}"] = files
        names += files.values()
    random.shuffle(names)
    assert pairs(names, "in", "out") == expected


@pytest.mark.parametrize(
    ("names", "inputs", "targets"),
    [
        (["trainA/1.jpg", "trainB/1.jpg"], "A", "B"),
        (["train/label/1.png", "train/img/1.jpg"], "label", "img"),
        (["x/1.png", "x/1.jpg"], "*.png", "*.jpg"),
        (["depth/1.png", "depth/2.png", "colour/1.png", "colour/2.png"], "colour", "depth"),
        (["train/night/1.png", "train/day/1.jpg", "val/night/2.png", "val/day/2.jpg"], "day", "night"),
    ],
)
def test_well_known_layouts_are_suggested_where_halves_are_expected(names, inputs, targets):
    with pytest.raises(DataError, match=re.escape(f"set data.inputs: '{inputs}' and data.targets: '{targets}'")):
        arranged(names, {}, Data(), "set")


@pytest.mark.parametrize(
    "names",
    [
        ["x/1.jpg", "x/2.png"],
        ["shoes/train/1.jpg", "shoes/train/2.jpg", "bags/train/1.jpg", "bags/train/3.jpg"],  # two data sets
    ],
)
def test_of_other_layouts_no_folders_are_suggested(names):
    with pytest.raises(DataError) as caught:
        arranged(names, {}, Data(), "set")
    assert str(caught.value).endswith(
        "; if inputs and targets have files of their own, set data.inputs and data.targets; "
        "photos without partners can be learned from with data.task: colourise"
    )


INSTANCES = ["train_label/1.png", "train_img/1.jpg", "train_inst/1.png"]  # as pix2pixHD has them


def with_instances(names, instances="inst"):
    said = data("label", "img").model_copy(update={"instances": instances})
    return arranged(names, {}, said, "set.zip")


def test_instance_maps_are_found_beside_their_label_maps():
    label, photo, ids = INSTANCES
    layout = with_instances([*INSTANCES, "other/1.png"])
    assert layout.pairs == {"train/1": {"input": label, "instances": ids, "target": photo}}
    assert layout.remarks == ["1 picture neither in data.inputs nor in data.instances nor in data.targets: other/1.png"]


@pytest.mark.parametrize(
    ("names", "instances", "says"),
    [
        (INSTANCES[:2], "inst", "no picture is where data.instances: inst says; the pictures lie in train_img, "),
        ([*INSTANCES, "train_inst/2.png"], "inst", "1 instance map without an input: train_inst/2.png; partners have"),
        (
            [*INSTANCES, "train_label/2.png", "train_img/2.png"],
            "inst",
            "1 input without an instance map: train_label/2.png; partners have the same path, but for the folders and "
            "endings that data.inputs, data.instances and data.targets name",
        ),
        (INSTANCES, "*.png", "both in data.inputs and in data.instances: train_label/1.png; name places that do not"),
    ],
)
def test_instance_maps_without_a_place_of_their_own_are_refused(names, instances, says):
    with pytest.raises(DataError, match=f"^set.zip: {re.escape(says)}"):
        with_instances(names, instances)
