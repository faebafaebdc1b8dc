"""Downloads that break and resume, against a server that does what each test says. Its file is the truth."""

import contextlib
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path

import pytest
from archives import CHECKOUT, LIMITS, data, tar_of

from pix2pix.base.errors import DataError
from pix2pix.data import download
from pix2pix.data.part import OtherError, Part, Version

BODY = bytes(range(256)) * 1200
CUT = 3 << 16  # a download keeps whole chunks of 64 KiB
OLD = formatdate(1e9, usegmt=True)


class Server:
    """Has one file. `cut` bytes of a body are sent before it breaks; `answer` changes what a ranged request gets."""

    def __init__(self, body, **headers):
        self.body, self.headers, self.cut, self.answer = body, headers, CUT, lambda *_: None
        self.asked, self.waits = [], threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.serve(self)

            def log_message(self, *_):
                pass

        self._running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._running.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._running.server_address[1]}/a"
        threading.Thread(target=self._running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def serve(self, request):
        wanted, condition = request.headers.get("Range"), request.headers.get("If-Range")
        self.asked.append((wanted, condition))
        status, body, headers = 200, self.body, {name.replace("_", "-"): value for name, value in self.headers.items()}
        if wanted and condition in (headers.get("ETag"), headers.get("Last-Modified")):
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            status, body = 206, self.body[start:]
            headers["Content-Range"] = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        if wanted and (changed := self.answer(status, headers, body)):
            status, headers, body = changed
        request.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            if value is not None:
                request.send_header(name, str(value))
        request.end_headers()
        with contextlib.suppress(ConnectionError):
            request.wfile.write(body[: self.cut])
            request.wfile.flush()
            if self.cut is not None and self.cut < len(body):
                self.waits.wait(30)

    def stop(self):
        self.waits.set()
        self._running.shutdown()
        self._running.server_close()


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Makes a server of the tar of `BODY`; broken connections break at once."""
    monkeypatch.setattr("pix2pix.data.transfer._ATTEMPTS", 1)
    servers = []

    def serve(**headers):
        server = Server(tar_of(tmp_path / "sent.tar", {"train/1.jpg": BODY}).read_bytes(), **headers)
        servers.append(server)
        server.waits.set()
        return server

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def fetch(tmp_path):
    return lambda server, **said: download.fetch(data(url=server.address, **said), LIMITS, 5, tmp_path / "raw")


def broken(server, fetch):
    with pytest.raises(DataError, match="the connection broke before the end"):
        fetch(server)
    server.cut = None


def left(folder):
    return sorted(path.suffix for path in (folder / ".raw.partial").glob("*"))


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"one"'}, '"one"'),
        ({"ETag": '"one"', "Last_Modified": OLD}, '"one"'),
        ({"Last_Modified": OLD}, OLD),
        ({"ETag": 'W/"one"', "Last_Modified": OLD}, OLD),
    ],
)
def test_a_broken_download_goes_on_where_it_stopped(served, fetch, tmp_path, capsys, headers, validator):
    server = served(**headers)
    broken(server, fetch)
    assert left(tmp_path) == ["", ".json", ".lock"]
    fetch(server)
    assert (tmp_path / "raw/archive").read_bytes() == server.body
    assert server.asked == [(None, None), (f"bytes={CUT}-", validator)]
    assert f"resuming after {CUT:,} of {len(server.body):,} bytes" in capsys.readouterr().out
    assert not (tmp_path / ".raw.partial").exists()


def test_it_can_break_any_number_of_times(served, fetch, tmp_path):
    server = served(ETag='"one"')
    for _ in range(3):
        server.cut = 1 << 16
        broken(server, fetch)
    fetch(server)
    assert (tmp_path / "raw/archive").read_bytes() == server.body
    assert [wanted for wanted, _ in server.asked] == [None, "bytes=65536-", "bytes=131072-", "bytes=196608-"]


def test_the_second_attempt_of_one_run_goes_on(served, fetch, tmp_path, monkeypatch):
    monkeypatch.setattr("pix2pix.data.transfer._ATTEMPTS", 2)
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    server = served(ETag='"one"')
    fetch(server)
    assert (tmp_path / "raw/archive").read_bytes() == server.body
    assert [wanted for wanted, _ in server.asked] == [None, f"bytes={CUT}-"]


def test_a_part_that_is_whole_already_needs_its_last_byte_only(served, fetch, tmp_path):
    server = served(ETag='"one"')
    broken(server, fetch)
    (part,) = (path for path in (tmp_path / ".raw.partial").iterdir() if not path.suffix)
    part.write_bytes(server.body)
    fetch(server)
    assert server.asked[1] == (f"bytes={len(server.body) - 1}-", '"one"')
    assert (tmp_path / "raw/archive").read_bytes() == server.body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"one"'},
        {"ETag": "one"},
        {"Last_Modified": "yesterday"},
        {"Last_Modified": "now"},
    ],
    ids=lambda headers: " ".join(headers) or "nothing",
)
def test_without_a_validator_nothing_is_kept(served, fetch, tmp_path, headers):
    just_now = {"now": formatdate(usegmt=True)}  # when the test runs: a minute after the collection it would be settled
    server = served(**{name: just_now.get(value, value) for name, value in headers.items()})
    broken(server, fetch)
    assert not (tmp_path / ".raw.partial").exists()
    fetch(server)
    assert server.asked == [(None, None)] * 2
    assert (tmp_path / "raw/archive").read_bytes() == server.body


def ranged(**changed):
    """An answer to a ranged request with other headers."""
    return lambda status, headers, body: (status, headers | {k.replace("_", "-"): v for k, v in changed.items()}, body)


ANSWERS = {
    "416": (lambda *_: (416, {"Content-Range": "bytes */9"}, b""), "416 Requested Range"),
    "another part": (ranged(Content_Range=f"bytes {CUT - 1}-9/10"), "other bytes than asked for"),
    "of another size": (ranged(Content_Range=f"bytes {CUT}-409599/409600"), "other bytes than asked for"),
    "of no size": (ranged(Content_Range=f"bytes {CUT}-307711/*"), "other bytes than asked for"),
    "several parts": (ranged(Content_Range=None), "other bytes than asked for"),
    "another ETag": (ranged(ETag='"two"'), "its ETag is another one"),
    "no ETag": (ranged(ETag=None), "its ETag is another one"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_does_not_fit_begins_it_anew(served, fetch, tmp_path, capsys, name):
    server = served(ETag='"one"')
    broken(server, fetch)
    server.answer, words = ANSWERS[name]
    fetch(server)
    assert (tmp_path / "raw/archive").read_bytes() == server.body
    assert server.asked[1:] == [(f"bytes={CUT}-", '"one"'), (None, None)]
    told = capsys.readouterr().out
    assert words in told and "begins anew" in told


@pytest.mark.parametrize(
    ("etag", "words"), [('"one"', "it sends whole files only"), ('"two"', "it has another version by now")]
)
def test_a_whole_file_is_taken_from_its_start(served, fetch, tmp_path, capsys, etag, words):
    server = served(ETag='"one"')
    broken(server, fetch)
    server.body = tar_of(tmp_path / "other.tar", {"train/1.jpg": BODY[::-1]}).read_bytes()
    server.headers["ETag"] = etag
    server.answer = lambda _, headers, __: (
        200, {k: v for k, v in headers.items() if k != "Content-Range"}, server.body,
    )  # fmt: skip
    fetch(server)
    assert (tmp_path / "raw/archive").read_bytes() == server.body
    assert len(server.asked) == 2
    told = capsys.readouterr().out
    assert words in told and "begins anew" in told


def test_an_error_of_the_server_keeps_the_part(served, fetch, tmp_path):
    server = served(ETag='"one"')
    broken(server, fetch)
    server.answer = lambda *_: (503, {}, b"later")
    with pytest.raises(DataError, match="503 Service Unavailable"):
        fetch(server)
    server.answer = lambda *_: None
    fetch(server)
    assert server.asked[-1] == (f"bytes={CUT}-", '"one"')
    assert (tmp_path / "raw/archive").read_bytes() == server.body


def test_a_rest_that_is_too_large_is_refused(served, fetch, monkeypatch):
    server = served(ETag='"one"')
    broken(server, fetch)
    monkeypatch.setattr("pix2pix.data.download._most_bytes", lambda *_: CUT + 9)
    with pytest.raises(DataError, match=f"larger than {CUT + 9:,} bytes"):
        fetch(server)


def test_the_given_hash_is_checked_after_a_resumption(served, fetch, tmp_path):
    server = served(ETag='"one"')
    broken(server, fetch)
    (part,) = (path for path in (tmp_path / ".raw.partial").iterdir() if not path.suffix)
    with part.open("r+b") as file:
        file.write(b"x")  # a disk that errs
    with pytest.raises(DataError, match="its sha256 is "):
        fetch(server, sha256="0" * 64)
    assert not (tmp_path / ".raw.partial").exists(), "the next run begins anew"


@pytest.mark.parametrize("about", ["", "{", "[]", '{"bytes": 9}', None])
def test_a_part_without_its_description_is_no_part(served, fetch, tmp_path, about):
    server = served(ETag='"one"')
    broken(server, fetch)
    (described,) = (tmp_path / ".raw.partial").glob("*.json")
    described.unlink() if about is None else described.write_text(about)
    fetch(server)
    assert server.asked[1] == (None, None)
    assert (tmp_path / "raw/archive").read_bytes() == server.body


def test_no_secret_of_an_address_is_kept_beside_a_part():
    version = Version.told("https://me:quiet@host/a?token=hush", {"ETag": '"one"', "Content-Length": "9"})
    assert version is not None
    assert "hush" not in version.model_dump_json() and "quiet" not in version.model_dump_json()


@pytest.mark.parametrize("size", [{}, {"Content-Length": "0"}, {"Content-Length": "many"}, {"Content-Length": "-1"}])
def test_without_a_size_there_is_no_version(size):
    assert Version.told("http://host/a", {"ETag": '"one"', **size}) is None


def test_parts_of_two_addresses_do_not_meet(tmp_path):
    for number in range(2):
        with Part(tmp_path, f"http://host/a?id={number}").opened(0) as file:
            pass
        part = Part(tmp_path, f"http://host/a?id={number}")
        with part.opened(0) as file:
            part.begin(file, {"ETag": '"one"', "Content-Length": "9"})
            file.write(b"1234"[: number + 2])
    assert len(list(tmp_path.glob("*.json"))) == 2
    with (part := Part(tmp_path, "http://host/a?id=1")).opened(0):
        assert part.start == 3


def test_parts_that_come_and_go_at_once_do_not_disturb_each_other(tmp_path):
    """A part that leaves nothing used to remove the folder that another one had just made."""

    def write(thread):
        for turn in range(200):
            with Part(tmp_path / "parts", f"http://host/{thread}-{turn}").opened(5) as file:
                file.write(b"1")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert not list((tmp_path / "parts").iterdir())


def test_a_part_that_nobody_asked_for_is_refused(tmp_path):
    part = Part(tmp_path, "http://host/a")
    with part.opened(0) as file, pytest.raises(OtherError, match="nobody asked for"):
        part.go_on(file, {"Content-Range": "bytes 0-8/9"})


def test_two_processes_do_not_write_one_part(tmp_path):
    with (
        Part(tmp_path, "http://host/a").opened(0),
        pytest.raises(DataError, match="another process is fetching it"),
        Part(tmp_path, "http://host/a").opened(0.01),
    ):
        pass


def test_a_killed_download_goes_on(served, fetch, tmp_path):
    """The child is killed in earnest, while the server holds the rest back."""
    server = served(ETag='"one"')
    server.waits.clear()
    code = (
        "import sys; from pathlib import Path; from archives import LIMITS, data; from pix2pix.data import download;"
        "download.fetch(data(url=sys.argv[1]), LIMITS, 60, Path(sys.argv[2]))"
    )
    environment = os.environ | {"PYTHONPATH": f"{CHECKOUT / 'src'}:{Path(__file__).parent}"}
    child = subprocess.Popen([sys.executable, "-c", code, server.address, str(tmp_path / "raw")], env=environment)
    while sum(path.stat().st_size for path in (tmp_path / ".raw.partial").glob("*[!n]")) < CUT // 2:
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    server.waits.set()
    server.cut = None
    fetch(server)
    wanted, condition = server.asked[-1]
    assert CUT // 2 <= int(wanted.removeprefix("bytes=").removesuffix("-")) <= CUT and condition == '"one"'
    assert (tmp_path / "raw/archive").read_bytes() == server.body
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "sent.tar"]
