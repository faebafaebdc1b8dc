import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc

import pytest
from archives import FILES, LIMITS, header, tar_of

from pix2pix.base.errors import DataError
from pix2pix.data import archive

END = bytes(2 * tarfile.BLOCKSIZE)


def block(name, size, kind=tarfile.REGTYPE, form=tarfile.GNU_FORMAT):
    """The header of a member, whatever it claims."""
    return header(name, size, type=kind).tobuf(form)


def described(contents, kind=tarfile.XHDTYPE):
    """A header with these contents, which describes the next one."""
    return block("about", len(contents), kind) + contents + bytes(-len(contents) % tarfile.BLOCKSIZE)


def record(key, value):
    """A record of PAX, which begins with its own length."""
    body = f" {key}={value}\n".encode()
    length = next(number for number in range(10**5) if number == len(str(number)) + len(body))
    return str(length).encode() + body


def verified(tmp_path, contents, **limits):
    (tmp_path / "a").write_bytes(contents)
    archive.verify(tmp_path / "a", LIMITS.model_copy(update=limits))


def test_a_header_that_claims_to_be_a_huge_name_is_not_read_into_memory(tmp_path):
    lying = header("././@LongLink", 5_000_000_000, type=tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "a").write_bytes(gzip.compress(lying + bytes(100_000)))
    with pytest.raises(DataError, match="a header of 5,000,000,000 bytes"):
        list(archive.members(tmp_path / "a", LIMITS))


def test_zeros_behind_the_end_count_towards_the_bound(tmp_path):
    contents = tar_of(tmp_path / "a", FILES).read_bytes() + bytes(3_000_000)
    (tmp_path / "a").write_bytes(gzip.compress(contents))
    with pytest.raises(DataError, match=r"prepare.max_unpacked_gb"):
        list(archive.members(tmp_path / "a", LIMITS.model_copy(update={"max_unpacked_gb": 0.002})))


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


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "device"),
        (b"Z", "thing of an unknown kind"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind, word):
    entries = [(header("train/1.jpg", type=kind, linkname="/etc/passwd"), b"")]
    with pytest.raises(DataError, match=f"train/1.jpg: a {word}"):
        list(archive.members(tar_of(tmp_path / "a", entries), LIMITS))


# --- what a tar may be ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_every_format_and_compression_gives_what_was_put_in(tmp_path, mode, form):
    long = "/".join(["d" * 60, "e" * 60, "train", "f" * 60])
    put = {"top/train/1.jpg": b"one" * 999, f"{long}.jpg": b"long", "top/train/empty.png": b""}
    put |= {} if form == tarfile.USTAR_FORMAT else {"top/val/\N{SNOWMAN}.jpg": b"snow", f"{'x' * 300}.jpg": b"longer"}
    with tarfile.open(tmp_path / "a", mode, format=form) as tar:
        tar.addfile(header("top/train", type=tarfile.DIRTYPE))
        for name, contents in put.items():
            tar.addfile(header(name, len(contents), mtime=1.5), io.BytesIO(contents))
    archive.verify(tmp_path / "a", LIMITS)
    assert dict(archive.members(tmp_path / "a", LIMITS)) == put


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, gzip.compress])
def test_a_cut_and_a_damaged_compressed_tar_are_noticed(tmp_path, pack):
    whole = pack(tar_of(tmp_path / "good", {"train/1.jpg": bytes(range(256)) * 99}).read_bytes())
    verified(tmp_path, whole)
    for bad in (whole[:-9], whole[: len(whole) // 2], whole[:40] + bytes([whole[40] ^ 4]) + whole[41:]):
        with pytest.raises(DataError, match="cut short or damaged"):
            verified(tmp_path, bad)


def test_a_comment_for_all_files_is_passed_over(tmp_path):
    """`git archive` writes one."""
    contents = described(record("comment", "0" * 40), tarfile.XGLTYPE) + block("train/1.jpg", 0) + END
    verified(tmp_path, contents)
    assert [name for name, _ in archive.members(tmp_path / "a", LIMITS)] == ["train/1.jpg"]


# --- claims -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("size", [2**40, 2**62, 2**80])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, b"Z"])
def test_a_claim_beyond_the_limit_is_refused_and_not_waited_for(tmp_path, size, form, kind):
    with pytest.raises(DataError, match=r"more than 20 GB: prepare.max_unpacked_gb"):
        verified(tmp_path, gzip.compress(block("train/1.jpg", size, kind, form) + bytes(9999)))


def test_claims_count_together(tmp_path):
    contents = block("1.jpg", 1500) + bytes(1536) + block("2.jpg", 1500) + bytes(1536) + END
    verified(tmp_path, contents, max_unpacked_gb=1e-5)
    with pytest.raises(DataError, match=r"prepare.max_unpacked_gb"):
        verified(tmp_path, contents, max_unpacked_gb=4e-6)


def test_a_claim_within_the_limit_ends_with_the_archive(tmp_path):
    with pytest.raises(DataError, match="ends in the middle of a member"):
        verified(tmp_path, gzip.compress(block("train/1.jpg", 19 * 10**9) + bytes(9999)))


def test_a_size_below_zero_is_damage(tmp_path):
    with pytest.raises(DataError, match="cut short or damaged"):
        verified(tmp_path, block("train/1.jpg", -512) + END)


# --- headers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "about",
    [
        [record("GNU.sparse.major", "1"), record("GNU.sparse.minor", "0"), record("GNU.sparse.realsize", "9")],
        [record("GNU.sparse.size", "9"), record("GNU.sparse.numblocks", "1"), record("GNU.sparse.offset", "0")],
        [record("GNU.sparse.map", "0,1," * 500 + "0,1"), record("GNU.sparse.size", "9")],
        [record("SUN.holesdata", " 0 9")],
    ],
)
def test_a_sparse_file_of_pax_is_refused_in_its_header(tmp_path, about):
    with pytest.raises(DataError, match=r"train/1.jpg: a sparse file; pack it without --sparse"):
        verified(tmp_path, described(b"".join(about)) + block("train/1.jpg", 512) + bytes(512) + END)


def test_a_sparse_file_of_gnu_is_refused_before_its_extensions_are_read(tmp_path):
    """Each of these blocks would become 21 Python tuples; a file may have millions of them, all but one zero."""
    first = bytearray(block("train/1.jpg", 0, tarfile.GNUTYPE_SPARSE))
    first[482] = 1  # isextended
    first[148:156] = b"%06o\0 " % (sum(first[:148]) + 8 * 32 + sum(first[156:512]))
    more = bytes(504) + b"\1" + bytes(7)
    tracemalloc.start()
    with pytest.raises(DataError, match=r"train/1.jpg: a sparse file"):
        verified(tmp_path, gzip.compress(bytes(first) + more * 2000 + END))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGLINK])
def test_a_long_header_is_refused(tmp_path, kind):
    with pytest.raises(DataError, match="a header of 65,000 bytes"):
        verified(tmp_path, described(b"1" * 65_000, kind) + block("train/1.jpg", 0) + END)


@pytest.mark.parametrize(
    "about", [b"1" * 8000, b"5 a=b", b"-7 a=b\n", b"99 a=b\n", b"6 a b\n", record("size", "-1"), b" =\n"]
)
def test_a_damaged_pax_header_is_damage(tmp_path, about):
    with pytest.raises(DataError, match="cut short or damaged"):
        verified(tmp_path, described(about) + block("train/1.jpg", 0) + END)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_headers_without_a_file_are_refused(tmp_path, kind):
    contents = described(record("comment", "x"), kind) * 5 + block("train/1.jpg", 0) + END
    with pytest.raises(DataError, match="about: more than 4 headers for one file"):
        verified(tmp_path, contents)


def test_all_headers_together_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("pix2pix.data.tars._MOST_DESCRIPTION", 5000)
    pair = described(record("comment", "x" * 1000)) + block("README", 0)
    verified(tmp_path, pair * 4 + END)
    with pytest.raises(DataError, match=r"more than 5,000 bytes of headers"):
        verified(tmp_path, pair * 5 + END)


@pytest.mark.parametrize("key", ["path", "size"])
def test_one_name_or_size_for_all_files_is_damage(tmp_path, key):
    with pytest.raises(DataError, match="one name or size to all files"):
        verified(tmp_path, described(record(key, "1"), tarfile.XGLTYPE) + block("train/1.jpg", 0) + END)


def test_the_label_of_a_volume_and_the_list_of_a_folder_are_passed_over(tmp_path):
    """As `tar -V` and `tar --listed-incremental` of GNU write them."""
    listing = b"Y1.jpg\0\0".ljust(tarfile.BLOCKSIZE, b"\0")
    file = block("train/1.jpg", 3) + b"one".ljust(tarfile.BLOCKSIZE, b"\0")
    (tmp_path / "a").write_bytes(block("label", 0, b"V") + block("train/", 8, b"D") + listing + file + END)
    assert list(archive.members(tmp_path / "a", LIMITS)) == [("train/1.jpg", b"one")]


def test_the_rest_of_a_file_from_another_volume_is_refused_by_name(tmp_path):
    with pytest.raises(DataError, match=r"train/1.jpg: a part of a file from another volume"):
        (tmp_path / "a").write_bytes(block("train/1.jpg", 0, b"M") + END)
        list(archive.members(tmp_path / "a", LIMITS))
