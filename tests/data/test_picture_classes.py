"""The classes of whole pictures: from folders, from a list, from label maps; and all that tells of them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from written_records import read_rows

from pix2pix import params
from pix2pix.base.errors import DataError
from pix2pix.base.pictures import load_rgb, png
from pix2pix.data import archive, download, look, manifests, picture_classes, preview, recorder, records
from pix2pix.data.labels import CMP
from pix2pix.params import Data
from pix2pix.params.systems.cgan import Cgan

CLASSES = ["cat", "dog"]
SPLITS = {"evaluation_split": "test", "selection_split": "none"}


def custom(path: Path, **changes) -> Data:
    kinds = {"dataset": "custom", "task": "labelled", "palette": "none", "direction": "left_to_right"}
    return Data(**kinds | {"classes": CLASSES, "path": str(path), "image_size": 32} | SPLITS | changes)


def folder(path: Path, names: list[str], table: str | None = None) -> Path:
    for number, name in enumerate(names):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(png(np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)))
    if table is not None:
        (path / "classes.csv").write_text(table, encoding="utf-8")
    return path


def prepared(data: Data, path: Path) -> records.Manifest:
    download.fetch(data, params.Prepare(), 1, path / "raw")
    return recorder.write(path / "raw", data, params.Prepare(), path / "records")


def classes_of(path: Path, *roles: str) -> dict[str, int]:
    loaded = [records.load(path / "records", role) for role in roles]
    return {id_: int(each["class"]) for examples in loaded for id_, each in zip(examples.ids, examples, strict=True)}


def refused(path: Path, **changes) -> str:
    with pytest.raises(DataError) as caught:
        prepared(custom(path / "own", **changes), path)
    return str(caught.value)


FOUR = ["train/cat/1.png", "train/dog/1.png", "test/cat/2.png", "test/dog/2.png"]


@pytest.mark.parametrize(
    "names",
    [
        FOUR,
        ["cat/train/1.png", "dog/train/1.png", "cat/test/2.png", "dog/test/2.png"],
        [f"all/{name}" for name in FOUR],
    ],
)
def test_the_class_is_the_folder_at_any_depth(tmp_path, names):
    manifest = prepared(custom(folder(tmp_path / "own", names)), tmp_path)
    found = classes_of(tmp_path, "train", "evaluation")
    assert found == {"train/cat-1": 0, "train/dog-1": 1, "test/cat-2": 0, "test/dog-2": 1}
    assert [(field.name, field.kind) for field in manifest.fields] == [("class", "class"), ("target", "picture")]
    assert {record["id"]: record["class_id"] for record in read_rows(tmp_path / "records")} == found
    assert {role: entry.classes for role, entry in manifest.roles.items()} == {
        "train": {"cat": 1, "dog": 1}, "evaluation": {"cat": 1, "dog": 1},
    }  # fmt: skip
    example = records.load(tmp_path / "records", "train")[1]
    assert (example["class"].shape, example["class"].dtype) == ((), np.int32)
    again = manifests.read(tmp_path / "records")
    assert again == manifest and again.class_names == CLASSES and again.classes is None


def test_letters_with_accents_are_the_same_however_they_are_written(tmp_path):
    names = [name.replace("cat", "cafe\u0301") for name in FOUR]
    prepared(custom(folder(tmp_path / "own", names), classes=["caf\u00e9", "dog"]), tmp_path)
    assert sorted(classes_of(tmp_path, "train").values()) == [0, 1]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([*FOUR, "train/cow/1.png"], "1 picture in no folder of a class: train/cow/1.png; the classes are cat, dog"),
        ([*FOUR, "train/cat/dog/1.png"], "1 picture in folders of several classes: train/cat/dog/1.png"),
        (FOUR[:3], "no picture of the class dog in test, which is for evaluation"),
        ([FOUR[0], *FOUR[2:]], "no picture of the class dog in train, which is for train"),
    ],
)
def test_what_folders_leave_open_is_refused(tmp_path, names, says):
    folder(tmp_path / "own", names)
    assert says in refused(tmp_path)


PLAIN = ["train/1.png", "train/2.png", "test/3.png", "test/4.png"]
TABLE = "file,note,class\ntrain/1.png,,dog\ntrain\\2.png,a,cat\n./test/3,b,cat\ntest/4.png,c, dog \n"


def test_the_class_may_be_in_a_list(tmp_path):
    """Paths as Windows writes them, and without suffix, are the same."""
    manifest = prepared(custom(folder(tmp_path / "own", PLAIN, TABLE)), tmp_path)
    found = classes_of(tmp_path, "train", "evaluation")
    assert found == {"train/1": 1, "train/2": 0, "test/3": 0, "test/4": 1}
    assert manifest.remarks == []


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (f"{TABLE}test/9.png,,cat\n", "classes.csv: names what is no picture: test/9.png"),
        (TABLE.replace("test/4.png,c, dog \n", ""), "1 picture without a class: test/4.png; add a line"),
        (TABLE.replace(" dog ", "cow"), "names classes other than cat, dog (data.classes): cow (test/4.png)"),
        (TABLE.replace(" dog ", ""), "names classes other than cat, dog (data.classes): no class (test/4.png)"),
        (f"{TABLE}test/4,,dog\n", "classes.csv: names pictures twice: test/4.png"),
        ("file;class\ntrain/1.png;dog\n", "has the columns file;class; it needs file and class, with a comma"),
        ("", "has the columns none; it needs file and class"),
        ('file,class\n"train/1.png,dog\n', "a list of classes that is no CSV in UTF-8"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path, table, says):
    folder(tmp_path / "own", PLAIN, table)
    assert says in refused(tmp_path)


def test_a_second_list_is_refused(tmp_path):
    folder(tmp_path / "own", PLAIN, TABLE)
    (tmp_path / "own/test/classes.csv").write_text(TABLE, encoding="utf-8")
    assert "several lists of classes: classes.csv, test/classes.csv; leave one" in refused(tmp_path)


def test_other_tasks_pass_lists_over(tmp_path):
    data = custom(folder(tmp_path / "own", PLAIN, "no table"), task="pictures", classes=None)
    manifest = prepared(data, tmp_path)
    assert (manifest.class_names, manifest.roles["train"].classes) == (None, None)
    assert [field.name for field in manifest.fields] == ["target"]


# ---- label maps ----


def facade(shop: int, half: str = "right") -> bytes:
    """A picture of 64x32 pixels, a photo and a label map of which so many of the 1024 pixels are a shop."""
    classes = np.full(32 * 32, CMP.names.index("facade"), np.uint8)
    classes[:shop] = CMP.names.index("shop")
    parts = [np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8), CMP.paint(classes.reshape(32, 32))]
    return png(np.concatenate(parts if half == "right" else parts[::-1], axis=1))


def of_facades(**changes) -> Data:
    kinds = {"dataset": "facades", "task": "labelled", "palette": "none", "image_size": 32, "attribute": "shop"}
    return Data(**kinds | changes)


@pytest.mark.parametrize(("shop", "share", "has"), [(0, 0.02, 0), (20, 0.02, 0), (21, 0.02, 1), (512, 0.5, 1)])
def test_the_share_of_the_label_map_decides(shop, share, has):
    """20 of 1024 pixels are less than 2%, 21 are more; half of them are not less than a half."""
    assert picture_classes.by_label_map(facade(shop), of_facades(attribute_share=share), 10**6) == has
    assert of_facades().class_names == ("no shop", "shop")


def test_a_photo_where_the_label_map_should_be_is_refused():
    with pytest.raises(DataError, match=r"its right half is no label map: 98% of its pixels are farther than 25"):
        picture_classes.by_label_map(facade(0, "left"), of_facades(), 10**6)


def test_drawn_houses_have_the_classes_of_their_label_maps(tmp_path):
    """The share is that of the whole label map; the records have a smaller one."""
    drawn = {"dataset": "sample", "sample_train": 8, "sample_val": 1, "sample_test": 8}
    data = of_facades(**drawn, attribute="door", attribute_share=0.01, selection_split="none")
    prepared(data, tmp_path)
    with archive.Pictures(tmp_path / "raw/archive", data, params.Prepare(), tmp_path) as found:
        for id_, class_id in classes_of(tmp_path, "train", "evaluation").items():
            with PillowImage.open(io.BytesIO(found.read(id_)["both"])) as opened:
                label = np.asarray(opened)[:, 256:].astype(int)
            nearest = np.abs(label[..., None, :] - CMP.colours.astype(int)).astype(float) ** 2
            share = (nearest.sum(-1).argmin(-1) == CMP.names.index("door")).mean()
            assert class_id == (share >= 0.01), id_


# ---- what tells of it ----


def test_prepare_tells_the_classes_of_each_role_and_shows_them(tmp_path):
    data = custom(folder(tmp_path / "own", [*FOUR, "train/cat/3.png"]))
    told = preview.described(data, prepared(data, tmp_path), 1.0).splitlines()
    assert "  train: 3 pictures (cat 2, dog 1) from train" in told
    assert "  evaluation: 2 pictures (cat 1, dog 1) from test" in told
    assert "  class: class" in told
    assert any("the splits take no notice" in line for line in told)
    preview.draw(tmp_path / "records", 3, tmp_path / "preview.png")
    drawn = load_rgb(tmp_path / "preview.png")
    assert drawn.shape == (32 + 14 + 8, 3 * 36 + 4, 3)
    assert (drawn[36:50] < 128).any(), "words below the pictures"


def test_look_tells_the_classes_and_what_would_be_refused(tmp_path):
    path = folder(tmp_path / "own", FOUR[:3])
    seen = look.look(path, custom(path), params.Prepare())
    assert {"  class cat: 2 pictures", "  class dog: 1 picture"} <= set(seen.lines)
    assert seen.refused == [
        "no picture of the class dog in test, which is for evaluation; take another split, or more pictures of it"
    ]
    assert seen.picture is not None


def test_a_class_that_the_selection_lacks_is_a_remark(tmp_path):
    path = folder(tmp_path / "own", [*FOUR, "val/cat/5.png"])
    manifest = prepared(custom(path, selection_split="val"), tmp_path)
    assert manifest.remarks == ["no picture of the class dog in val, which chooses the epoch"]


def test_the_same_picture_in_two_roles_is_refused_whatever_its_class(tmp_path):
    path = folder(tmp_path / "own", FOUR)
    (path / "test/dog/2.png").write_bytes((path / "train/cat/1.png").read_bytes())
    assert "train/cat-1 (train) and test/dog-2 (evaluation) are the same picture" in refused(tmp_path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"classes": ["dog", "cat"]}, "the classes of pictures"),
        ({"task": "pictures", "classes": None}, "classes of pic"),
    ],
)
def test_records_of_other_classes_are_refused(tmp_path, changes, says):
    data = custom(folder(tmp_path / "own", FOUR))
    prepared(data, tmp_path)
    before = manifests.digest(manifests.read(tmp_path / "records"))
    manifests.expected(tmp_path / "records", data)
    with pytest.raises(DataError, match=says):
        manifests.expected(tmp_path / "records", custom(tmp_path / "own", **changes))
    prepared(custom(tmp_path / "own", classes=["dog", "cat"]), tmp_path)
    assert manifests.digest(manifests.read(tmp_path / "records")) != before


def test_a_classifier_has_no_other_backbone(tmp_path):
    data = custom(folder(tmp_path / "own", FOUR))
    kinds = {"data": data, "model": Cgan()}
    params.Params(**kinds)
    with pytest.raises(ValueError, match=r"compact, because with data\.task: labelled a classifier is trained"):
        params.Params(**kinds, segmenter=params.Segmenter(backbone="vgg16"))
