import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image as PillowImage
from written_records import change, change_rows, read_rows, seal

from pix2pix import params
from pix2pix.base.errors import DataError
from pix2pix.data import inspection, manifests, recorder, records, rows
from pix2pix.data.labels import CMP
from pix2pix.data.manifests import Manifest, RoleEntry, Shard
from pix2pix.data.rows import Row
from pix2pix.data.tasks import Field, Task, task

CHECKOUT = Path(__file__).parents[2]
PARAMS = params.load(CHECKOUT / "params.yaml")
REAL = CHECKOUT.parent / "shared/data/facades.tar.gz"
SIZE = 32
IDS = [f"train/{n}" for n in range(1, 13)] + ["val/1", "val/2", "test/1"]
# Measured by hand once: share of each class over the 500 label halves, in percent.
SHARES = {
    "background": 21.8, "facade": 35.6, "window": 12.8, "door": 1.3, "cornice": 3.0, "sill": 3.4, "balcony": 4.6,
    "blind": 1.1, "deco": 1.9, "molding": 8.7, "pillar": 1.1, "shop": 4.8,
}  # fmt: skip


def data(**changes):
    return PARAMS.data.model_copy(
        update={"image_size": SIZE, "evaluation_split": "val", "selection_split": "train:3", **changes}
    )


def limits(**changes):
    return PARAMS.prepare.model_copy(update={"pairs_per_shard": 4, **changes})


def picture(pair):
    """The pixels of a pair: a noise of all classes' colours on the left, two classes on the right."""
    rng = np.random.default_rng(list(pair.encode()))
    labels = np.where(rng.random((SIZE, SIZE, 1)) < rng.random(), CMP.colours[0], CMP.colours[3])
    return np.hstack([CMP.colours[rng.integers(0, 12, (SIZE, SIZE))], labels])


def png(pixels, mode="RGB"):
    file = io.BytesIO()
    PillowImage.fromarray(pixels).convert(mode).save(file, "PNG")
    return file.getvalue()


def raw(folder, entries, dataset="custom"):
    """What `download.fetch` leaves: an archive of `{name: contents}` and its `source.json`."""
    folder.mkdir()
    with tarfile.open(folder / "archive", "w:gz") as tar:
        for name, contents in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            tar.addfile(info, io.BytesIO(contents))
    sha256 = hashlib.sha256((folder / "archive").read_bytes()).hexdigest()
    (folder / "source.json").write_text(json.dumps({"dataset": dataset, "address": "a", "bytes": 1, "sha256": sha256}))
    return folder


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    return raw(tmp_path_factory.mktemp("source") / "raw", {f"top/{pair}.png": png(picture(pair)) for pair in IDS})


@pytest.fixture(scope="session")
def written(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "records"
    recorder.write(source, data(), limits(), folder)
    return folder


@pytest.fixture
def copy(written, tmp_path):
    return Path(shutil.copytree(written, tmp_path / "records"))


def examples(path):
    """The independent reader: every example of a record file."""
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        yield tf.train.Example.FromString(record).features.feature


def whole(example):
    """The picture whose right half is the input."""
    return np.hstack([example["target"], example["input"]])


def digest(folder, fields=None):
    return manifests.digest(manifests.read(folder), fields)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- writing ----------------------------------------------------------------------------------------------


def test_the_round_trip_is_lossless(written):
    seen = set()
    for role in ("train", "selection", "evaluation"):
        found = records.load(written, role)
        assert len(found) == len(found.ids)
        assert found.task == task(data())
        for index, pair in enumerate(found.ids):
            example = found[index]
            assert {value.shape for value in example.values()} == {(SIZE, SIZE, 3)}
            assert {value.dtype for value in example.values()} == {np.dtype(np.uint8)}
            np.testing.assert_array_equal(whole(example), picture(pair))
            seen.add(pair)
    assert seen == set(IDS) - {"test/1"}


def test_roles_are_in_natural_order_and_as_asked(written):
    lowest = sorted(IDS[:12], key=lambda pair: hashlib.sha256(pair.encode()).hexdigest())[:3]
    assert list(records.load(written, "train").ids) == [pair for pair in IDS[:12] if pair not in lowest]
    assert list(records.load(written, "selection").ids) == [pair for pair in IDS[:12] if pair in lowest]
    assert list(records.load(written, "evaluation").ids) == ["val/1", "val/2"]


def test_any_example_by_its_number_is_what_tensorflow_reads_in_order(written):
    found = records.load(written, "train")
    paths = sorted(written.glob("train-*.tfrecord"))
    assert [path.name for path in paths] == [f"train-0000{n}-of-00003.tfrecord" for n in range(3)]
    read = [example for path in paths for example in examples(path)]
    assert [example["id"].bytes_list.value[0].decode() for example in read] == list(found.ids)
    for index in reversed(range(len(read))):
        assert set(read[index]) == {"id", "input", "target"}
        for name in ("input", "target"):
            assert found[index][name].tobytes() == read[index][name].bytes_list.value[0]


def test_values_lie_in_the_file_and_are_not_written_to(written):
    value = records.load(written, "train")[0]["input"]
    with pytest.raises(ValueError, match="read-only"):
        value[0, 0, 0] = 1
    base = value
    while getattr(base, "base", None) is not None and not isinstance(base, np.memmap):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    assert "mmap" in type(base).__name__


def test_examples_are_read_from_several_threads(written):
    found = records.load(written, "train")
    wrong = []

    def read(seed):
        for index in np.random.default_rng(seed).integers(0, len(found), 200):
            if not (whole(found[index]) == picture(found.ids[index])).all():
                wrong.append(index)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_manifest_says_what_is_there(source, written):
    told = json.loads((written / "manifest.json").read_text())
    assert told["archive"] == hashlib.sha256((source / "archive").read_bytes()).hexdigest()
    assert told["splits"] == {"test": 1, "train": 12, "val": 2}
    assert {role: (entry["split"], entry["pairs"]) for role, entry in told["roles"].items()} == {
        "train": ("train", 9), "evaluation": ("val", 2), "selection": ("train:3", 3),
    }  # fmt: skip
    for entry in told["roles"].values():
        for shard in entry["shards"]:
            path = written / shard["file"]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == shard["sha256"]
            assert path.stat().st_size == shard["size"]
            assert hashlib.sha256(path.with_suffix(".jsonl").read_bytes()).hexdigest() == shard["rows"]
            assert len(list(examples(path))) == shard["pairs"]
    assert told["direction"] == "right_to_left" and told["format"] == 3
    sides = {"height": SIZE, "width": SIZE, "channels": 3}
    assert told["fields"] == {"input": {"kind": "label map", **sides}, "target": {"kind": "picture", **sides}}
    found = read_rows(written)
    for row in found:
        pixels = picture(row["id"])
        halves = {"input": pixels[:, SIZE:], "target": pixels[:, :SIZE]}
        assert row["sha256"] == {name: hashlib.sha256(half.tobytes()).hexdigest() for name, half in halves.items()}
        assert (row["width"], row["height"]) == (2 * SIZE, SIZE)
        background = (pixels[:, SIZE:] == CMP.colours[0]).all(axis=2).mean()
        assert row["shares"]["background"] == background
        assert row["shares"]["door"] == 1 - background
        assert "note" not in row
    assert Counter(row["role"] for row in found) == {"train": 9, "evaluation": 2, "selection": 3}


def test_the_manifest_sums_up_the_rows(written):
    """All figures are worked out from the rows alone."""
    content = manifests.read(written)
    assert content.sizes == {f"{2 * SIZE}x{SIZE}": 14} and content.notes == {}
    far = [row["far"]["input"] for row in read_rows(written)]
    assert (content.far.mean, content.far.worst) == (pytest.approx(np.mean(far)), max(far))
    for role, entry in content.roles.items():
        found = read_rows(written, role)
        assert entry.shares == pytest.approx(
            {name: np.mean([row["shares"][name] for row in found]) for name in CMP.names}
        )
        assert entry.ids == framed_sha256(sorted(row["id"] for row in found))
        assert entry.learnt == {
            name: framed_sha256([word for row in found for word in (row["id"], row["sha256"][name])])
            for name in ("input", "target")
        }
        by_id = sorted(found, key=lambda row: row["id"])
        words = [(row["id"], "input", row["sha256"]["input"], "target", row["sha256"]["target"]) for row in by_id]
        assert entry.pictures == framed_sha256([word for row in words for word in row])


def framed_sha256(words):
    return hashlib.sha256(b"".join(len(word).to_bytes(8, "little") + word.encode() for word in words)).hexdigest()


def test_the_same_pairs_give_the_same_bytes_whatever_their_order_in_the_archive(source, written, tmp_path):
    recorder.write(source, data(), limits(), tmp_path / "again")
    assert contents(tmp_path / "again") == contents(written)
    other = raw(tmp_path / "raw", {f"{pair}.png": png(picture(pair)) for pair in reversed(IDS)})
    recorder.write(other, data(), limits(), tmp_path / "other")
    shards = {name: bytes for name, bytes in contents(written).items() if name != "manifest.json"}
    assert {n: b for n, b in contents(tmp_path / "other").items() if n != "manifest.json"} == shards
    assert digest(tmp_path / "other") == digest(written), "the archive differs, the data do not"


def test_the_digest_follows_what_is_learnt_from_and_nothing_else(source, written, tmp_path):
    whole = digest(written)
    assert re.fullmatch("[0-9a-f]{64}", whole)
    recorder.write(source, data(), limits(pairs_per_shard=5), tmp_path / "shards")
    assert digest(tmp_path / "shards") == whole
    for number, changes in enumerate(
        [
            {"image_size": 64},
            {"selection_split": "train:4"},
            {"label_half": "left"},
            {"palette": "none"},
            {"direction": "left_to_right"},
            {"direction": "left_to_right", "palette": "none"},
        ]
    ):
        recorder.write(source, data(**changes), limits(), tmp_path / str(number))
        assert digest(tmp_path / str(number)) != whole, changes


def test_the_digest_of_photo_and_label_map_does_not_ask_which_is_the_input(source, written, tmp_path):
    def of_both(folder):
        job = records.load(folder, "train").task
        return digest(folder, [job.photo.name, job.label.name])

    recorder.write(source, data(direction="left_to_right"), limits(), tmp_path / "swapped")
    assert of_both(tmp_path / "swapped") == of_both(written)
    assert digest(written, ["target", "input"]) == of_both(written) != digest(written)
    others = [of_both(written), *(digest(written, [name]) for name in ("input", "target"))]
    assert len(set(others)) == 3
    recorder.write(source, data(direction="left_to_right", label_half="left"), limits(), tmp_path / "other")
    assert of_both(tmp_path / "other") != of_both(written)


def test_fields_of_any_shape_and_classes_are_stored(tmp_path):
    """What no archive gives yet: rectangles of one and of four channels, and a class."""
    fields = Field("input", "label map", 4, 6, 1), Field("style", "class", 1, 1, 1), Field("target", "picture", 4, 6, 4)
    random = np.random.default_rng(0)
    made = [
        {
            "input": random.integers(0, 256, (4, 6, 1), np.uint8),
            "style": np.int32(-300 + number),
            "target": random.integers(0, 256, (4, 6, 4), np.uint8),
        }
        for number in range(3)
    ]
    folder, file, written, offset = tmp_path, "train-00000-of-00001.tfrecord", [], 0
    with tf.io.TFRecordWriter(str(folder / file)) as writer:
        for number, values in enumerate(made):
            record = records.example(f"train/{number}", values)
            writer.write(record)
            hashes = dict.fromkeys(values, "0" * 64)
            written.append(Row(id=f"train/{number}", offset=offset, width=1, height=1, sha256=hashes))
            offset += records.framed(len(record))
    path = folder / file
    rows.write(rows.beside(path), written)
    hashed = {"sha256": path, "rows": rows.beside(path)}
    hashes = {name: hashlib.sha256(each.read_bytes()).hexdigest() for name, each in hashed.items()}
    shard = Shard(file=file, pairs=3, size=path.stat().st_size, **hashes)
    told = manifests.summed_up({row.id: row.sha256 for row in written}, None)
    content = Manifest(
        format=3, dataset="custom", archive="0" * 64, direction="left_to_right", fields=fields, classes=None,
        splits={"train": 3}, roles={"train": RoleEntry(split="train", pairs=3, shards=[shard], **told)},
        sizes={}, notes={}, remarks=[],
    )  # fmt: skip
    manifests.write(folder, content)
    assert manifests.read(folder) == content
    found = records.load(folder, "train")
    assert found.task == Task(fields)
    for example, values in zip(found, made, strict=True):
        for name, value in values.items():
            np.testing.assert_array_equal(example[name], value)
            assert example[name].dtype == value.dtype


def test_without_a_palette_there_are_no_classes(source, tmp_path):
    manifest = recorder.write(source, data(palette="none", selection_split="none"), limits(), tmp_path / "records")
    told = json.loads((tmp_path / "records/manifest.json").read_text())
    assert told["classes"] is None
    assert {entry["kind"] for entry in told["fields"].values()} == {"picture"}
    assert all("shares" not in row for row in read_rows(tmp_path / "records"))
    assert all("shares" not in entry for entry in told["roles"].values())
    assert manifests.read(tmp_path / "records") == manifest


def test_a_palette_of_ones_own(source, tmp_path):
    palette = {"sky": [0, 0, 222], "road": [1, 207, 255]}
    manifest = recorder.write(source, data(palette=palette), limits(), tmp_path / "records")
    assert manifest.classes == ["sky", "road"]
    assert all(set(row["shares"]) == {"sky", "road"} for row in read_rows(tmp_path / "records"))


def test_a_role_of_none_is_absent(source, tmp_path):
    recorder.write(source, data(selection_split="none"), limits(), tmp_path / "records")
    assert "train" in manifests.read(tmp_path / "records").roles
    assert "selection" not in manifests.read(tmp_path / "records").roles
    with pytest.raises(DataError, match=r"no records of the role selection; data.selection_split"):
        records.load(tmp_path / "records", "selection")


def test_a_lacking_split_is_refused(source, tmp_path):
    with pytest.raises(DataError, match=r"data.evaluation_split = train:12: leaves none"):
        recorder.write(source, data(evaluation_split="train:12"), limits(), tmp_path / "records")


def test_converted_pictures_are_named_in_the_manifest(tmp_path):
    entries = {f"{pair}.png": png(picture(pair), "RGBA" if pair == "val/2" else "RGB") for pair in IDS}
    manifest = recorder.write(raw(tmp_path / "raw", entries), data(), limits(), tmp_path / "records")
    assert {row["id"]: row["note"] for row in read_rows(tmp_path / "records") if "note" in row} == {
        "val/2": "RGBA with opaque alpha"
    }
    assert manifest.notes == {"RGBA with opaque alpha": 1}
    assert manifests.read(tmp_path / "records") == manifest


def test_the_memory_of_pictures_in_work_is_bounded(source, written, tmp_path, monkeypatch):
    lock, at_work, most = threading.Lock(), [], []
    read = inspection.reading.read

    def counted(*arguments):
        with lock:
            at_work.append(1)
            most.append(len(at_work))
        try:
            return read(*arguments)
        finally:
            with lock:
                at_work.pop()

    monkeypatch.setattr(inspection.reading, "read", counted)
    monkeypatch.setattr(inspection, "_IN_WORK", 1)
    recorder.write(source, data(), limits(), tmp_path / "records")
    assert set(most) == {1}
    assert contents(tmp_path / "records") == contents(written)


def test_messages_name_the_archive_that_the_user_gave(tmp_path):
    folder = raw(tmp_path / "raw", {"train/1.txt": b""})
    with pytest.raises(DataError, match=r"^a: holds no pictures"):
        recorder.write(folder, data(), limits(), tmp_path / "records")


def test_every_bad_picture_is_named_even_of_a_split_without_use(tmp_path):
    entries = {f"top/{pair}.png": png(picture(pair)) for pair in IDS}
    entries["top/train/2.png"] = entries["top/train/2.png"][:100]
    entries["top/val/1.png"] = b"no picture"
    entries["top/test/1.png"] = png(picture("test/1")[:, 1:])
    with pytest.raises(DataError) as caught:
        recorder.write(raw(tmp_path / "raw", entries), data(), limits(), tmp_path / "data/records")
    first, *lines = str(caught.value).splitlines()
    assert first == "3 of 15 pictures cannot be used:"
    assert [line.split(":")[0] for line in lines] == ["top/test/1.png", "top/train/2.png", "top/val/1.png"]
    assert list((tmp_path / "data").iterdir()) == [], "nothing looks finished"


def test_a_failure_leaves_earlier_records(copy, tmp_path):
    before = contents(copy)
    with pytest.raises(DataError):
        recorder.write(raw(tmp_path / "raw", {"train/1.png": b"bad", "val/1.png": b""}), data(), limits(), copy)
    assert contents(copy) == before


def test_an_archive_that_changed_since_its_download_is_refused(source, tmp_path):
    folder = Path(shutil.copytree(source, tmp_path / "raw"))
    (folder / "archive").write_bytes(gzip.compress(b"else"))
    with pytest.raises(DataError, match="changed since it was fetched"):
        recorder.write(folder, data(), limits(), tmp_path / "records")
    (folder / "source.json").unlink()
    with pytest.raises(DataError, match="run `dvc repro download`"):
        recorder.write(folder, data(), limits(), tmp_path / "records")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"dataset": "custom"}', '{"dataset": 1, "address": "a", "sha256": "x"}', "\udcff"]
)
def test_a_damaged_source_file_is_one_line(source, tmp_path, text):
    folder = Path(shutil.copytree(source, tmp_path / "raw"))
    (folder / "source.json").write_text(text, errors="surrogateescape")
    with pytest.raises(DataError, match=r"^[^\n]*source.json: damaged; rerun `dvc repro -f download`$"):
        recorder.write(folder, data(), limits(), tmp_path / "records")


def test_what_pillow_only_warns_of_is_refused_by_name(tmp_path):
    exif = PillowImage.Exif()
    exif[0x0110] = "a camera of a long name"
    file = io.BytesIO()
    PillowImage.fromarray(picture("train/1")).save(file, "JPEG", exif=exif.tobytes()[:-10])
    entries = {f"{pair}.png": png(picture(pair)) for pair in IDS[1:]} | {"train/1.jpg": file.getvalue()}
    with pytest.raises(DataError, match=r"1 of 15 pictures cannot be used:\ntrain/1.jpg: damaged .*Truncated"):
        recorder.write(raw(tmp_path / "raw", entries), data(), limits(), tmp_path / "records")


# --- damage -----------------------------------------------------------------------------------------------


def cut_at_a_record(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 4 * 3])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "cut at a record": cut_at_a_record,
    "cut in a record": lambda path: os.truncate(path, 1000),
    "emptied": lambda path: path.write_bytes(b""),
    "bit flip": flip_a_bit,
    "missing": Path.unlink,
    "another": lambda path: shutil.copy(path.with_name("train-00001-of-00003.tfrecord"), path),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_shard_is_one_line_that_names_it(copy, damage):
    path = copy / "train-00000-of-00003.tfrecord"
    DAMAGE[damage](path)
    with pytest.raises(DataError, match=r"^[^\n]*train-00000-of-00003.tfrecord: .*; rerun `dvc repro -f prepare`$"):
        records.load(copy, "train")
    assert len(records.load(copy, "evaluation")) == 2, "other roles are whole"


@pytest.mark.parametrize(
    "edit",
    [
        lambda told: told["fields"]["input"].update(height=SIZE // 2),
        lambda told: told["fields"]["target"].update(kind="class", height=1, width=1, channels=1),
        lambda told: told["fields"].update(depth=told["fields"]["input"]),
        lambda told: told["fields"].pop("input"),
        lambda told: told.update(fields={}),
        lambda told: told["roles"]["train"]["shards"].pop(),
        lambda told: told["roles"]["train"]["shards"][0].update(pairs=3),
        lambda told: told["roles"]["train"]["shards"][0].update(file="train-00009-of-00003.tfrecord"),
        lambda told: told["roles"]["train"]["shards"][0].update(file="../../train-00000-of-00003.tfrecord"),
        lambda told: told["roles"]["train"]["shards"][0].update(size=3),
        lambda told: told["roles"]["train"]["shards"][0].update(rows="0" * 64),
        lambda told: told["roles"]["train"].update(pairs=8),
        lambda told: told["roles"]["train"].pop("learnt"),
        lambda told: told.pop("fields"),
        lambda told: told.pop("direction"),
        lambda told: told.update(more=1),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(copy, edit):
    change(copy, edit)
    with pytest.raises(DataError, match=r"^[^\n]*; rerun `dvc repro -f prepare`$"):
        records.load(copy, "train")


@pytest.mark.parametrize(
    "edit",
    [
        lambda told: told.pop(0),
        lambda told: told.append(told[-1]),
        lambda told: told.reverse(),
        lambda told: told[1].update(offset=5),
        lambda told: told[1].update(id="train/99"),
        lambda told: told[1].update(id=told[0]["id"]),
        lambda told: told[1].update(width=0),
        lambda told: told[1].update(more=1),
        lambda told: told[1].pop("sha256"),
        list.clear,
    ],
)
def test_rows_that_say_something_else_are_refused(copy, edit):
    change_rows(copy, "train-00000-of-00003.tfrecord", edit)
    with pytest.raises(DataError, match=r"^[^\n]*train-00000-of-00003\.[^\n]*; rerun `dvc repro -f prepare`$"):
        records.load(copy, "train")


@pytest.mark.parametrize("damage", ["cut at a record", "cut in a record", "emptied", "bit flip", "missing"])
def test_damaged_rows_are_one_line_that_names_them(copy, damage):
    path = copy / "train-00000-of-00003.jsonl"
    if damage.startswith("cut"):
        path.write_bytes(
            path.read_bytes().rpartition(b"{")[0] if damage == "cut at a record" else path.read_bytes()[:-9]
        )
    else:
        DAMAGE[damage](path)
    with pytest.raises(DataError, match=r"^[^\n]*train-00000-of-00003.jsonl: .*; rerun `dvc repro -f prepare`$"):
        records.load(copy, "train")


@pytest.mark.parametrize(
    "edit",
    [
        lambda told: told["roles"]["train"].update(pictures="0" * 64),
        lambda told: told["roles"]["train"]["learnt"].update(input="0" * 64),
        lambda told: told.update(archive="0" * 64),
        lambda told: told["splits"].update(train=99),
    ],
)
def test_a_manifest_that_was_changed_in_any_way_is_refused(copy, edit):
    change(copy, edit, sealed=False)
    with pytest.raises(DataError, match=r"^[^\n]*manifest.json: changed since it was written .*dvc repro -f prepare`$"):
        records.load(copy, "train")


def test_a_shard_cut_in_a_record_is_found_even_if_its_hash_matches(copy):
    path = copy / "train-00000-of-00003.tfrecord"
    os.truncate(path, path.stat().st_size - 100)
    seal(copy, path.name)
    with pytest.raises(DataError, match=r"train-00000-of-00003.tfrecord: 4 records, its rows say 4 or others"):
        records.load(copy, "train")


def test_examples_follow_the_order_of_the_shards_in_the_manifest(copy, written):
    change(copy, lambda told: told["roles"]["train"]["shards"].reverse())
    files = [f"train-0000{number}-of-00003.tfrecord" for number in (2, 1, 0)]
    order = [row["id"] for file in files for row in read_rows(written) if row["shard"] == file]
    assert list(records.load(copy, "train").ids) == order
    found = records.load(copy, "train")
    for index, pair in enumerate(found.ids):
        np.testing.assert_array_equal(whole(found[index]), picture(pair))


@pytest.mark.parametrize("told", ["none", 1, 2, 4, "\x1b[2J", [2]])
def test_records_of_another_format_are_refused(copy, told):
    """The first format named none, and had `image_size`, `label_half` and `pairs`."""
    if told == "none":
        change(copy, lambda content: content.pop("format"))
    else:
        change(copy, lambda content: content.update(format=told))
    with pytest.raises(
        DataError, match=r"^[^\n]*manifest.json: records of another format .*dvc repro -f prepare`$"
    ) as no:
        records.load(copy, "train")
    assert str(no.value).isprintable()


@pytest.mark.parametrize("text", ["", "{", "[]", "\0"])
def test_a_manifest_that_is_none_is_refused(copy, text):
    (copy / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=r"manifest.json: not a manifest"):
        records.load(copy, "train")


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("sha256", {"input": "0" * 64}, "has hashes of other fields"),
        ("sha256", dict.fromkeys(("input", "target", "mask"), "0" * 64), "has hashes of other fields"),
        ("shares", {"sky": 1.0}, "has shares of other classes"),
        ("far", {"mask": 0.5}, "is far from the palette in other fields"),
    ],
)
def test_a_row_that_says_more_or_less_than_its_fields_is_refused(copy, part, value, said):
    change_rows(copy, "train-00000-of-00003.tfrecord", lambda told: told[3].update({part: value}))
    with pytest.raises(DataError, match=rf"train-00000-of-00003.jsonl: line 4 {said}; rerun"):
        records.load(copy, "train")


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("learnt", {"input": "0" * 64}, "train has hashes of other fields"),
        ("shares", {"sky": 1.0}, "train has shares of other classes"),
        ("pairs", 8, "train:?.*: the shards have other numbers of pairs"),
    ],
)
def test_a_role_that_says_more_or_less_than_it_has_is_refused(copy, part, value, said):
    change(copy, lambda told: told["roles"]["train"].update({part: value}))
    with pytest.raises(DataError, match=rf"manifest.json: not a manifest \({said}\); rerun"):
        manifests.read(copy)


# --- roles of any size ------------------------------------------------------------------------------------


@pytest.fixture(name="large")
def _large(monkeypatch):
    """Any role is a large one, which is not checked at once."""
    monkeypatch.setattr(records, "CHECKED_AT_ONCE", 0)


@pytest.mark.usefixtures("large")
def test_a_large_role_has_the_same_examples(written, monkeypatch):
    monkeypatch.setattr(records, "_MAPPED", 1)  # each jump between shards maps another one
    found = records.load(written, "train")
    order = np.random.default_rng(0).permutation(3 * len(found)) % len(found)
    for number in order.tolist():
        np.testing.assert_array_equal(whole(found[number]), picture(found.ids[number]))
    assert [found.ids[number] for number in (-1, 0)] == found.ids[-1:] + found.ids[:1]
    with pytest.raises(IndexError):
        found[len(found)]


@pytest.mark.usefixtures("large")
def test_of_a_large_role_only_what_is_used_is_checked(copy):
    """Its sizes are checked at once; a shard's bytes and rows when its first example is read."""
    for name in ("train-00001-of-00003.tfrecord", "train-00002-of-00003.jsonl"):
        flip_a_bit(copy / name)
    found = records.load(copy, "train")
    assert [whole(found[number]).shape for number in range(4)] == [(SIZE, 2 * SIZE, 3)] * 4
    for number, name in ((4, "train-00001-of-00003.tfrecord"), (8, "train-00002-of-00003.jsonl")):
        for _ in range(2):
            with pytest.raises(DataError, match=rf"{name}: changed since it was written"):
                found[number]
    os.truncate(copy / "train-00001-of-00003.tfrecord", 100)
    with pytest.raises(DataError, match=r"train-00001-of-00003.tfrecord: 100 bytes, manifest.json says [0-9,]+; rerun"):
        records.load(copy, "train")


def test_without_a_manifest_the_stage_is_named(tmp_path):
    with pytest.raises(DataError, match="run `dvc repro prepare`"):
        manifests.read(tmp_path)


# --- the real thing ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.exists(), reason="shared/data/facades.tar.gz is not beside this checkout")
def test_the_real_archive_has_the_published_pairs_and_classes(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/archive").symlink_to(REAL)
    sha256 = hashlib.sha256(REAL.read_bytes()).hexdigest()
    (tmp_path / "raw/source.json").write_text(json.dumps({"dataset": "facades", "address": "a", "sha256": sha256}))
    changes = {"image_size": 256, "evaluation_split": "val", "selection_split": "train:40"}
    manifest = recorder.write(tmp_path / "raw", data(**changes), limits(pairs_per_shard=100), tmp_path / "records")
    assert manifest.splits == {"train": 400, "val": 100}
    assert {role: entry.pairs for role, entry in manifest.roles.items()} == {
        "train": 360, "evaluation": 100, "selection": 40,
    }  # fmt: skip
    found = read_rows(tmp_path / "records")
    assert manifest.sizes == {"512x256": 500} and len(found) == 500
    for name, percent in SHARES.items():
        assert 100 * np.mean([row["shares"][name] for row in found]) == pytest.approx(percent, abs=0.5), name
    # Measured apart from this code: 23% of the label pixels are farther than 25 from all colours, 54% in the worst.
    far = [row["far"]["input"] for row in found]
    assert (np.mean(far), max(far)) == pytest.approx((0.225, 0.54), abs=0.005)
    assert min(row["far"]["target"] for row in found) > 0.99
    assert manifest.remarks == []
    shutil.rmtree(tmp_path / "records")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"direction": "left_to_right"}, "made for data.direction = right_to_left, params.yaml says left_to_right"),
        ({"fit": "crop"}, "made for data.fit = resize, params.yaml says crop"),
        (
            {"image_size": [32, 64]},
            "target: picture of 32x32 pixels, params.yaml says input: label map of 64x32 pixels,",
        ),
        ({"image_size": 64}, "target: picture of 32x32 pixels, params.yaml says input: label map of 64x64 pixels,"),
        ({"label_half": "left"}, "made for the fields = input: label map of 32x32 pixels, target: picture of 32x32"),
        ({"palette": "none"}, "made for data.palette = ['background',"),
        ({"palette": {"a": [0, 0, 0], "b": [9, 9, 9]}}, "made for data.palette = "),
        ({"evaluation_split": "train:2"}, "made for data.evaluation_split = "),
        ({"selection_split": "none"}, "made for data.selection_split = "),
        ({"dataset": "sample"}, "made for data.dataset = "),
        # DVC takes it for the same mapping, and skips `prepare` without -f.
        (
            {
                "palette": {
                    name: colour.tolist() for name, colour in reversed([*zip(CMP.names, CMP.colours, strict=True)])
                }
            },
            "made for data.palette = ",
        ),
    ],
)
def test_records_made_for_other_parameters_are_refused(written, changes, told):
    own = {"dataset": "custom"}
    assert manifests.expected(written, data(**own)) == manifests.read(written)
    with pytest.raises(DataError, match=re.escape(told)) as caught:
        manifests.expected(written, data(**(own | changes)))
    assert "rerun `dvc repro -f prepare`" in str(caught.value)
