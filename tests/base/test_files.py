import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from pix2pix.base import files
from pix2pix.base.errors import DataError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with files.whole(path) as temporary:
        temporary.write_text("content")
        assert temporary.parent == path.parent  # a rename across file systems would not be atomic
        assert not path.exists()
    assert path.read_text() == "content"
    assert names(path.parent) == ["file.txt"]


def test_a_failed_write_leaves_nothing_new_and_the_old_as_it_was(tmp_path):
    path = tmp_path / "file.txt"
    for expected in ([], ["file.txt"]):
        with pytest.raises(RuntimeError, match="half"), files.whole(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("half way")
        assert names(tmp_path) == expected
        path.write_text("old")
    assert path.read_text() == "old"


def test_a_failed_folder_leaves_nothing_new_and_the_old_as_it_was(tmp_path):
    path = tmp_path / "folder"
    for expected in ([], ["folder"]):
        with pytest.raises(KeyboardInterrupt), files.whole(path) as temporary:
            temporary.mkdir()
            (temporary / "half").touch()
            raise KeyboardInterrupt
        assert names(tmp_path) == expected
        path.mkdir(exist_ok=True)
        (path / "old").write_text("old")
    assert names(path) == ["old"]


def test_a_folder_takes_the_place_of_an_older_one(tmp_path):
    path = tmp_path / "folder"
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "stale").touch()
    with files.whole(path) as temporary:
        temporary.mkdir()
        (temporary / "fresh").write_text("1")
        assert (path / "deep" / "stale").exists()
    assert names(path) == ["fresh"]
    assert names(tmp_path) == ["folder"]


def test_forgetting_to_write_is_an_error_and_keeps_the_old(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), files.whole(path):
        pass
    assert path.read_text() == "old"


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_killed_processes_left_is_removed_and_what_living_ones_write_is_not(tmp_path, kind):
    path = tmp_path / "a[1].json"  # brackets mean something to glob
    pids = {"dead": dead_process(), "living": os.getppid()}
    leftovers = {state: tmp_path / f".{path.name}.{pid}.part" for state, pid in pids.items()}
    other = tmp_path / f".other.json.{pids['dead']}.part"
    for leftover in (*leftovers.values(), other):
        if kind == "folder":
            leftover.mkdir()
            (leftover / "inner").touch()
        else:
            leftover.touch()
    files.write_text(path, "x")
    assert not leftovers["dead"].exists()
    assert leftovers["living"].exists()
    assert other.exists()  # it belongs to another file


def test_a_killed_process_leaves_the_old_content(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    command = (
        "import os, signal, sys; from pathlib import Path; from pix2pix.base.files import whole\n"
        "with whole(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    source = {"PYTHONPATH": str(files.CHECKOUT / "src")}
    result = subprocess.run([sys.executable, "-c", command, str(path)], env=os.environ | source, check=False)
    assert result.returncode == -9
    assert path.read_text() == "old"
    assert len(names(tmp_path)) == 2
    files.write_text(path, "new")
    assert names(tmp_path) == ["file"] and path.read_text() == "new"


@pytest.mark.parametrize("name", [None, "a"])
def test_sweeping_one_name_or_all(tmp_path, name):
    dead, living = dead_process(), os.getppid()
    parts = {f".{what}.{pid}.part" for what in ("a", "b", "a.old") for pid in (dead, living)}
    others = {"a", "b.part", f".a.{dead}", ".a.x.part", "step-00000001"}
    for found in parts | others:
        (tmp_path / found).mkdir()
        (tmp_path / found / "inner").touch()
    files.sweep(tmp_path, name)
    gone = {found for found in parts if str(dead) in found and (name is None or found.startswith(".a."))}
    assert set(names(tmp_path)) == (parts | others) - gone


def test_discarding(tmp_path):
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "file").touch()
    (tmp_path / "kept").mkdir()
    files.discard(tmp_path / "folder")
    assert names(tmp_path) == ["kept"]


def test_a_killed_process_leaves_a_folder_that_it_was_discarding_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in "abc":
        (folder / name).touch()
    code = (
        "import os, signal, sys; from pathlib import Path; from pix2pix.base import files\n"
        "def half(path):\n"
        "    if path.exists():\n"
        "        (path / 'b').unlink(); os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.remove = half\n"
        "files.discard(Path(sys.argv[1]))"
    )
    source = {"PYTHONPATH": str(files.CHECKOUT / "src")}
    result = subprocess.run([sys.executable, "-c", code, str(folder)], env=os.environ | source, check=False)
    assert result.returncode == -9
    assert [name for name in names(tmp_path) if not name.startswith(".")] == []
    assert len(names(tmp_path)) == 1
    files.sweep(tmp_path)
    assert names(tmp_path) == []


def test_what_an_earlier_process_of_the_same_number_left_is_in_nobodys_way(tmp_path):
    """In a container every process has the number it had after the last start."""
    for name in ("folder", f".folder.{os.getpid()}.part", f".folder.old.{os.getpid()}.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    with files.whole(tmp_path / "folder") as temporary:
        temporary.mkdir()
        (temporary / "fresh").touch()
    assert names(tmp_path) == ["folder"] and names(tmp_path / "folder") == ["fresh"]
    (tmp_path / f".folder.{os.getpid()}.part" / "deep").mkdir(parents=True)
    files.discard(tmp_path / "folder")
    assert names(tmp_path) == []


def test_removing(tmp_path):
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    for name in ("folder", "link", "absent"):
        files.remove(tmp_path / name)
    assert names(tmp_path) == ["kept"]
    assert names(tmp_path / "kept") == ["file"]  # the link went, not what it pointed to


def test_json_is_sorted_readable_and_the_same_every_time(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"b": 1, "a": {"ü": [1.5, None]}})
    assert path.read_bytes() == '{\n  "a": {\n    "ü": [\n      1.5,\n      null\n    ]\n  },\n  "b": 1\n}\n'.encode()
    assert files.read_json(path) == {"a": {"ü": [1.5, None]}, "b": 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_json_without_numbers_that_json_does_not_have(tmp_path, value):
    path = tmp_path / "a.json"
    files.write_json(path, 1)
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(path, value)
    assert json.loads(path.read_text()) == 1
    assert names(tmp_path) == ["a.json"]


@pytest.mark.parametrize("number", [np.int64(3), np.float32(0.5), np.uint8(7), np.bool_(True)])
def test_json_has_the_numbers_of_numpy(tmp_path, number):
    """A table gives such: a column of accuracies that are all 0 or 1 is one of whole numbers."""
    files.write_json(tmp_path / "a.json", {"a": number})
    assert files.read_json(tmp_path / "a.json") == {"a": number.item()}


def test_what_is_no_number_is_refused(tmp_path):
    with pytest.raises(TypeError, match="is no number"):
        files.write_json(tmp_path / "a.json", {"a": tmp_path})


def test_known_hashes(tmp_path):
    """FIPS 180-2, appendix B.1, and the empty text."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert files.sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"")
    assert files.sha256(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_boundaries_between_hashed_parts_count():
    digests = [files.sha256_of(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], [])]
    assert len(set(digests)) == 5
    assert files.sha256_of(["é"]) == files.sha256_of(["é".encode()])


def test_a_hash_of_parts_is_that_of_their_lengths_and_bytes():
    told = bytes([2, 0, 0, 0, 0, 0, 0, 0]) + b"ab" + bytes([3, 0, 0, 0, 0, 0, 0, 0]) + bytes([7, 8, 9])
    assert files.sha256_of(["ab", np.array([7, 8, 9], np.uint8).data]) == hashlib.sha256(told).hexdigest()


def test_home_is_what_the_user_says_else_dvcs_root_else_the_checkout(monkeypatch, tmp_path):
    for name in ("PIX2PIX_HOME", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    assert files.home() == Path(__file__).resolve().parents[2]
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "dvc"))
    assert files.home() == tmp_path / "dvc"
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "own"))
    assert files.home() == tmp_path / "own"
    monkeypatch.setenv("PIX2PIX_HOME", "")
    assert files.home() == tmp_path / "dvc"


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_an_exchange_that_fails_halfway_is_undone(tmp_path, monkeypatch, error):
    """A folder is replaced by two renames; between them neither is in its place."""
    folder = tmp_path / "model"
    with files.whole(folder) as temporary:
        temporary.mkdir()
        (temporary / "weights").write_text("old")
    monkeypatch.setattr(Path, "replace", Mock(side_effect=error))
    with pytest.raises(type(error)), files.whole(folder) as temporary:
        temporary.mkdir()
        (temporary / "weights").write_text("new")
    assert (folder / "weights").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_exchange_that_was_killed_halfway_is_undone_by_the_next(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    old = tmp_path / f".model.old.{process.pid}.part"
    old.mkdir()
    (old / "weights").write_text("old")
    files.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model/weights").read_text() == "old"


@pytest.mark.parametrize("there", [True, False])
def test_a_probe_leaves_nothing_and_changes_nothing(tmp_path, there):
    path = tmp_path / "new/out.json"
    if there:
        files.write_text(path, "mine")
    files.probe(path)
    assert names(path.parent) == (["out.json"] if there else [])
    assert not there or path.read_text() == "mine"


def test_a_probe_that_cannot_write_names_the_output(tmp_path, monkeypatch):
    def full(_, __):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError) as caught:
        files.probe(tmp_path / "out.json")
    assert caught.value.filename == str(tmp_path / "out.json") and names(tmp_path) == []


def test_a_probe_names_what_stands_in_the_way(tmp_path):
    (tmp_path / "reports").write_text("no folder")
    with pytest.raises(OSError) as caught:
        files.probe(tmp_path / "reports/out.json")
    assert Path(caught.value.filename) == tmp_path / "reports"


@pytest.mark.parametrize("read", [files.sha256, files.read_json, files.regular])
@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_might_never_end_is_not_read(tmp_path, read, kind):
    path = tmp_path / "file"
    if kind == "device":
        path.symlink_to("/dev/zero")
    else:
        os.mkfifo(path)
    with pytest.raises(DataError, match=f"{path}: a device, a pipe or a socket, where a file belongs"):
        read(path)


@pytest.mark.parametrize("read", [files.sha256, files.read_json, files.regular])
def test_a_folder_is_no_file(tmp_path, read):
    with pytest.raises(IsADirectoryError) as caught:
        read(tmp_path)
    assert caught.value.filename == str(tmp_path)
