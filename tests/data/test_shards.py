"""Records that lie elsewhere, on a real server on this machine: a model learns from the same bytes."""

import functools
import hashlib
import http.server
import json
import shutil
import threading

import numpy as np
import pytest
from conftest import settings
from test_records import IDS, data, limits, picture, whole
from test_records import source as source
from test_records import written as written
from written_records import change, seal

from pix2pix.base.errors import DataError
from pix2pix.data import download, manifests, recorder, records, shards


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder; `asked` are the files that were fetched, in order."""

    def __init__(self, folder):
        self.asked = asked = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                asked.append(self.path.removeprefix("/"))
                super().do_GET()

        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
        self.address = f"http://127.0.0.1:{self.server_port}"

    def fetched(self, kind="tfrecord"):
        return [name for name in self.asked if name.endswith(kind)]


@pytest.fixture
def server(copy):
    with Server(copy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def copy(written, tmp_path):
    return shutil.copytree(written, tmp_path / "there")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def taken(address, tmp_path, **changes):
    """The records that `download` and `prepare` make of an address."""
    section = data(url=f"{address}/manifest.json", dataset="custom", **changes)
    download.fetch(section, settings().prepare, 5, tmp_path / "raw")
    recorder.write(tmp_path / "raw", section, limits(), tmp_path / "records")
    return tmp_path / "records"


def test_records_elsewhere_are_the_same_examples(server, written, tmp_path, home):
    folder = taken(server.address, tmp_path)
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]
    assert server.asked == ["manifest.json"]
    assert manifests.digest(manifests.read(folder)) == manifests.digest(manifests.read(written))
    for role in ("train", "selection", "evaluation"):
        here, there = records.load(written, role), records.load(folder, role)
        assert list(there.ids) == list(here.ids)
        for number, pair in enumerate(here.ids):
            np.testing.assert_array_equal(whole(there[number]), picture(pair))
    asked = len(server.asked)
    assert len(records.load(folder, "train")) == 9
    assert len(server.asked) == asked, "what was fetched stays"
    assert len(list((home / "shards").glob("*.tfrecord"))) == len(list(written.glob("*.tfrecord")))


def test_of_a_large_role_a_shard_is_fetched_when_it_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "CHECKED_AT_ONCE", 0)
    found = records.load(taken(server.address, tmp_path), "train")
    assert server.fetched() == server.fetched("jsonl") == []
    assert found.ids[8] in IDS
    assert server.fetched("jsonl") == ["train-00002-of-00003.jsonl"] and server.fetched() == []
    found[8]
    assert server.fetched() == ["train-00002-of-00003.tfrecord"]


def test_the_next_shard_is_fetched_while_one_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "CHECKED_AT_ONCE", 0)
    found = records.load(taken(server.address, tmp_path), "train")
    found[0]
    for thread in threading.enumerate():
        if thread.name.startswith("fetch "):
            thread.join()
    assert server.fetched() == ["train-00000-of-00003.tfrecord", "train-00001-of-00003.tfrecord"]


def test_fetched_shards_take_no_more_room_than_they_may(server, source, copy, tmp_path, home, monkeypatch):
    """Three equal shards, and room for two: the first stays, and the others come again in each epoch."""
    shutil.rmtree(copy)
    recorder.write(source, data(), limits(pairs_per_shard=3), copy)
    monkeypatch.setattr(records, "CHECKED_AT_ONCE", 0)
    monkeypatch.setattr(records, "_MAPPED", 1)
    monkeypatch.setattr(shards, "_IN_USE", 0)
    monkeypatch.setattr(records._Shards, "_expect", lambda *_: None)
    size = (copy / "train-00000-of-00003.tfrecord").stat().st_size
    monkeypatch.setenv("PIX2PIX_SHARDS_GB", str(2.5 * size / 1e9))
    found = records.load(taken(server.address, tmp_path), "train")
    for _ in range(3):
        for number, pair in enumerate(found.ids):
            np.testing.assert_array_equal(whole(found[number]), picture(pair))
        assert sum(path.stat().st_size for path in (home / "shards").glob("*.tfrecord")) <= 2.5 * size
    names = [f"train-0000{number}-of-00003.tfrecord" for number in range(3)]
    assert {name: server.fetched().count(name) for name in names} == {names[0]: 1, names[1]: 3, names[2]: 3}


@pytest.mark.parametrize("told", ["0", "-1", "much", "nan", "inf"])
def test_no_room_is_one_line(server, tmp_path, monkeypatch, told):
    monkeypatch.setenv("PIX2PIX_SHARDS_GB", told)
    with pytest.raises(DataError, match=r"^PIX2PIX_SHARDS_GB = .*: has to be a number of gigabytes above 0$"):
        records.load(taken(server.address, tmp_path), "train")


def test_what_is_missing_or_changed_elsewhere_is_one_line_and_comes_again(server, copy, tmp_path):
    folder = taken(server.address, tmp_path)
    path = copy / "train-00001-of-00003.tfrecord"
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(DataError, match=rf"^{server.address}/train-00001-of-00003.tfrecord: 404 "):
        records.load(folder, "train")
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=r"tfrecord: its sha256 is not the one in its manifest; .* -f download`$"):
        records.load(folder, "train")
    path.write_bytes(content)
    assert len(records.load(folder, "train")) == 9


def test_records_that_were_made_anew_are_asked_for_by_their_manifest(server, copy, tmp_path):
    folder = taken(server.address, tmp_path)
    (copy / "train-00000-of-00003.jsonl").write_text("{}\n")
    seal(copy, "train-00000-of-00003.tfrecord")
    with pytest.raises(DataError, match=r"jsonl: its sha256 is not the one in its manifest; .* -f download`$"):
        records.load(folder, "train")


def test_a_fetched_file_that_changed_here_is_one_line(server, tmp_path, home):
    folder = taken(server.address, tmp_path)
    records.load(folder, "train")
    path = home / "shards" / f"{manifests.read(folder).roles['train'].shards[0].sha256}.tfrecord"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(DataError, match=rf"^{path}: changed since .*; remove it, and it is fetched again$"):
        records.load(folder, "train")
    path.unlink()
    assert len(records.load(folder, "train")) == 9


def test_the_manifest_has_to_be_one_of_these_parameters(server, copy, tmp_path):
    with pytest.raises(DataError, match=r"made for data.fit = resize, params.yaml says crop; set that, or prepare"):
        taken(server.address, tmp_path, fit="crop")
    change(copy, lambda told: told.update(format=2))
    with pytest.raises(DataError, match="records of another format"):
        taken(server.address, tmp_path)


def test_the_manifests_hash_is_that_of_the_data(server, copy, tmp_path):
    sha256 = hashlib.sha256((copy / "manifest.json").read_bytes()).hexdigest()
    taken(server.address, tmp_path, sha256=sha256)
    assert json.loads((tmp_path / "raw/source.json").read_text())["sha256"] == sha256
    with pytest.raises(DataError, match=r"data.sha256 is 0{64}"):
        taken(server.address, tmp_path, sha256="0" * 64)


def test_a_folder_of_this_machine_is_read_in_its_place(copy, tmp_path, home):
    found = records.load(taken(copy.as_uri(), tmp_path), "train")
    np.testing.assert_array_equal(whole(found[0]), picture(found.ids[0]))
    assert not (home / "shards").exists()
