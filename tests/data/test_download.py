import contextlib
import gzip
import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from unittest.mock import Mock

import pytest
from archives import CHECKOUT, FILES, KINDS, LIMITS, REAL, data, make, tar_of

from pix2pix.base.errors import DataError
from pix2pix.data import archive, download
from pix2pix.params import Data


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """Pooch waits a second before it tries again."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)


@pytest.fixture
def server():
    """`page(path, body, status, declared, headers)`; gives the base address and the list of requested paths."""
    pages, asked = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, body, declared, headers = pages.get(self.path, (404, b"", 0, {}))
            self.send_response(status)
            for name, value in {"Content-Length": declared, **headers}.items():
                for each in value if isinstance(value, list) else [value]:
                    if each is not None:
                        self.send_header(name, str(each))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # whoever asked has heard enough
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    class Server:
        base = f"http://127.0.0.1:{running.server_address[1]}"
        requests = asked

        def page(self, path, body, status=200, declared=None, **headers):
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            pages[path] = (status, body, len(body) if declared is None else declared, headers)
            return self.base + path

    yield Server()
    running.shutdown()
    running.server_close()
    thread.join()


@KINDS
def test_fetches_by_http_and_says_what_came(server, tmp_path, kind, capsys):
    contents = make(tmp_path / "made", kind, FILES).read_bytes()
    address = server.page("/any-name", contents)
    source = download.fetch(data(url=address), LIMITS, 5, tmp_path / "data/raw")
    assert sorted(path.name for path in (tmp_path / "data/raw").iterdir()) == ["archive", "source.json"]
    assert (tmp_path / "data/raw/archive").read_bytes() == contents
    digest = hashlib.sha256(contents).hexdigest()
    assert source == {"dataset": "custom", "address": address, "bytes": len(contents), "sha256": digest}
    assert json.loads((tmp_path / "data/raw/source.json").read_text()) == source
    assert address in capsys.readouterr().out


@pytest.mark.parametrize("first", ["404", "page", "cut", "other"])
def test_tries_the_second_address(server, tmp_path, monkeypatch, first):
    contents = tar_of(tmp_path / "good", FILES, "w:gz").read_bytes()
    other = tar_of(tmp_path / "other", {"train/1.jpg": b"another"}, "w:gz").read_bytes()
    bad = {
        "404": (b"", 404, None),
        "page": (b"<html>moved</html>", 200, None),
        "cut": (contents[:100], 200, len(contents)),
        "other": (other, 200, None),
    }[first]
    addresses = (server.page("/first", *bad), server.page("/second", contents))
    known = download.Dataset(addresses, (download.Known(len(contents), hashlib.sha256(contents).hexdigest()),))
    monkeypatch.setitem(download.KNOWN, "facades", known)
    source = download.fetch(data(dataset="facades"), LIMITS, 5, tmp_path / "raw")
    assert source["address"] == addresses[1]
    assert (tmp_path / "raw/archive").read_bytes() == contents


def test_a_cut_download_leaves_nothing(server, tmp_path):
    contents = tar_of(tmp_path / "good", FILES, "w:gz").read_bytes()
    address = server.page("/a", contents[:-50], declared=len(contents))
    with pytest.raises(DataError, match="connection broke"):
        download.fetch(data(url=address), LIMITS, 5, tmp_path / "data/raw")
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("length", ["many", "1e3", "-5x", "²", [10240, 10240], [10240, 7], "10240, 10240"])
def test_a_length_that_is_no_number_is_one_reason(server, tmp_path, length):
    address = server.page("/a", tar_of(tmp_path / "good", FILES).read_bytes(), declared=length)
    with pytest.raises(DataError, match=r"the server's answer cannot be understood|multiple unmatching values"):
        download.fetch(data(url=address), LIMITS, 5, tmp_path / "data/raw")


def test_a_failed_fetch_leaves_what_was_there(server, tmp_path):
    good = server.page("/a", tar_of(tmp_path / "good", FILES).read_bytes())
    before = download.fetch(data(url=good), LIMITS, 5, tmp_path / "raw")
    with pytest.raises(DataError, match="404"):
        download.fetch(data(url=server.base + "/gone"), LIMITS, 5, tmp_path / "raw")
    assert json.loads((tmp_path / "raw/source.json").read_text()) == before


def test_without_network_says_both_ways_out(server, tmp_path, monkeypatch):
    addresses = (server.base + "/gone", "http://no-such-host.invalid/facades.tar.gz", "http://127.0.0.1:9/x.tar.gz")
    monkeypatch.setitem(download.KNOWN, "facades", download.Dataset(addresses))
    with pytest.raises(DataError) as caught:
        download.fetch(data(dataset="facades"), LIMITS, 2, tmp_path / "raw")
    message = str(caught.value)
    assert f"{addresses[0]}: 404 Not Found" in message
    assert all(address in message for address in addresses)
    assert "no connection" in message
    assert "data.url: file:///…/facades.tar.gz" in message
    assert "make demo" in message
    assert all(len(line) < 200 for line in message.splitlines())


def test_a_silent_server_is_waited_for_so_long(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(DataError, match=r"no answer within 0\.2 s"):
            download.fetch(data(url=address), LIMITS, 0.2, tmp_path / "raw")


@pytest.mark.parametrize("silent_from", ["the start", "the body"])
def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for_without_end(tmp_path, monkeypatch, silent_from):
    monkeypatch.setattr("pix2pix.data.transfer.LONGEST", 0.3)
    over = threading.Event()

    def drip(listening):
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.send(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if silent_from == "the body" else b"X: "))
            while not over.wait(0.05):
                connection.send(b".")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        with pytest.raises(DataError, match=r"not here after 0\.3 s"):
            download.fetch(data(url=address), LIMITS, 5, tmp_path / "raw")
        over.set()
        thread.join()
    assert not (tmp_path / "raw").exists()


def test_the_time_that_is_allowed_follows_from_the_size_and_is_at_most_a_day(server, tmp_path, monkeypatch):
    allowed = []
    monkeypatch.setattr("pix2pix.data.transfer.Thread", Mock())  # it would write while its folder is removed
    monkeypatch.setattr("pix2pix.data.transfer.wait", lambda _, seconds: allowed.append(seconds) or Mock(done=set()))
    address = server.page("/a", b"")
    known = download.Dataset((address,), (download.Known(30_000_000, None),))
    monkeypatch.setitem(download.KNOWN, "facades", known)
    for chosen in (data(dataset="facades"), data(url=address)):
        with pytest.raises(DataError, match="not here after"):
            download.fetch(chosen, LIMITS, 30, tmp_path / "raw")
    assert allowed == [30 + 3000, 24 * 3600]


@pytest.mark.parametrize("told", [True, False])
def test_a_download_stops_at_the_known_size_or_at_the_limit(server, tmp_path, monkeypatch, told):
    sent = bytes(3_000_000)
    address = server.page("/a", sent, Content_Length=len(sent) if told else None)
    known = download.Dataset((address,), (download.Known(2_000_000, None), download.Known(1_000, None)))
    monkeypatch.setitem(download.KNOWN, "facades", known)
    with pytest.raises(DataError, match=r"larger than 2,000,000 bytes, the most allowed"):
        download.fetch(data(dataset="facades"), LIMITS, 5, tmp_path / "raw")
    limits = LIMITS.model_copy(update={"max_unpacked_gb": 0.001})
    with pytest.raises(DataError, match=r"larger than 1,000,000 bytes, the most allowed"):
        download.fetch(data(url=address), limits, 5, tmp_path / "raw")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "br"])
def test_what_a_server_says_is_compressed_comes_as_it_was_sent(server, tmp_path, encoding):
    """Apache says so of a tar.gz, where nobody asked for it; unpacked, it may have any size."""
    sent = tar_of(tmp_path / "good", FILES, "w:gz").read_bytes()
    address = server.page("/a", sent, Content_Encoding=encoding)
    download.fetch(data(url=address), LIMITS, 5, tmp_path / "raw")
    assert (tmp_path / "raw/archive").read_bytes() == sent
    bomb = server.page("/bomb", gzip.compress(bytes(50_000_000)), Content_Encoding=encoding)
    limits = LIMITS.model_copy(update={"max_unpacked_gb": 0.001})
    with pytest.raises(DataError, match=r"more than 0.001 GB: prepare.max_unpacked_gb"):
        download.fetch(data(url=bomb), limits, 5, tmp_path / "raw")


@pytest.mark.parametrize("known", ["nothing", "size", "hash", "given"])
def test_an_archive_whose_hash_nobody_knows_is_loudly_unverified(server, tmp_path, monkeypatch, capsys, known):
    sent = tar_of(tmp_path / "good", FILES).read_bytes()
    digest = hashlib.sha256(sent).hexdigest()
    archives = {"size": (download.Known(len(sent), None),), "hash": (download.Known(len(sent), digest),)}
    dataset = download.Dataset((server.page("/a", sent),), archives.get(known, ()))
    monkeypatch.setitem(download.KNOWN, "facades", dataset)
    given = digest if known == "given" else None
    download.fetch(data(dataset="facades", sha256=given), LIMITS, 5, tmp_path / "raw")
    told = capsys.readouterr().err
    assert ("warning: UNVERIFIED" in told) == (known in ("nothing", "size"))
    assert (f"set data.sha256: {digest}" in told) == (known in ("nothing", "size"))


def test_an_archive_of_this_machine_needs_no_warning(tmp_path, capsys):
    path = tar_of(tmp_path / "a", FILES)
    download.fetch(data(path=str(path)), LIMITS, 1, tmp_path / "raw")
    download.fetch(data(url=path.as_uri()), LIMITS, 1, tmp_path / "raw")
    assert "UNVERIFIED" not in capsys.readouterr().err


@pytest.mark.parametrize("works", [True, False])
def test_no_secret_of_an_address_is_shown_or_kept(server, tmp_path, capsys, works):
    path = "/a?token=hush&raw=1" if works else "/gone?token=hush&raw=1"
    server.page("/a?token=hush&raw=1", tar_of(tmp_path / "good", FILES).read_bytes())
    address = server.base.replace("//", "//me:quiet@") + path
    told = ""
    try:
        told += str(download.fetch(data(url=address), LIMITS, 5, tmp_path / "raw"))
        told += (tmp_path / "raw/source.json").read_text()
    except DataError as error:
        told += str(error)
    told += "".join(capsys.readouterr())
    assert "hush" not in told and "quiet" not in told
    assert "//***@127.0.0.1" in told and "token=***&raw=***" in told


@pytest.mark.parametrize("address", ["http://me:quiet@/a", "http://me:qui/et@host/a", "http://me:quiet@[::1/a"])
def test_not_even_of_an_address_that_is_none(tmp_path, address):
    with pytest.raises(DataError) as caught:
        download.fetch(data(url=address), LIMITS, 0.2, tmp_path / "raw")
    assert "qui" not in str(caught.value)


@pytest.mark.parametrize("kind", ["device", "pipe", "link", "socket"])
def test_what_might_never_end_is_refused_and_not_copied(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    if kind == "pipe":
        os.mkfifo("own")
    elif kind == "link":
        (tmp_path / "own").symlink_to("/dev/zero")
    listening = socket.socket(socket.AF_UNIX)
    if kind == "socket":
        listening.bind("own")
    with listening, pytest.raises(DataError, match="a device, a pipe or a socket, where a file belongs"):
        download.fetch(data(path="/dev/zero" if kind == "device" else "own"), LIMITS, 1, tmp_path / "raw")


def test_an_archive_larger_than_the_limit_is_not_copied(tmp_path):
    (tmp_path / "own").touch()
    os.truncate(tmp_path / "own", 10**12)  # it takes no room
    with pytest.raises(DataError, match=r"more than 20 GB: prepare.max_unpacked_gb"):
        download.fetch(data(path=str(tmp_path / "own")), LIMITS, 1, tmp_path / "raw")


def test_facades_is_one_of_the_known_archives(tmp_path, monkeypatch):
    good = tar_of(tmp_path / "good.tar.gz", FILES, "w:gz")
    monkeypatch.setitem(
        download.KNOWN, "facades", download.Dataset((good.as_uri(),), download.KNOWN["facades"].archives)
    )
    with pytest.raises(DataError, match=r"is no known archive of facades.*30,168,306 or 24,951,989"):
        download.fetch(data(dataset="facades"), LIMITS, 1, tmp_path / "raw")


def test_a_size_without_known_hash_is_enough_and_a_known_hash_is_not_optional(tmp_path, monkeypatch):
    size = tar_of(tmp_path / "a", FILES).stat().st_size
    by_size = download.Dataset((str(tmp_path / "a"),), (download.Known(size, None),))
    monkeypatch.setitem(download.KNOWN, "facades", by_size)
    assert download.fetch(data(dataset="facades"), LIMITS, 1, tmp_path / "raw")["bytes"] == size
    by_hash = download.Dataset((str(tmp_path / "a"),), (download.Known(size, "0" * 64),))
    monkeypatch.setitem(download.KNOWN, "facades", by_hash)
    with pytest.raises(DataError, match="is no known archive of facades"):
        download.fetch(data(dataset="facades"), LIMITS, 1, tmp_path / "raw")


def test_an_address_given_by_the_user_is_believed(tmp_path):
    path = tar_of(tmp_path / "mine of facades.tgz", FILES, "w:gz")
    source = download.fetch(data(dataset="facades", url=path.as_uri()), LIMITS, 1, tmp_path / "raw")
    assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source["address"] == path.as_uri()


@pytest.mark.parametrize("dataset", ["custom", "facades"])
def test_a_given_sha256_must_match(tmp_path, dataset):
    path = tar_of(tmp_path / "a", FILES)
    good = hashlib.sha256(path.read_bytes()).hexdigest()
    download.fetch(data(dataset=dataset, url=path.as_uri(), sha256=good), LIMITS, 1, tmp_path / "raw")
    with pytest.raises(DataError, match=rf"its sha256 is {good}, data.sha256 is 00"):
        download.fetch(data(dataset=dataset, url=path.as_uri(), sha256="0" * 64), LIMITS, 1, tmp_path / "raw")


def test_every_published_dataset_has_two_addresses():
    assert set(download.KNOWN) == {"facades", "cityscapes", "maps", "edges2shoes", "edges2handbags", "night2day"}
    for name, dataset in download.KNOWN.items():
        assert [address.rsplit("/", 1)[1] for address in dataset.addresses] == [f"{name}.tar.gz"] * 2
        assert dataset.addresses[0].startswith("https://")


def test_a_folder_becomes_the_same_tar_every_time(tmp_path):
    for name, order in (("a", list(FILES)), ("b", list(reversed(FILES)))):
        for file in order:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(FILES[file])
        (tmp_path / name / "README.md").write_text(name)
        (tmp_path / name / "top/train/._1.jpg").write_text("resource fork")
    first = download.fetch(data(path=str(tmp_path / "a")), LIMITS, 1, tmp_path / "raw")
    again = download.fetch(data(path=str(tmp_path / "b")), LIMITS, 1, tmp_path / "again")
    assert first["sha256"] == again["sha256"]
    assert first["address"] == str(tmp_path / "a")
    assert dict(archive.members(tmp_path / "raw/archive", LIMITS)) == FILES


def test_linked_pictures_of_a_local_folder_are_followed(tmp_path):
    (tmp_path / "seven.png").write_bytes(b"seven")
    (tmp_path / "own/train").mkdir(parents=True)
    (tmp_path / "own/train/7.png").symlink_to(tmp_path / "seven.png")
    (tmp_path / "linked").symlink_to(tmp_path / "own")  # the folder itself: DVC looks behind that
    download.fetch(data(path=str(tmp_path / "linked")), LIMITS, 1, tmp_path / "raw")
    assert dict(archive.members(tmp_path / "raw/archive", LIMITS)) == {"train/7.png": b"seven"}


@pytest.mark.parametrize("link", ["train", "top/train", "top/deeper"])
def test_a_linked_folder_is_refused_because_dvc_does_not_watch_it(tmp_path, link):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/7.png").write_bytes(b"seven")
    (tmp_path / "own" / link).parent.mkdir(parents=True)
    (tmp_path / "own" / link).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "own/val").mkdir()
    (tmp_path / "own/val/1.png").write_bytes(b"one")
    with pytest.raises(DataError, match=rf"own/{link}: a link to a folder, and DVC .*`cp -rL`.* set data.path"):
        download.fetch(data(path=str(tmp_path / "own")), LIMITS, 1, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_a_copy_of_what_git_has_says_why_there_are_no_pictures(tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with pytest.raises(DataError, match=rf"a copy of {tmp_path} that DVC made of what git has.*an absolute path"):
        download.fetch(data(path=str(tmp_path / "own")), LIMITS, 1, tmp_path / "raw")
    monkeypatch.setenv("DVC_ROOT", str(CHECKOUT))
    with pytest.raises(DataError) as caught:
        download.fetch(data(path=str(tmp_path / "own")), LIMITS, 1, tmp_path / "raw")
    assert "This is a copy" not in str(caught.value)


def test_files_of_other_kinds_in_a_folder_are_named_and_counted(tmp_path, capsys):
    for name in ("train/1.jpg", "train/2.heic", "train/3.HEIC", "val/4.txt", "val/.hidden.heic", "notes.txt"):
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_bytes(b"x")
    download.fetch(data(path=str(tmp_path / "own")), LIMITS, 1, tmp_path / "raw")
    told = "3 files among the pictures passed over, as no pictures by their names (2 of .heic, 1 of .txt): "
    assert capsys.readouterr().err == f"warning: {told}train/2.heic, train/3.HEIC, val/4.txt\n"


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/README.md").write_text("put pictures here")
    with pytest.raises(DataError, match="holds no pictures; pictures belong in train/"):
        download.fetch(data(path=str(tmp_path / "own")), LIMITS, 1, tmp_path / "raw")


def test_a_missing_local_archive_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"nothing.tar: No such file or directory$"):
        download.fetch(data(path=str(tmp_path / "nothing.tar")), LIMITS, 1, tmp_path / "raw")


def test_fetching_does_not_import_tensorflow():
    code = "import sys, pix2pix.data.download; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(CHECKOUT / "src")})


def test_a_pipe_in_a_local_folder_is_refused_and_not_waited_for(tmp_path):
    (tmp_path / "own/train").mkdir(parents=True)
    os.mkfifo(tmp_path / "own/train/1.jpg")
    (tmp_path / "own/train/2.jpg").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"neither files nor links that lead to files: train/1.jpg, train/2.jpg"):
        download.fetch(data(path=str(tmp_path / "own")), LIMITS, 1, tmp_path / "raw")


@pytest.mark.skipif(not REAL.exists(), reason="shared/data/facades.tar.gz is not beside this checkout")
def test_the_real_archive_is_known_and_whole(tmp_path, monkeypatch):
    monkeypatch.setitem(download.KNOWN, "facades", download.Dataset((str(REAL),), download.KNOWN["facades"].archives))
    assert download.fetch(data(dataset="facades"), LIMITS, 1, tmp_path / "raw")["bytes"] == 24_951_989
    with archive.Pictures(tmp_path / "raw/archive", Data(), LIMITS, tmp_path) as pictures:
        ids = list(pictures.files)
    assert ids == [f"train/{n}" for n in range(1, 401)] + [f"val/{n}" for n in range(1, 101)]
