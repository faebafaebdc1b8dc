import gzip
import hashlib
import http.server
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
import threading
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from pix2pix import params
from pix2pix.base.errors import DataError
from pix2pix.data import archive

CHECKOUT = Path(__file__).parents[2]
PARAMS = params.load(CHECKOUT / "params.yaml")
LIMITS = PARAMS.prepare
REAL = CHECKOUT.parent / "shared/data/facades.tar.gz"
FILES = {"top/train/1.jpg": b"one", "top/train/10.jpg": b"ten", "top/train/2.jpg": b"two" * 999, "top/val/1.png": b"v"}


def data(**changes):
    return PARAMS.data.model_copy(update={"dataset": "custom", "url": None, **changes})


def header(name, size=0, **changes):
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def tar_of(path, entries, mode="w"):
    """A tar of `(header, contents)`, or of `{name: contents}`."""
    if isinstance(entries, dict):
        entries = [(header(name, len(contents)), contents) for name, contents in entries.items()]
    with tarfile.open(path, mode) as tar:
        for info, contents in entries:
            tar.addfile(info, io.BytesIO(contents))
    return path


def zip_of(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archived:
        for name, contents in entries.items():
            archived.writestr(name, contents)
    return path


def make(path, kind, entries):
    if kind == "zip":
        return zip_of(path, entries)
    return tar_of(path, entries, {"tar": "w", "tar.gz": "w:gz"}[kind])


KINDS = pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """Pooch waits a second before it tries again."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)


@pytest.fixture
def server():
    """`serve(path, body, status, declared)`; gives the base address and the list of requested paths."""
    pages, asked = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, body, declared = pages.get(self.path, (404, b"", 0))
            self.send_response(status)
            self.send_header("Content-Length", str(declared))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    class Server:
        base = f"http://127.0.0.1:{running.server_address[1]}"
        requests = asked

        def page(self, path, body, status=200, declared=None):
            pages[path] = (status, body, len(body) if declared is None else declared)
            return self.base + path

    yield Server()
    running.shutdown()
    running.server_close()
    thread.join()


# --- fetching ---------------------------------------------------------------------------------------------


@KINDS
def test_fetches_by_http_and_says_what_came(server, tmp_path, kind, capsys):
    contents = make(tmp_path / "made", kind, FILES).read_bytes()
    address = server.page("/any-name", contents)
    source = archive.fetch(data(url=address), 5, tmp_path / "data/raw")
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
    known = archive.Dataset(addresses, (archive.Known(len(contents), hashlib.sha256(contents).hexdigest()),))
    monkeypatch.setitem(archive.KNOWN, "facades", known)
    source = archive.fetch(data(dataset="facades"), 5, tmp_path / "raw")
    assert source["address"] == addresses[1]
    assert (tmp_path / "raw/archive").read_bytes() == contents


def test_a_cut_download_leaves_nothing(server, tmp_path):
    contents = tar_of(tmp_path / "good", FILES, "w:gz").read_bytes()
    address = server.page("/a", contents[:-50], declared=len(contents))
    with pytest.raises(DataError, match="connection broke"):
        archive.fetch(data(url=address), 5, tmp_path / "data/raw")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_failed_fetch_leaves_what_was_there(server, tmp_path):
    good = server.page("/a", tar_of(tmp_path / "good", FILES).read_bytes())
    before = archive.fetch(data(url=good), 5, tmp_path / "raw")
    with pytest.raises(DataError, match="404"):
        archive.fetch(data(url=server.base + "/gone"), 5, tmp_path / "raw")
    assert json.loads((tmp_path / "raw/source.json").read_text()) == before


def test_without_network_says_both_ways_out(server, tmp_path, monkeypatch):
    addresses = (server.base + "/gone", "http://no-such-host.invalid/facades.tar.gz", "http://127.0.0.1:9/x.tar.gz")
    monkeypatch.setitem(archive.KNOWN, "facades", archive.Dataset(addresses))
    with pytest.raises(DataError) as caught:
        archive.fetch(data(dataset="facades"), 2, tmp_path / "raw")
    message = str(caught.value)
    assert f"{addresses[0]}: 404 Not Found" in message
    assert all(address in message for address in addresses)
    assert "no connection" in message
    assert "data.url: file:///…/facades.tar.gz" in message
    assert "make demo" in message
    assert all(len(line) < 200 for line in message.splitlines())


def test_a_silent_server_is_waited_for_so_long(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(DataError, match=r"no answer within 0\.2 s"):
            archive.fetch(data(url=address), 0.2, tmp_path / "raw")


def test_facades_is_one_of_the_known_archives(tmp_path, monkeypatch):
    good = tar_of(tmp_path / "good.tar.gz", FILES, "w:gz")
    monkeypatch.setitem(archive.KNOWN, "facades", archive.Dataset((good.as_uri(),), archive.KNOWN["facades"].archives))
    with pytest.raises(DataError, match=r"not an archive known of facades.*30,168,306 or 24,951,989"):
        archive.fetch(data(dataset="facades"), 1, tmp_path / "raw")


def test_a_size_without_known_hash_is_enough_and_a_known_hash_is_not_optional(tmp_path, monkeypatch):
    size = tar_of(tmp_path / "a", FILES).stat().st_size
    by_size = archive.Dataset((str(tmp_path / "a"),), (archive.Known(size, None),))
    monkeypatch.setitem(archive.KNOWN, "facades", by_size)
    assert archive.fetch(data(dataset="facades"), 1, tmp_path / "raw")["bytes"] == size
    by_hash = archive.Dataset((str(tmp_path / "a"),), (archive.Known(size, "0" * 64),))
    monkeypatch.setitem(archive.KNOWN, "facades", by_hash)
    with pytest.raises(DataError, match="not an archive known of facades"):
        archive.fetch(data(dataset="facades"), 1, tmp_path / "raw")


def test_an_address_given_by_the_user_is_believed(tmp_path):
    path = tar_of(tmp_path / "mine of facades.tgz", FILES, "w:gz")
    source = archive.fetch(data(dataset="facades", url=path.as_uri()), 1, tmp_path / "raw")
    assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source["address"] == path.as_uri()


@pytest.mark.parametrize("dataset", ["custom", "facades"])
def test_a_given_sha256_must_match(tmp_path, dataset):
    path = tar_of(tmp_path / "a", FILES)
    good = hashlib.sha256(path.read_bytes()).hexdigest()
    archive.fetch(data(dataset=dataset, url=path.as_uri(), sha256=good), 1, tmp_path / "raw")
    with pytest.raises(DataError, match=rf"its sha256 is {good}, data.sha256 is 00"):
        archive.fetch(data(dataset=dataset, url=path.as_uri(), sha256="0" * 64), 1, tmp_path / "raw")


def test_every_published_dataset_has_two_addresses():
    assert set(archive.KNOWN) == {"facades", "cityscapes", "maps", "edges2shoes", "edges2handbags", "night2day"}
    for name, dataset in archive.KNOWN.items():
        assert [address.rsplit("/", 1)[1] for address in dataset.addresses] == [f"{name}.tar.gz"] * 2


def test_a_folder_becomes_the_same_tar_every_time(tmp_path):
    for name, order in (("a", list(FILES)), ("b", list(reversed(FILES)))):
        for file in order:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(FILES[file])
        (tmp_path / name / "README.md").write_text(name)
        (tmp_path / name / "top/train/._1.jpg").write_text("resource fork")
    first = archive.fetch(data(path=str(tmp_path / "a")), 1, tmp_path / "raw")
    again = archive.fetch(data(path=str(tmp_path / "b")), 1, tmp_path / "again")
    assert first["sha256"] == again["sha256"]
    assert first["address"] == str(tmp_path / "a")
    assert dict(archive.members(tmp_path / "raw/archive", LIMITS)) == FILES


def test_linked_pictures_of_a_local_folder_are_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/7.png").write_bytes(b"seven")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/train").symlink_to(tmp_path / "elsewhere")
    archive.fetch(data(path=str(tmp_path / "own")), 1, tmp_path / "raw")
    assert dict(archive.members(tmp_path / "raw/archive", LIMITS)) == {"train/7.png": b"seven"}


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/README.md").write_text("put pictures here")
    with pytest.raises(DataError, match="holds no pictures; pictures belong in train/"):
        archive.fetch(data(path=str(tmp_path / "own")), 1, tmp_path / "raw")


def test_a_missing_local_archive_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"^[^\n]*nothing.tar: No such file or directory$"):
        archive.fetch(data(path=str(tmp_path / "nothing.tar")), 1, tmp_path / "raw")


def test_fetching_does_not_import_tensorflow():
    code = "import sys, pix2pix.data.archive; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(CHECKOUT / "src")})


# --- damage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [1, 4, 8, 9, 200])
def test_a_truncated_gzip_is_noticed_by_fetch_and_by_reading(tmp_path, missing):
    contents = tar_of(tmp_path / "a", FILES, "w:gz").read_bytes()
    (tmp_path / "cut").write_bytes(contents[:-missing])
    with pytest.raises(DataError, match="cut short or damaged"):
        archive.fetch(data(path=str(tmp_path / "cut")), 1, tmp_path / "raw")
    with pytest.raises(DataError, match="cut short or damaged"):
        list(archive.members(tmp_path / "cut", LIMITS))


@pytest.mark.parametrize("damage", ["checksum", "appended"])
def test_a_gzip_with_a_bad_end_is_noticed(tmp_path, damage):
    contents = bytearray(tar_of(tmp_path / "a", FILES, "w:gz").read_bytes())
    if damage == "checksum":
        contents[-5] ^= 1
    else:
        contents += b"more"
    (tmp_path / "a").write_bytes(contents)
    with pytest.raises(DataError, match="cut short or damaged"):
        archive.verify(tmp_path / "a")


@pytest.mark.parametrize("size", [0, 100, 512, 513, 1024, 1025])
def test_a_tar_cut_anywhere_is_noticed_even_between_members(tmp_path, size):
    contents = tar_of(tmp_path / "a", FILES).read_bytes()
    (tmp_path / "a").write_bytes(contents[:size])
    with pytest.raises(DataError, match="cut short or damaged"):
        list(archive.members(tmp_path / "a", LIMITS))


def test_a_damaged_tar_header_does_not_end_the_archive_quietly(tmp_path):
    contents = bytearray(tar_of(tmp_path / "a", FILES).read_bytes())
    contents[1024 + 3] ^= 1  # the second member's name: its checksum no longer holds
    (tmp_path / "a").write_bytes(contents)
    with pytest.raises(DataError, match="cut short or damaged"):
        list(archive.members(tmp_path / "a", LIMITS))


def test_a_damaged_zip_is_noticed(tmp_path):
    contents = bytearray(zip_of(tmp_path / "a", FILES).read_bytes())
    contents[contents.index(b"top/train/1.jpg") + 16] ^= 4
    (tmp_path / "a").write_bytes(contents)
    with pytest.raises(DataError, match="cut short or damaged"):
        list(archive.members(tmp_path / "a", LIMITS))


@pytest.mark.parametrize(
    "contents", [b"", b"<html>gone</html>", gzip.compress(b"not a tar", mtime=0), b"PK\x03\x04 no zip"]
)
def test_what_is_no_archive_is_refused(tmp_path, contents):
    (tmp_path / "a").write_bytes(contents)
    with pytest.raises(DataError, match="cannot be read as a tar"):
        archive.verify(tmp_path / "a")


# --- hostile members --------------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize(
    "name", ["/etc/x.jpg", "../train/1.jpg", "train/../../1.jpg", "a\\..\\1.jpg", "C:/train/1.jpg", "train/\n1.jpg"]
)
def test_names_that_lead_elsewhere_are_refused_by_name(tmp_path, kind, name):
    path = make(tmp_path / "a", kind, {"train/1.jpg": b"good", name: b"bad"})
    with pytest.raises(DataError, match=r"leads out|control character") as caught:
        list(archive.members(path, LIMITS))
    assert name in str(caught.value) or repr(name) in str(caught.value)


@pytest.mark.parametrize("name", ["train/1.jpg\x00.exe", "train/\x1b[2J.jpg", "train/\u202egpj.jpg"])
def test_control_characters_in_names_are_refused(tmp_path, name):
    path = zip_of(tmp_path / "a", {"train/_1.jpg": b""})
    info = zipfile.ZipInfo("train/1.jpg")
    info.filename = info.orig_filename = name
    with zipfile.ZipFile(path, "a") as archived:
        archived.writestr(info, b"bad")
    with pytest.raises(DataError, match="control character"):
        list(archive.members(path, LIMITS))


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "device"),
        (tarfile.GNUTYPE_SPARSE, "sparse file"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind, word):
    entries = [(header("train/1.jpg", type=kind, linkname="/etc/passwd"), b"")]
    with pytest.raises(DataError, match=f"train/1.jpg: a {word}"):
        list(archive.members(tar_of(tmp_path / "a", entries), LIMITS))


def test_links_in_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("train/1.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a", "w") as archived:
        archived.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match=r"train/1.jpg: a link"):
        list(archive.members(tmp_path / "a", LIMITS))


@KINDS
@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("train/A.jpg", "train/a.jpg"),
        ("train/é.jpg", "train/e\u0301.jpg"),
        ("train/straße.jpg", "train/STRASSE.jpg"),
        ("train/1.jpg", "train/1.png"),
        ("train/1.jpg", "./train/1.jpg"),
    ],
)
def test_names_that_fold_to_the_same_are_refused(tmp_path, kind, one, two):
    path = make(tmp_path / "a", kind, {one: b"1", two: b"2"})
    with pytest.raises(DataError, match="the same name as"):
        list(archive.members(path, LIMITS))


@KINDS
def test_too_many_files_are_refused(tmp_path, kind):
    path = make(tmp_path / "a", kind, FILES)
    assert len(list(archive.members(path, LIMITS.model_copy(update={"max_files": 4})))) == 4
    with pytest.raises(DataError, match=r"more than 3 files: prepare.max_files"):
        list(archive.members(path, LIMITS.model_copy(update={"max_files": 3})))


@KINDS
def test_a_bomb_is_refused(tmp_path, kind):
    path = make(tmp_path / "a", kind, {"train/1.jpg": b"\1" * 3_000_000})
    limits = LIMITS.model_copy(update={"max_unpacked_gb": 0.002})
    with pytest.raises(DataError, match=r"more than 0.002 GB: prepare.max_unpacked_gb"):
        list(archive.members(path, limits))


def test_zeros_behind_the_end_count_towards_the_bound(tmp_path):
    contents = tar_of(tmp_path / "a", FILES).read_bytes() + bytes(3_000_000)
    (tmp_path / "a").write_bytes(gzip.compress(contents))
    with pytest.raises(DataError, match=r"prepare.max_unpacked_gb"):
        list(archive.members(tmp_path / "a", LIMITS.model_copy(update={"max_unpacked_gb": 0.002})))


def test_a_picture_of_more_bytes_than_pixels_could_need_is_refused(tmp_path):
    path = tar_of(tmp_path / "a", {"train/1.jpg": bytes(1_200_000)})
    with pytest.raises(DataError, match=r"too many for prepare.max_pixels"):
        list(archive.members(path, LIMITS.model_copy(update={"max_pixels": 1000})))


def test_a_header_that_claims_to_be_a_huge_name_is_not_read_into_memory(tmp_path):
    lying = header("././@LongLink", 5_000_000_000, type=tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "a").write_bytes(gzip.compress(lying + bytes(100_000)))
    with pytest.raises(DataError, match="a header of 5,000,000,000 bytes"):
        list(archive.members(tmp_path / "a", LIMITS))


def test_a_zip_that_lies_about_a_size_is_noticed(tmp_path):
    path = zip_of(tmp_path / "a", {"train/1.jpg": b"\1" * 1000})
    contents = path.read_bytes()
    path.write_bytes(contents.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(DataError, match="cut short or damaged"):
        list(archive.members(path, LIMITS))


def test_a_zip_member_is_not_unpacked_beyond_its_claim(tmp_path):
    size = 100_000_000
    path = zip_of(tmp_path / "a", {"train/1.jpg": bytes(size)})
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))
    tracemalloc.start()
    with pytest.raises(DataError, match="cut short or damaged"):
        list(archive.members(path, LIMITS))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size / 10


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_compressed_without_bound_is_refused(tmp_path, how):
    with zipfile.ZipFile(tmp_path / "a", "w", how) as archived:
        archived.writestr("train/1.jpg", b"one")
    with pytest.raises(DataError, match=r"train/1.jpg: compressed in a way that has no bound"):
        list(archive.members(tmp_path / "a", LIMITS))


def test_a_zip_member_hidden_behind_another_is_noticed(tmp_path):
    """One flipped bit: a comment as long as the entry behind it."""
    path = zip_of(tmp_path / "a", {f"train/{number:08d}.jpg": b"" for number in range(3)})
    contents = bytearray(path.read_bytes())
    entry = contents.index(b"PK\1\2")
    contents[entry + 32] ^= 64  # 46 bytes and a name of 18
    path.write_bytes(contents)
    with zipfile.ZipFile(path) as archived:
        assert len(archived.namelist()) == 2, "the standard library says nothing"
    with pytest.raises(DataError, match="its list of members is damaged"):
        list(archive.members(path, LIMITS))


@pytest.mark.parametrize(("place", "bit", "told"), [(46 + 15, 1, "cut short or damaged"), (41, 64, "a device")])
def test_one_flipped_bit_does_not_make_a_zip_member_something_to_pass_over(tmp_path, place, bit, told):
    """A name that no longer ends in .jpg; a file that says it is a folder."""
    path = zip_of(tmp_path / "a", {"top/train/1.jpg": b"1", "top/train/2.jpg": b"2"})
    contents = bytearray(path.read_bytes())
    contents[contents.index(b"PK\1\2") + place] ^= bit
    path.write_bytes(contents)
    with pytest.raises(DataError, match=told):
        list(archive.members(path, LIMITS))


def test_a_zip_that_lost_its_first_byte_is_noticed(tmp_path):
    path = zip_of(tmp_path / "a", FILES)
    contents = path.read_bytes()
    path.write_bytes(contents[:4] + contents[5:])
    with pytest.raises(DataError, match="its list of members is damaged"):
        list(archive.members(path, LIMITS))


@KINDS
def test_a_name_without_end_is_refused(tmp_path, kind):
    path = make(tmp_path / "a", kind, {"train/" + "1" * 1100 + ".jpg": b"1"})
    with pytest.raises(DataError, match=r"train/1+…: a name of 1,110 letters"):
        list(archive.members(path, LIMITS))


def test_a_pipe_in_a_local_folder_is_refused_and_not_waited_for(tmp_path):
    (tmp_path / "own/train").mkdir(parents=True)
    os.mkfifo(tmp_path / "own/train/1.jpg")
    (tmp_path / "own/train/2.jpg").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"no files, or links that lead nowhere: train/1.jpg, train/2.jpg"):
        archive.fetch(data(path=str(tmp_path / "own")), 1, tmp_path / "raw")


@KINDS
def test_what_is_no_picture_is_passed_over(tmp_path, kind):
    others = {"README.md": b"", "train/.DS_Store": b"", "train/._1.jpg": b"", "train/Thumbs.db": b"", "LICENSE": b""}
    path = make(tmp_path / "a", kind, {**others, **FILES})
    assert list(archive.members(path, LIMITS)) == list(FILES.items())


# --- pictures by pair -------------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("top", ["", "facades/", "./", "./facades/"])
def test_pictures_are_found_by_pair_in_natural_order(tmp_path, kind, top):
    entries = {f"{top}{name}": name.encode() for name in ("val/2.jpg", "train/10.jpg", "train/9.jpg", "train/x.PNG")}
    with archive.Pictures(make(tmp_path / "a", kind, entries), LIMITS, tmp_path) as pictures:
        assert list(pictures.names) == ["train/9", "train/10", "train/x", "val/2"]
        assert pictures.names["val/2"] == f"{top}val/2.jpg"
        assert pictures.read("train/x") == b"train/x.PNG"
        assert [path.name for path in tmp_path.iterdir()] == ["a"], "its file has no name"


@pytest.mark.parametrize(
    "names",
    [["1.jpg"], ["a/b/train/1.jpg"], ["train/more/1.jpg"], ["training/1.jpg"], ["A/train/1.jpg", "B/train/2.jpg"]],
)
def test_another_layout_is_refused_and_the_expected_one_named(tmp_path, names):
    path = tar_of(tmp_path / "a", dict.fromkeys(names, b""))
    with pytest.raises(DataError, match=r"pictures belong in train/, val/ or test/") as caught:
        archive.Pictures(path, LIMITS, tmp_path)
    assert names[0].split("/")[0] in str(caught.value)


def test_an_archive_without_pictures_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        archive.Pictures(tar_of(tmp_path / "a", {"README": b"x"}), LIMITS, tmp_path)


@pytest.mark.skipif(not REAL.exists(), reason="shared/data/facades.tar.gz is not beside this checkout")
def test_the_real_archive_is_known_and_whole(tmp_path, monkeypatch):
    monkeypatch.setitem(archive.KNOWN, "facades", archive.Dataset((str(REAL),), archive.KNOWN["facades"].archives))
    assert archive.fetch(data(dataset="facades"), 1, tmp_path / "raw")["bytes"] == 24_951_989
    with archive.Pictures(tmp_path / "raw/archive", LIMITS, tmp_path) as pictures:
        ids = list(pictures.names)
    assert ids == [f"train/{n}" for n in range(1, 401)] + [f"val/{n}" for n in range(1, 101)]
