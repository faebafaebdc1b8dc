import stat
import tracemalloc
import zipfile

import pytest
from archives import FILES, LIMITS, zip_of

from pix2pix.base.errors import DataError
from pix2pix.data import archive


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


def test_links_in_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("train/1.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a", "w") as archived:
        archived.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match=r"train/1.jpg: a link"):
        list(archive.members(tmp_path / "a", LIMITS))


def test_a_damaged_zip_is_noticed(tmp_path):
    contents = bytearray(zip_of(tmp_path / "a", FILES).read_bytes())
    contents[contents.index(b"top/train/1.jpg") + 16] ^= 4
    (tmp_path / "a").write_bytes(contents)
    with pytest.raises(DataError, match="cut short or damaged"):
        list(archive.members(tmp_path / "a", LIMITS))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, 99])
def test_an_encrypted_member_is_named(tmp_path, method):
    """99 is the AES encryption of WinZip and 7-Zip."""
    path = zip_of(tmp_path / "a", {"train/1.jpg": b"1" * 99})
    contents = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        contents[contents.index(signature) + at] |= 1
        contents[contents.index(signature) + at + 2] = method
    path.write_bytes(contents)
    with pytest.raises(DataError, match=r"train/1.jpg: encrypted; unpack the archive with its password"):
        archive.verify(path, LIMITS)


def test_a_folder_of_windows_is_a_folder(tmp_path):
    path = zip_of(tmp_path / "a", {"train.jpg\\": b"", "train.jpg/": b"", "train/1.jpg": b"1"})
    assert list(archive.members(path, LIMITS)) == [("train/1.jpg", b"1")]
