import json
import re
from pathlib import Path
from typing import Any

import pytest
from tiny import ABOUT, about_tiny

from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.models import about
from pix2pix.params import Data, Params, Pix2pix


def test_what_is_said_of_a_training():
    params = Params(data=Data(image_size=64, direction="left_to_right"), model=Pix2pix(loss="l1"))
    told = about.of(params, "0123456789abcdef", 20, "validation_l1").told()
    sides = {"height": 64, "width": 64, "channels": 3}
    assert told.pop("settings") == {
        key: value for key, value in params.model.model_dump().items() if key != "system"
    }, "and not of the training's length or speed"
    assert told == {
        "format": 2,
        "system": "pix2pix",
        "fields": {"input": {"kind": "picture", **sides}, "target": {"kind": "label map", **sides}},
        "halves": {"input": "left", "target": "right"},
        "palette": "cmp",
        "fingerprint": "0123456789abcdef",
        "epoch": 20,
        "selected_by": "validation_l1",
    }


def test_what_is_written_is_read():
    hashes = {"architecture_sha256": "0" * 64, "weights_sha256": "f" * 64}
    for said in (ABOUT, about_tiny(palette="none"), about_tiny(palette={"sky": [0, 0, 0], "road": [9, 9, 9]})):
        written = json.loads(json.dumps(said.told() | hashes, sort_keys=True))
        read = about.read(written, "about.json")
        assert read.told() == written and read.task == said.task
        assert (read.label_classes is None) == (said.palette == "none")


@pytest.mark.parametrize(
    "told", [None, [], {}, {"format": None}, {"format": 1}, {"format": "2"}, {"format": "\x1b[2J"}]
)
def test_another_format_is_refused(told):
    with pytest.raises(
        DataError, match=r"^here: has .*, and this version reads generators of format 2; train it anew$"
    ) as no:
        about.read(told, "here")
    assert str(no.value).isprintable()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"halves": {"input": "up", "target": "left"}}, "halves input Input should be"),
        ({"halves": {"input": "\x1b[2J"}}, "halves input Input should be"),
        ({"halves": {"input": "left"}}, "it has no target"),
        ({"fields": {}}, "fields"),
        ({"fields": {"input": ABOUT.told()["fields"]["input"]}}, "it has no target"),
        (
            {"fields": {"input": {"kind": "picture", "height": "32", "width": 32, "channels": 3}}},
            "height Input should be",
        ),
        ({"palette": {"sky": [0, 0, 0], "road": [0, 0]}}, "three whole numbers from 0 to 255"),
        ({"palette": {"sky": [0, 0, 0]}}, "two to 255 classes"),
        ({"palette": "cmyk"}, "palette"),
        ({"epoch": 0}, "epoch Input should be"),
        ({"fingerprint": 7}, "fingerprint Input should be"),
        ({"settings": []}, "settings Input should be"),
        ({"more": 1}, "more Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_is_refused(change, said):
    with pytest.raises(DataError) as caught:
        about.read(ABOUT.told() | change, "here")
    assert str(caught.value).startswith("here: describes no generator of this project: ")
    assert said in str(caught.value) and str(caught.value).isprintable()


@pytest.mark.parametrize("key", [key for key in ABOUT.told() if key not in ("format", "halves")])
def test_everything_has_to_be_said(key):
    told = {name: value for name, value in ABOUT.told().items() if name != key}
    with pytest.raises(DataError, match=f"here: describes no generator of this project: {key} Field required"):
        about.read(told, "here")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"direction": "left_to_right"},
            "made for the halves input: right, target: left, params.yaml says input: left,",
        ),
        ({"image_size": 64}, "made for the fields input: label map of 32x32 pixels, target: picture of 32x32 pixels, "),
        ({"label_half": "left"}, "params.yaml says input: picture of 32x32 pixels, target: label map of 32x32 pixels;"),
        (
            {"palette": {"sky": [0, 0, 0], "road": [9, 9, 9]}},
            "made for the palette cmp, params.yaml says sky: [0, 0, 0];",
        ),
    ],
)
def test_a_model_made_for_something_else_is_refused(change, said):
    ABOUT.expect(Data(image_size=32))
    with pytest.raises(DataError) as caught:
        ABOUT.expect(Data(**{"image_size": 32} | change))
    assert said in str(caught.value) and str(caught.value).endswith("; run `dvc repro train`")


_OWN = {
    "dataset": "custom",
    "path": "src",
    "image_size": 32,
    "inputs": "a",
    "targets": "b",
    "direction": "left_to_right",
    "label_half": "left",
}
_MANY: dict[str, Any] = {f"class {n}": {"id": n, "colour": [n, 0, 9]} for n in range(20)}


def test_the_keys_of_a_class_have_no_order():
    made = ABOUT.model_copy(
        update={
            "halves": None,
            "palette": {"sky": {"colour": [0, 0, 9], "id": 7}, "road": {"colour": [128, 0, 0], "id": 3}},
        }
    )
    made.expect(Data(**_OWN, palette={"sky": {"id": 7, "colour": [0, 0, 9]}, "road": {"id": 3, "colour": [128, 0, 0]}}))


@pytest.mark.parametrize(
    ("palette", "said"),
    [
        (
            _MANY | {"class 19": {"id": 19, "colour": [0, 0, 1]}},
            "palette class 19: id 19, colour [19, 0, 9], params.yaml says class 19: id 19, colour [0, 0, 1];",
        ),
        (dict(reversed(_MANY.items())), "palette class 0: id 0, colour [0, 0, 9], params.yaml says class 19: id 19,"),
        (_MANY | {"more": {"id": 77, "colour": [1, 1, 1]}}, "palette no more classes, params.yaml says more: id 77,"),
    ],
)
def test_every_class_of_a_long_palette_counts_in_its_order(palette, said):
    made = ABOUT.model_copy(update={"halves": None, "palette": _MANY})
    with pytest.raises(DataError, match=re.escape(said)):
        made.expect(Data(**_OWN, palette=palette))


@pytest.mark.parametrize(
    ("palette", "ignore"),
    [({"sky": [0, 0, 0], "road": [9, 9, 9]}, None), ({"sky": 7, "road": {"id": 3, "colour": [1, 2, 3]}}, [255, 0])],
)
def test_classes_keep_their_order_in_a_file_whose_keys_are_sorted(tmp_path, palette, ignore):
    asked = ABOUT.model_copy(update={"palette": palette, "ignore": ignore})
    files.write_json(tmp_path / "about.json", asked.told())
    read = about.read(json.loads((tmp_path / "about.json").read_text()), "here")
    assert list(read.palette.items()) == list(palette.items())
    assert read.label_classes.names == ("sky", "road")


def test_the_model_of_the_way_back_reads_targets():
    """Of façades the label map is the right half and the input; the way back reads the left half."""
    forth, back = (about.of(Params(), "0" * 16, 1, "last", product) for product in ("generator", about.BACK))
    assert not forth.back and back.back and "back" not in forth.told()
    assert (forth.halves, back.halves) == (
        {"input": "right", "target": "left"},
        {"input": "left", "target": "right"},
    )
    assert (back.task.input.kind, back.task.target.kind) == ("picture", "label map")
    read = about.read(back.told(), Path("here"))
    assert read == back
    read.expect(Params().data)
    with pytest.raises(DataError, match="was made for the halves input: left"):
        read.model_copy(update={"back": False}).expect(Params().data)
