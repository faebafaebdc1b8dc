"""Examples of one picture: any folder, the halves of pairs, and what is not asked about them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from written_records import read_rows

from pix2pix import params
from pix2pix.base.errors import DataError, ParamsError
from pix2pix.base.pictures import png
from pix2pix.data import download, look, recorder, records, tasks
from pix2pix.data.samples import facades
from pix2pix.params import Data

DEFAULTS = params.read(Path(__file__).parents[2] / "params.yaml")


def section(**changes) -> Data:
    """The `data` section of a file that has these values, and else the defaults."""
    content = DEFAULTS | {"data": DEFAULTS["data"] | {"task": "pictures", "image_size": 32} | changes}
    return params.check(content, "params.yaml", "data").data


def noise(seed: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 40, channels), np.uint8)


def folder(path: Path, names: list[str], seeds: list[int] | None = None) -> Path:
    for number, name in enumerate(names):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(png(noise(seeds[number] if seeds else number)))
    return path


def prepared(data: Data, path: Path) -> records.Manifest:
    download.fetch(data, params.Prepare(), 1, path / "raw")
    return recorder.write(path / "raw", data, params.Prepare(), path / "records")


def custom(path: Path, **changes) -> Data:
    splits = {"evaluation_split": "train:1", "selection_split": "none"}
    return section(dataset="custom", path=str(path), **splits | changes)


def test_any_folder_will_do_and_nothing_is_asked_about_halves(tmp_path):
    names = ["a/1.png", "a/2.png", "b/c/1.png"]
    manifest = prepared(custom(folder(tmp_path / "own", names)), tmp_path)
    assert sorted(record["id"] for record in read_rows(tmp_path / "records")) == [
        "train/a-1",
        "train/a-2",
        "train/b-c-1",
    ]
    assert [field.name for field in manifest.fields] == ["target"]
    assert {role: entry.pairs for role, entry in manifest.roles.items()} == {"train": 2, "evaluation": 1}


def test_folders_of_splits_count_wherever_they_are(tmp_path):
    path = folder(tmp_path / "own", ["cats/train/1.png", "cats/test/1.png", "dogs/train/1.png", "dogs/test/1.png"])
    prepared(custom(path, evaluation_split="test"), tmp_path)
    roles = {record["id"]: record["role"] for record in read_rows(tmp_path / "records")}
    assert roles == {
        "train/cats-1": "train", "train/dogs-1": "train", "test/cats-1": "evaluation", "test/dogs-1": "evaluation",
    }  # fmt: skip


def test_grey_pictures_are_the_luma_of_the_files(tmp_path):
    prepared(custom(folder(tmp_path / "own", ["1.png", "2.png"]), target_channels=1, image_size=32), tmp_path)
    example = records.load(tmp_path / "records", "train")[0]["target"]
    assert example.shape == (32, 32, 1)
    grey = [
        np.asarray(PillowImage.fromarray(noise(seed)).convert("L").resize((32, 32), PillowImage.Resampling.BICUBIC))
        for seed in (0, 1)
    ]
    assert any(np.array_equal(example[..., 0], each) for each in grey)


def test_the_picture_of_a_pair_is_its_photo(tmp_path):
    data = section(dataset="sample", image_size=256, sample_train=1, sample_val=1, sample_test=1)
    assert tasks.halves(data) == {"target": "left"}
    prepared(data, tmp_path)
    photo, _ = facades.draw_pair(0, 1)  # the test picture comes first
    kept = records.load(tmp_path / "records", "train")[0]["target"]
    assert np.abs(kept.astype(int) - photo).mean() < 8  # JPEG


def test_bricks_are_drawn_in_grey(tmp_path):
    data = section(dataset="bricks", target_channels=1, sample_train=3, sample_val=1, sample_test=1)
    prepared(data, tmp_path)
    examples = records.load(tmp_path / "records", "train")
    assert len(examples) == 3
    assert examples[0]["target"].shape == (32, 32, 1)


def test_the_same_picture_in_two_roles_is_refused(tmp_path):
    path = folder(tmp_path / "own", ["train/1.png", "train/2.png", "test/3.png"], seeds=[1, 2, 2])
    with pytest.raises(DataError, match=r"train/2 \(train\) and test/3 \(evaluation\) are the same picture"):
        prepared(custom(path, evaluation_split="test"), tmp_path)


def test_damaged_and_rotated_pictures_are_named(tmp_path):
    path = folder(tmp_path / "own", ["1.png", "2.png", "3.png"])
    (path / "1.png").write_bytes((path / "1.png").read_bytes()[:300])
    turned = PillowImage.fromarray(noise(5))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(path / "4.jpg", exif=exif)
    with pytest.raises(DataError) as caught:
        prepared(custom(path), tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0] == "2 of 4 pictures cannot be used:"
    assert lines[1].startswith("1.png: target: damaged") and lines[2].startswith("4.jpg: target: is rotated")


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "own").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        prepared(custom(tmp_path / "own"), tmp_path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"palette": "cmp"}, "data.palette = 'cmp': must be none, because data.task: pictures has no label maps"),
        ({"dataset": "bricks", "task": "pairs", "palette": "none"}, "data.task = 'pairs': must be pictures, because"),
        ({"inputs": "A", "targets": "B"}, "data.inputs = 'A': must be null"),
    ],
)
def test_what_single_pictures_cannot_have_is_refused(changes, says):
    with pytest.raises(ParamsError) as caught:
        section(**changes)
    assert says in str(caught.value)


def test_look_shows_single_pictures(tmp_path):
    path = folder(tmp_path / "own", ["1.png", "2.png"])
    seen = look.look(path, custom(path), params.Prepare())
    assert seen.lines[0].endswith("2 pictures: train (2)")
    assert "  2 pictures of 40x40" in seen.lines
    assert not seen.refused and seen.picture is not None
