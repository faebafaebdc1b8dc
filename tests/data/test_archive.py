import gzip
import stat
import tarfile
import tracemalloc
import zipfile

import pytest
from archives import FILES, KINDS, LIMITS, data, header, make, tar_of, zip_of

from pix2pix.base.errors import DataError
from pix2pix.data import archive, download

# --- damage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [1, 4, 8, 9, 200])
def test_a_truncated_gzip_is_noticed_by_fetch_and_by_reading(tmp_path, missing):
    contents = tar_of(tmp_path / "a", FILES, "w:gz").read_bytes()
    (tmp_path / "cut").write_bytes(contents[:-missing])
    with pytest.raises(DataError, match="cut short or damaged"):
        download.fetch(data(path=str(tmp_path / "cut")), LIMITS, 1, tmp_path / "raw")
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
