"""The segmenter never sees evaluation photos: what its scores are worth hangs on it."""

import hashlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from clone import Clone, fresh
from written_records import change, change_rows, read_rows

from pix2pix.data import manifests, records
from pix2pix.data.splits import Role

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, fresh_store: Path) -> Iterator[Clone]:
    """A clone with pairs, all three roles of them."""
    path = tmp_path_factory.mktemp("held_out") / "clone"
    clone = fresh(path, store=fresh_store)
    for stage in ("check", "download", "prepare"):
        clone.run("python", f"stages/{stage}.py")
    yield clone
    shutil.rmtree(path.parent, ignore_errors=True)


def test_no_photo_plays_two_roles(clone: Clone) -> None:
    """Neither by its name nor by its pixels."""
    rows = read_rows(clone.path / "data/records")
    for key in ("id", "sha256"):
        parts = [
            {str(row[key]) for row in rows if row["role"] == role} for role in ("train", "selection", "evaluation")
        ]
        assert [len(part) for part in parts] == [6, 2, 5]
        assert not any(one & other for one, other in itertools.combinations(parts, 2))


def poison(folder: Path, role: Role) -> None:
    """Make the photos and label maps of a role negatives, and the manifest agree."""
    examples, content = records.load(folder, role), manifests.read(folder)
    (shard,) = content.roles[role].shards
    negatives = [{name: 255 - value for name, value in example.items()} for example in examples]
    with tf.io.TFRecordWriter(str(folder / shard.file)) as writer:
        for id_, values in zip(examples.ids, negatives, strict=True):
            writer.write(records.example(id_, values))

    def hashed(told: list[dict[str, Any]]) -> None:
        for row, values in zip(told, negatives, strict=True):
            row["sha256"] = {name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in values.items()}

    change_rows(folder, shard.file, hashed)
    by_id = {row["id"]: row["sha256"] for row in read_rows(folder, role)}
    change(folder, lambda told: told["roles"][role].update(manifests.summed_up(by_id, None)))
    assert np.array_equal(records.load(folder, role)[0]["target"], negatives[0]["target"])


def segmenter(clone: Clone) -> tuple[dict[str, bytes], dict[str, float]]:
    """What the stage makes: the files of the model, and the figures."""
    clone.run("python", "stages/segmenter.py")
    folder = clone.path / "models/segmenter"
    model = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return model, clone.json("metrics/segmenter.json")


def test_other_evaluation_photos_make_the_same_segmenter(clone: Clone) -> None:
    """And other training photos another one, so that the poison is known to work."""
    model, figures = segmenter(clone)
    poison(clone.path / "data/records", "evaluation")
    same, others = segmenter(clone)
    assert same == model
    assert others["pixel_accuracy"] != figures["pixel_accuracy"]
    assert others["constant_pixel_accuracy"] != figures["constant_pixel_accuracy"]
    learned = {"selected_epoch", "selection_class_iou", "classes", "pairs"}
    assert {name: others[name] for name in learned} == {name: figures[name] for name in learned}
    poison(clone.path / "data/records", "train")
    assert segmenter(clone)[0]["model.weights.h5"] != model["model.weights.h5"]
