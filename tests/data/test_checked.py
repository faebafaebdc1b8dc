"""A file is hashed once on a machine, and again as soon as anything about it has changed."""

import hashlib
import os
import time

import pytest

from pix2pix.base import files
from pix2pix.data import checked


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(name="read")
def _read(monkeypatch):
    """The files that were hashed, each time."""
    read, sha256 = [], files.sha256
    monkeypatch.setattr(files, "sha256", lambda path: (read.append(path), sha256(path))[1])
    return read


@pytest.fixture(name="path")
def _path(tmp_path, monkeypatch):
    """A file that was written long ago."""
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    later(monkeypatch)
    return path


def later(monkeypatch):
    now = time.time()
    monkeypatch.setattr(checked.time, "time", lambda: now + 60)


ABC = hashlib.sha256(b"abc").hexdigest()


def test_a_file_is_read_once(path, read):
    assert [checked.has(path, ABC) for _ in range(3)] == [True] * 3
    assert read == [path]


def test_another_hash_is_never_kept(path, read, home):
    assert [checked.has(path, "0" * 64) for _ in range(2)] == [False, False]
    assert len(read) == 2 and not home.exists()


def rewritten(path):
    path.write_bytes(b"abd")


def with_its_times(path):
    status = path.stat()
    path.write_bytes(b"abd")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(path):
    other = path.with_name("other")
    other.write_bytes(b"abd")
    other.replace(path)


@pytest.mark.parametrize("change", [rewritten, with_its_times, replaced])
def test_a_changed_file_is_read_again(path, change, monkeypatch):
    assert checked.has(path, ABC)
    change(path)
    later(monkeypatch)
    assert not checked.has(path, ABC)
    assert checked.has(path, hashlib.sha256(b"abd").hexdigest())


def test_a_file_that_was_just_written_is_read_again(tmp_path, read):
    """It could be changed once more within one tick of the clock of its times."""
    path = tmp_path / "new"
    path.write_bytes(b"abc")
    assert [checked.has(path, ABC) for _ in range(2)] == [True, True]
    assert read == [path, path]


def test_what_is_kept_may_be_damaged(path, read, home):
    assert checked.has(path, ABC)
    for damage in (b"", b"1 2 3", b"\xff"):
        (note,) = (home / "checked").iterdir()
        note.write_bytes(damage)
        assert checked.has(path, ABC)
    assert len(read) == 4


def test_two_equal_files_have_a_note_each(path, read, monkeypatch):
    other = path.with_name("other")
    other.write_bytes(b"abc")
    later(monkeypatch)
    assert [checked.has(each, ABC) for each in (path, other) * 3] == [True] * 6
    assert len(read) == 2


def test_a_home_that_cannot_be_written_keeps_nothing(path, read, home):
    home.write_bytes(b"a file where the folder would be")
    assert [checked.has(path, ABC) for _ in range(2)] == [True, True]
    assert len(read) == 2
