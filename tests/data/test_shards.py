"""Records that lie elsewhere, on a real server on this machine: a model learns from the same bytes."""

import functools
import hashlib
import http.server
import json
import shutil
import socket
import threading

import numpy as np
import pytest
from buckets import ACCESS, forget_access, put, s3
from conftest import settings
from test_records import IDS, data, limits, picture, whole
from test_records import source as source
from test_records import written as written
from written_records import change, seal

from pix2pix.base.errors import DataError
from pix2pix.data import download, manifests, recorder, records, shards
from pix2pix.data.labels import CMP


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder; `asked` are the files that were fetched, in order, and `faults` those of the next answers."""

    def __init__(self, folder):
        self.asked = asked = []
        self.faults = faults = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                asked.append(self.path.removeprefix("/"))
                match faults.pop(0) if faults else None:
                    case None:
                        super().do_GET()
                    case "503":
                        self.send_error(503)
                    case "half":
                        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n")

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


def wait_for_fetches():
    for thread in threading.enumerate():
        if thread.name.startswith("fetch "):
            thread.join()


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
    wait_for_fetches()
    assert server.fetched() == ["train-00000-of-00003.tfrecord", "train-00001-of-00003.tfrecord"]


def room_for(monkeypatch, path, count):
    monkeypatch.setenv("PIX2PIX_SHARDS_GB", str(count * path.stat().st_size / 1e9))


def kept(home):
    return {path.stem for path in (home / "shards").glob("*.tfrecord")}


def test_fetched_shards_take_no_more_room_than_they_may(server, source, copy, tmp_path, home, monkeypatch):
    """Nine equal shards, and room for four: half of it is for those that came last, the others go by lot."""
    monkeypatch.setattr(records, "CHECKED_AT_ONCE", 0)
    monkeypatch.setattr(records, "_MAPPED", 1)
    shutil.rmtree(copy)
    recorder.write(source, data(), limits(pairs_per_shard=1), copy)
    room_for(monkeypatch, copy / "train-00000-of-00009.tfrecord", 4.1)
    found = records.load(taken(server.address, tmp_path), "train")
    for _ in range(3):
        for number, pair in enumerate(found.ids):
            np.testing.assert_array_equal(whole(found[number]), picture(pair))
    wait_for_fetches()
    assert len(kept(home)) == 4
    assert len(server.fetched()) > 9


def test_shards_that_nobody_uses_any_more_make_room(server, source, copy, tmp_path, home, monkeypatch):
    monkeypatch.setattr(records, "_MAPPED", 1)
    shutil.rmtree(copy)
    recorder.write(source, data(), limits(pairs_per_shard=1), copy)
    room_for(monkeypatch, copy / "train-00000-of-00009.tfrecord", 14.1)
    others = [f"{number:064d}" for number in range(14)]
    (home / "shards").mkdir(parents=True)
    for name in others:
        shutil.copy(copy / "train-00000-of-00009.tfrecord", home / "shards" / f"{name}.tfrecord")
    found = records.load(taken(server.address, tmp_path), "train")
    assert len(found) == 9
    wait_for_fetches()
    assert len(kept(home)) == 14 and len(kept(home) - {*others}) >= 7


def test_a_shard_larger_than_half_of_the_room_is_one_line(server, copy, tmp_path, monkeypatch):
    room_for(monkeypatch, copy / "train-00000-of-00003.tfrecord", 1.5)
    with pytest.raises(DataError, match=r"^PIX2PIX_SHARDS_GB: a shard has [0-9,]+ bytes, and the room has to be twice"):
        records.load(taken(server.address, tmp_path), "train")


def test_the_next_shard_is_fetched_in_every_epoch(server, tmp_path, home, monkeypatch):
    monkeypatch.setattr(records, "CHECKED_AT_ONCE", 0)
    monkeypatch.setattr(records, "_MAPPED", 1)
    found = records.load(taken(server.address, tmp_path), "train")
    for number in range(9):
        found[number]
    wait_for_fetches()
    for path in (home / "shards").glob("*.tfrecord"):
        path.unlink()
    server.asked.clear()
    found[0]
    wait_for_fetches()
    assert server.fetched() == ["train-00000-of-00003.tfrecord", "train-00001-of-00003.tfrecord"]


def test_several_readers_fetch_a_shard_once(server, tmp_path):
    folder = taken(server.address, tmp_path)
    threads = [threading.Thread(target=records.load, args=(folder, "train")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for_fetches()
    assert sorted(server.fetched()) == [f"train-0000{number}-of-00003.tfrecord" for number in range(3)]


@pytest.mark.parametrize(("fault", "reason"), [
    ("silence", "no connection"),
    ("half", "the connection broke before the end"),
    ("503", "503 Service Unavailable"),
])  # fmt: skip
def test_an_outage_is_waited_for(server, tmp_path, monkeypatch, capsys, fault, reason):
    folder = taken(server.address, tmp_path)
    server.faults += 4 * [fault]  # each attempt asks twice
    waits = waited(monkeypatch)
    assert len(records.load(folder, "evaluation")) == 2 and waits == [2, 15]
    assert (
        f"warning: {server.address}/evaluation-00000-of-00001.jsonl: {reason}; trying again in 2 s\n"
        in capsys.readouterr().err
    )


def test_an_outage_that_lasts_is_one_line(server, tmp_path, monkeypatch):
    folder = taken(server.address, tmp_path)
    server.faults += 100 * ["503"]
    waits = waited(monkeypatch)
    with pytest.raises(DataError, match=r"evaluation-00000-of-00001.jsonl: 503 Service Unavailable$"):
        records.load(folder, "evaluation")
    assert waits == [2, 15, 60, 300]


def test_a_refusal_is_not_waited_for(server, copy, tmp_path, monkeypatch):
    folder = taken(server.address, tmp_path)
    (copy / "evaluation-00000-of-00001.jsonl").unlink()
    waits = waited(monkeypatch)
    with pytest.raises(DataError, match=r"evaluation-00000-of-00001.jsonl: 404 "):
        records.load(folder, "evaluation")
    assert waits == []


def waited(monkeypatch, then=lambda: None):
    """The pauses between attempts; they take no time, but `then` happens in each."""
    waits = []

    def sleep(pause):
        if pause in (2, 15, 60, 300):  # others sleep, too
            waits.append(pause)
            then()

    monkeypatch.setattr(shards.time, "sleep", sleep)
    return waits


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
    with pytest.raises(
        DataError, match=r"tfrecord: its sha256 is not the one in its manifest; .*`dvc repro -f download`"
    ):
        records.load(folder, "train")
    path.write_bytes(content)
    assert len(records.load(folder, "train")) == 9


def test_records_that_were_made_anew_are_asked_for_by_their_manifest(server, copy, tmp_path):
    folder = taken(server.address, tmp_path)
    (copy / "train-00000-of-00003.jsonl").write_text("{}\n")
    seal(copy, "train-00000-of-00003.tfrecord")
    with pytest.raises(DataError, match=r"jsonl: its sha256 is not the one in its manifest; .*`dvc repro -f download`"):
        records.load(folder, "train")


def test_a_fetched_file_that_changed_here_is_one_line(server, tmp_path, home):
    folder = taken(server.address, tmp_path)
    records.load(folder, "train")
    path = home / "shards" / f"{manifests.read(folder).roles['train'].shards[0].sha256}.tfrecord"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(DataError, match=rf"^{path}: changed since .*; remove it, and it is fetched again; if those"):
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


def test_colours_are_those_of_the_palette(server, tmp_path):
    """Equal names with other colours would be other classes."""
    colours = {name: (255 - colour).tolist() for name, colour in zip(CMP.names, CMP.colours, strict=True)}
    with pytest.raises(DataError, match=r"made for data.palette or data.ignore, the colours = \[\[0, 0, 222\], "):
        taken(server.address, tmp_path, palette=colours)


def test_an_address_with_a_password_is_refused(server, tmp_path):
    with pytest.raises(DataError, match="may hold no password"):
        taken(server.address.replace("//", "//me:secret@"), tmp_path)


def test_a_manifest_may_be_a_path(copy, tmp_path):
    section = data(dataset="custom", path=str(copy / "manifest.json"))
    download.fetch(section, settings().prepare, 5, tmp_path / "raw")
    recorder.write(tmp_path / "raw", section, limits(), tmp_path / "records")
    assert len(records.load(tmp_path / "records", "train")) == 9
    (copy / "train-00000-of-00003.tfrecord").unlink()
    with pytest.raises(DataError, match=r"missing, and its manifest names it; .*`dvc repro -f download`"):
        records.load(tmp_path / "records", "train")


def test_a_folder_of_this_machine_is_read_in_its_place(copy, tmp_path, home):
    found = records.load(taken(copy.as_uri(), tmp_path), "train")
    np.testing.assert_array_equal(whole(found[0]), picture(found.ids[0]))
    assert not (home / "shards").exists()


@pytest.fixture
def amazon(copy, tmp_path, monkeypatch):
    """An S3 that has the records."""
    forget_access(monkeypatch)
    with s3() as server:
        for name, value in {**ACCESS, "AWS_ENDPOINT_URL": server.address, "HOME": str(tmp_path)}.items():
            monkeypatch.setenv(name, value)
        for path in copy.iterdir():
            put(server, "pictures", f"sets/walls/{path.name}", path.read_bytes())
        yield server


@pytest.mark.usefixtures("amazon")
def test_records_may_lie_in_a_bucket(written, tmp_path):
    here, there = (records.load(each, "train") for each in (written, taken("s3://pictures/sets/walls", tmp_path)))
    for one, other in zip(here, there, strict=True):
        np.testing.assert_array_equal(whole(one), whole(other))


def test_an_outage_of_a_bucket_is_waited_for(amazon, tmp_path, monkeypatch, capsys):
    folder = taken("s3://pictures/sets/walls", tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")

    def comes_back():
        if len(waits) == 2:
            monkeypatch.setenv("AWS_ENDPOINT_URL", amazon.address)
            amazon.fails = 1

    waits = waited(monkeypatch, comes_back)
    assert len(records.load(folder, "evaluation")) == 2 and waits == [2, 15, 60]
    first, second, third = (line for line in capsys.readouterr().err.splitlines() if "trying again" in line)
    name = "warning: s3://pictures/sets/walls/evaluation-00000-of-00001.jsonl: "
    assert first.startswith(f"{name}no answer (") and first.endswith("; trying again in 2 s")
    assert second.startswith(f"{name}no answer (")
    assert third.startswith(f"{name}the server fails with status 503; trying again in 60 s")
