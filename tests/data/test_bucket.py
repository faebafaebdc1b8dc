"""Archives from buckets, by the real clients against servers on this machine."""

import hashlib
import importlib
import socket
import sys

import aiohttp
import botocore.exceptions
import pytest
import requests
from archives import FILES, LIMITS, data, make, tar_of
from buckets import ACCESS, Served, forget_access, google, put, s3
from fsspec.exceptions import FSTimeoutError
from gcsfs.retry import HttpError

from pix2pix.base.errors import DataError, OutageError
from pix2pix.data import bucket, download

BODY = bytes(range(256)) * 1200


@pytest.fixture(scope="module")
def amazon():
    with s3() as server:
        yield server


@pytest.fixture
def store(amazon, monkeypatch, tmp_path):
    """S3, in an environment that has access to it."""
    forget_access(monkeypatch)
    for name, value in {**ACCESS, "AWS_ENDPOINT_URL": amazon.address, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    amazon.breaks_after = None
    amazon.asked.clear()
    return amazon


@pytest.fixture
def fetch(tmp_path):
    return lambda address, **said: download.fetch(data(url=address, **said), LIMITS, 3, tmp_path / "raw")


def failure(fetch, address, **said):
    with pytest.raises(DataError) as raised:
        fetch(address, **said)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_an_archive_comes_from_s3_with_its_size_and_hash(store, fetch, tmp_path, capsys):
    contents = make(tmp_path / "made", "tar.gz", FILES).read_bytes()
    put(store, "pictures", "sets/pairs.tar.gz", contents)
    address, digest = "s3://pictures/sets/pairs.tar.gz", hashlib.sha256(contents).hexdigest()
    assert fetch(address) == {"dataset": "custom", "address": address, "bytes": len(contents), "sha256": digest}
    assert (tmp_path / "raw/archive").read_bytes() == contents
    assert "UNVERIFIED" in capsys.readouterr().err
    assert fetch(address, sha256=digest)["sha256"] == digest
    assert "UNVERIFIED" not in capsys.readouterr().err
    assert "data.sha256 is " + "0" * 64 in failure(fetch, address, sha256="0" * 64)


def test_a_broken_download_goes_on_where_it_stopped(store, fetch, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bucket, "_BLOCK", 1 << 16)
    contents = tar_of(tmp_path / "sent.tar", {"train/1.jpg": BODY}).read_bytes()
    put(store, "pictures", "big.tar", contents)
    store.breaks_after = 3
    assert "may not be read" in failure(fetch, "s3://pictures/big.tar")
    store.breaks_after = None
    store.asked.clear()
    fetch("s3://pictures/big.tar")
    assert (tmp_path / "raw/archive").read_bytes() == contents
    assert store.ranges()[0] == f"bytes={3 << 16}-{(4 << 16) - 1}"
    assert f"resuming after {3 << 16:,} of {len(contents):,} bytes" in capsys.readouterr().out
    assert not (tmp_path / ".raw.partial").exists()


def test_it_begins_anew_if_the_bucket_has_another_version_by_now(store, fetch, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bucket, "_BLOCK", 1 << 16)
    for body in (BODY, BODY[::-1]):
        contents = tar_of(tmp_path / "sent.tar", {"train/1.jpg": body}).read_bytes()
        put(store, "pictures", "changing.tar", contents)
        store.breaks_after = 2 if body is BODY else None
        if body is BODY:
            failure(fetch, "s3://pictures/changing.tar")
    store.asked.clear()
    fetch("s3://pictures/changing.tar")
    assert (tmp_path / "raw/archive").read_bytes() == contents
    assert store.ranges()[0] == "bytes=0-65535"
    assert "another version by now" in capsys.readouterr().out


def test_an_object_that_is_replaced_meanwhile_is_refused(store, fetch, tmp_path, monkeypatch):
    monkeypatch.setattr(bucket, "_BLOCK", 1 << 16)
    one, other = (tar_of(tmp_path / "a.tar", {"train/1.jpg": body}).read_bytes() for body in (BODY, BODY[::-1]))
    put(store, "pictures", "raced.tar", one)
    read = bucket._read

    def replacing(address, remote):
        if remote.loc == 2 << 16:
            put(store, "pictures", "raced.tar", other)
        return read(address, remote)

    monkeypatch.setattr(bucket, "_read", replacing)
    assert failure(fetch, "s3://pictures/raced.tar").endswith("it changed while it was fetched; try again")
    assert not (tmp_path / "raw").exists()


def test_a_larger_archive_than_allowed_is_refused_before_it_comes(store, tmp_path):
    put(store, "pictures", "large.tar", BODY)
    limits = LIMITS.model_copy(update={"max_unpacked_gb": 1e-5})
    with pytest.raises(DataError, match="larger than 10,000 bytes"):
        download.fetch(data(url="s3://pictures/large.tar"), limits, 3, tmp_path / "raw")
    assert not store.ranges()


def test_what_is_not_there_is_named(store, fetch):
    put(store, "pictures", "sets/pairs.tar", BODY)
    assert failure(fetch, "s3://pictures/none.tar") == (
        "s3://pictures/none.tar: the bucket pictures has no such object; check data.url"
    )
    assert failure(fetch, "s3://elsewhere/none.tar") == (
        "s3://elsewhere/none.tar: no such bucket, elsewhere; check data.url"
    )
    assert failure(fetch, "s3://pictures/sets").startswith("s3://pictures/sets: is a folder")


@pytest.mark.usefixtures("store")
def test_without_credentials_it_says_where_they_belong(fetch, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    said = failure(fetch, "s3://pictures/pairs.tar")
    assert said.startswith("s3://pictures/pairs.tar: no credentials") and "AWS_ACCESS_KEY_ID" in said


@pytest.mark.usefixtures("store")
def test_a_server_that_is_down_is_a_line(fetch, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        assert failure(fetch, "s3://pictures/pairs.tar").startswith("s3://pictures/pairs.tar: no answer")


@pytest.mark.usefixtures("store")
def test_a_silent_server_is_a_line(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(DataError, match=r"s3://pictures/pairs\.tar: no answer"):
            download.fetch(data(url="s3://pictures/pairs.tar"), LIMITS, 0.1, tmp_path / "raw")


@pytest.mark.parametrize("error", [
    ConnectionResetError(),
    FSTimeoutError(),
    aiohttp.ServerDisconnectedError(),
    aiohttp.ClientPayloadError("not all of it"),
    botocore.exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    requests.exceptions.ProxyError(),  # gcsfs makes it of a 502
    HttpError({"code": 503, "message": "later"}),
])  # fmt: skip
def test_what_a_later_attempt_may_mend_is_an_outage(error):
    with pytest.raises(OutageError), bucket._explained("gs://pictures/pairs.tar"):
        raise error


@pytest.mark.parametrize("error", [HttpError({"code": 400}), OSError("Forbidden"), PermissionError(), ValueError()])
def test_what_no_attempt_mends_is_no_outage(error):
    with pytest.raises(DataError) as raised, bucket._explained("gs://pictures/pairs.tar"):
        raise error
    assert not isinstance(raised.value, OutageError)


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs")])
def test_a_missing_package_is_a_line(fetch, monkeypatch, scheme, package):
    loaded = importlib.import_module("fsspec.registry")._registry  # `fsspec.registry` is a view of it
    monkeypatch.delitem(loaded, scheme, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    assert failure(fetch, f"{scheme}://pictures/pairs.tar") == (
        f"{scheme}://pictures/pairs.tar: {scheme}:// needs the package {package}: `make setup` installs it"
    )


def test_an_archive_comes_from_google(fetch, tmp_path, monkeypatch):
    forget_access(monkeypatch)
    contents = make(tmp_path / "made", "zip", FILES).read_bytes()
    server = Served(google({("pictures", "sets/pairs.zip"): contents}))
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.address)
    try:
        assert fetch("gs://pictures/sets/pairs.zip")["sha256"] == hashlib.sha256(contents).hexdigest()
        assert (tmp_path / "raw/archive").read_bytes() == contents
        missing = "the bucket pictures has no such object; check data.url"
        assert failure(fetch, "gs://pictures/none.zip") == f"gs://pictures/none.zip: {missing}"
    finally:
        server.stop()
