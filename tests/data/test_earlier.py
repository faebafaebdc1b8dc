"""The hashes of DVC are those of `dvc add raw`, DVC 3.67, of a folder with these two files."""

import hashlib

import pytest
from archives import data
from ruamel.yaml import YAML

from pix2pix.base.errors import DataError
from pix2pix.data import download

URL = "https://example.org/a.tar"


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "raw").mkdir()
    write(tmp_path / "raw", b"one", URL)
    return tmp_path / "raw"


def write(folder, archive, address):
    (folder / "archive").write_bytes(archive)
    digest = hashlib.sha256(archive).hexdigest()
    source = f'{{\n  "address": "{address}",\n  "bytes": 3,\n  "dataset": "custom",\n  "sha256": "{digest}"\n}}\n'
    (folder / "source.json").write_text(source)


def lock(folder, **changes):
    told = {"data.dataset": "custom", "data.url": URL, "data.sha256": None} | changes
    stage = {"params": {"params.yaml": told}, "outs": [{"path": "data/raw", "md5": DVC}]}
    YAML().dump({"schema": "2.0", "stages": {"download": stage}}, folder / "dvc.lock")
    return folder / "dvc.lock"


DVC = "4d9d4f02131547d86c381826ef72625c.dir"


def test_the_archive_of_dvc_lock_is_welcome(raw, tmp_path):
    download.refuse_other(data(url=URL), raw, lock(tmp_path))


def test_another_one_is_refused_and_can_be_allowed(raw, tmp_path):
    write(raw, b"two", URL)
    digest = hashlib.sha256(b"two").hexdigest()
    with pytest.raises(DataError, match=rf"another archive than the one that .*dvc.lock was made with.*{digest}"):
        download.refuse_other(data(url=URL), raw, lock(tmp_path))
    download.refuse_other(data(url=URL, sha256=digest), raw, lock(tmp_path))


@pytest.mark.parametrize("key", ["data.dataset", "data.url", "data.sha256"])
def test_what_other_parameters_brought_does_not_matter(raw, tmp_path, key):
    write(raw, b"two", URL)
    download.refuse_other(data(url=URL), raw, lock(tmp_path, **{key: "another"}))


def test_the_same_archive_from_the_other_address_is_welcome(raw, tmp_path, monkeypatch):
    dataset = download.Dataset(("https://new.org/a.tar", URL))
    monkeypatch.setitem(download.KNOWN, "facades", dataset)
    write(raw, b"one", "https://new.org/a.tar")
    told = lock(tmp_path, **{"data.dataset": "facades", "data.url": None})
    download.refuse_other(data(dataset="facades"), raw, told)


def test_a_large_archive_is_read_once_whatever_the_number_of_addresses(raw, tmp_path, monkeypatch):
    read, digest = [], hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, kind: (read.append(file.name), digest(file, kind))[1])
    dataset = download.Dataset(("https://new.org/a.tar", "https://other.org/a.tar", URL))
    monkeypatch.setitem(download.KNOWN, "facades", dataset)
    told = lock(tmp_path, **{"data.dataset": "facades", "data.url": None})
    download.refuse_other(data(dataset="facades"), raw, told)
    assert read == [str(raw / "archive")]


def test_an_archive_of_this_machine_may_change(raw, tmp_path):
    write(raw, b"two", "data/own")
    download.refuse_other(data(path="data/own"), raw, lock(tmp_path, **{"data.url": None}))


@pytest.mark.parametrize("text", [None, "", "[", "stages: {}", "stages: {download: {outs: []}}"])
def test_without_a_lock_of_this_version_any_archive_is_taken(raw, tmp_path, text):
    if text is not None:
        (tmp_path / "dvc.lock").write_text(text)
    download.refuse_other(data(url=URL), raw, tmp_path / "dvc.lock")
