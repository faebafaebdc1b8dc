import gzip
import re
import tarfile
import zipfile

import pytest
from archives import FILES, KINDS, LIMITS, data, make, tar_of, zip_of

from pix2pix.base.errors import DataError
from pix2pix.data import archive, download
from pix2pix.data.layouts import BOTH
from pix2pix.params import Data

HALVES = Data()

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
        archive.verify(tmp_path / "a", LIMITS)


@pytest.mark.parametrize(
    "contents", [b"", b"<html>gone</html>", gzip.compress(b"not a tar", mtime=0), b"PK\x03\x04 no zip"]
)
def test_what_is_no_archive_is_refused(tmp_path, contents):
    (tmp_path / "a").write_bytes(contents)
    with pytest.raises(DataError, match="cannot be read as a tar"):
        archive.verify(tmp_path / "a", LIMITS)


# --- hostile members --------------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize(
    "name",
    [
        "/etc/x.jpg",
        "../train/1.jpg",
        "train/../../1.jpg",
        "a\\..\\1.jpg",
        "\\\\x\\1.jpg",
        "C:/train/1.jpg",
        "train/\n1.jpg",
    ],
)
def test_names_that_lead_elsewhere_are_refused_by_name(tmp_path, kind, name):
    path = make(tmp_path / "a", kind, {"train/1.jpg": b"good", name: b"bad"})
    with pytest.raises(DataError, match=r"leads out|control character") as caught:
        list(archive.members(path, LIMITS))
    assert name in str(caught.value) or repr(name) in str(caught.value)


@pytest.mark.parametrize("name", ["train/1.exe\x00.jpg", "train/\x1b[2J.jpg", "train/\u202egpj.jpg"])
def test_control_characters_in_names_are_refused(tmp_path, name):
    path = zip_of(tmp_path / "a", {"train/_1.jpg": b""})
    info = zipfile.ZipInfo("train/1.jpg")
    info.filename = info.orig_filename = name
    with zipfile.ZipFile(path, "a") as archived:
        archived.writestr(info, b"bad")
    with pytest.raises(DataError, match="control character"):
        list(archive.members(path, LIMITS))


@KINDS
@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        ("train/A.jpg", "train/a.jpg", "names that some file systems take for the same"),
        ("train/é.jpg", "train/e\u0301.jpg", "names that some file systems take for the same"),
        ("train/straße.jpg", "train/STRASSE.jpg", "names that some file systems take for the same"),
        ("train/1.jpg", "train/1.png", "the same name but for the suffix, which is no part of its name"),
        ("train/1.jpg", "./train/1.jpg", "the same name twice"),
    ],
)
def test_names_that_fold_to_the_same_are_refused(tmp_path, kind, one, two, why):
    path = make(tmp_path / "a", kind, {one: b"1", two: b"2"})
    with pytest.raises(DataError, match=re.escape(f"{one} and {two}: {why}; keep one of them, or rename")):
        archive.Pictures(path, HALVES, LIMITS, tmp_path)


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


def test_a_picture_of_more_bytes_than_pixels_could_need_is_refused(tmp_path):
    path = tar_of(tmp_path / "a", {"train/1.jpg": bytes(1_200_000)})
    with pytest.raises(DataError, match=r"too many for prepare.max_pixels"):
        list(archive.members(path, LIMITS.model_copy(update={"max_pixels": 1000})))


@KINDS
def test_a_name_without_end_is_refused(tmp_path, kind):
    path = make(tmp_path / "a", kind, {"train/" + "1" * 1100 + ".jpg": b"1"})
    with pytest.raises(DataError, match=r"train/1+…: a name of 1,110 letters"):
        list(archive.members(path, LIMITS))


@KINDS
def test_what_is_no_picture_is_passed_over_whatever_its_name(tmp_path, kind):
    others = {"README.md": b"", "train/.DS_Store": b"", "train/._1.jpg": b"", "train/Thumbs.db": b"", "LICENSE": b""}
    others |= dict.fromkeys(("Icon\r", "readme.md", "a\u200db.txt", "../up.txt", "x" * 1100), b"")
    path = make(tmp_path / "a", kind, {**others, **FILES})
    assert list(archive.members(path, LIMITS)) == list(FILES.items())


@KINDS
def test_a_name_may_have_the_joiners_of_words_and_emoji_but_not_twice(tmp_path, kind):
    family, word = "train/\U0001f468\u200d\U0001f469.jpg", "train/\u0646\u0645\u06cc\u200c\u062e.jpg"
    path = make(tmp_path / "a", kind, {family: b"1", word: b"2"})
    assert [name for name, _ in archive.members(path, LIMITS)] == [family, word]
    path = make(tmp_path / "a", kind, {family: b"1", family.replace("\u200d", ""): b"2"})
    with pytest.raises(DataError, match="names that some file systems take for the same; keep one"):
        list(archive.members(path, LIMITS))


@KINDS
def test_the_backslashes_of_windows_are_read(tmp_path, kind):
    path = make(tmp_path / "a", kind, {"pairs\\train\\1.jpg": b"one", "pairs\\val\\1.jpg": b"two"})
    assert list(archive.members(path, LIMITS)) == [("pairs/train/1.jpg", b"one"), ("pairs/val/1.jpg", b"two")]


@KINDS
def test_too_many_files_are_refused_when_they_are_fetched(tmp_path, kind):
    path = make(tmp_path / "a", kind, dict.fromkeys(map(str, range(5)), b""))
    archive.verify(path, LIMITS.model_copy(update={"max_files": 5}))
    with pytest.raises(DataError, match=r"more than 4 files: prepare.max_files"):
        archive.verify(path, LIMITS.model_copy(update={"max_files": 4}))


def test_messages_name_the_archive_as_it_is_called(tmp_path):
    path = tar_of(tmp_path / "a", {"README": b"x"})
    with pytest.raises(DataError, match=r"^/home/me/pairs.zip: holds no pictures"):
        archive.Pictures(path, HALVES, LIMITS, tmp_path, "/home/me/pairs.zip")
    path.write_bytes(b"gone")
    with pytest.raises(DataError, match=r"^/home/me/pairs.zip: cannot be read"):
        archive.Pictures(path, HALVES, LIMITS, tmp_path, "/home/me/pairs.zip")


# --- pictures by pair -------------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("top", ["", "facades/", "./", "./facades/"])
def test_pictures_are_found_by_pair_in_natural_order(tmp_path, kind, top):
    entries = {f"{top}{name}": name.encode() for name in ("val/2.jpg", "train/10.jpg", "train/9.jpg", "train/x.PNG")}
    with archive.Pictures(make(tmp_path / "a", kind, entries), HALVES, LIMITS, tmp_path) as pictures:
        assert list(pictures.files) == ["train/9", "train/10", "train/x", "val/2"]
        assert pictures.files["val/2"] == {BOTH: f"{top}val/2.jpg"}
        assert pictures.read("train/x") == {BOTH: b"train/x.PNG"}
        assert [path.name for path in tmp_path.iterdir()] == ["a"], "its file has no name"


@pytest.mark.parametrize(
    "names",
    [["1.jpg"], ["a/b/train/1.jpg"], ["train/more/1.jpg"], ["training/1.jpg"], ["A/train/1.jpg", "B/train/2.jpg"]],
)
def test_another_layout_is_refused_and_the_expected_one_named(tmp_path, names):
    path = tar_of(tmp_path / "a", dict.fromkeys(names, b""))
    with pytest.raises(DataError, match=r"pictures belong in train/, val/ or test/") as caught:
        archive.Pictures(path, HALVES, LIMITS, tmp_path)
    assert names[0].split("/")[0] in str(caught.value)


def test_an_archive_without_pictures_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        archive.Pictures(tar_of(tmp_path / "a", {"README": b"x"}), HALVES, LIMITS, tmp_path)


def test_names_that_leave_no_room_for_those_of_later_stages_are_refused(tmp_path):
    """`evaluate` writes `val-NAME-segmentation.png`, at first as `.val-NAME-segmentation.png.12345.part`."""
    good, bad = "train/" + "é" * 90 + ".jpg", "val/" + "a" * 240 + ".jpg"
    with archive.Pictures(tar_of(tmp_path / "a", {good: b""}), HALVES, LIMITS, tmp_path) as pictures:
        (pair,) = pictures.files
    (tmp_path / f".{pair.replace('/', '-')}-segmentation.png.old.4194304.part").touch()
    with pytest.raises(DataError, match=rf"longer names than 195 bytes: {bad}; give them shorter ones"):
        archive.Pictures(tar_of(tmp_path / "a", {good: b"", bad: b""}), HALVES, LIMITS, tmp_path)


def test_a_name_that_is_not_utf8_says_so(tmp_path):
    with tarfile.open(tmp_path / "a", "w:gz", errors="surrogateescape") as archived:
        archived.addfile(tarfile.TarInfo("train/caf\udce9.png"))
    with pytest.raises(DataError, match="not UTF-8; rename the file"):
        list(archive.members(tmp_path / "a", LIMITS))


def test_pairs_below_two_folders_are_told_by_their_folders(tmp_path):
    with pytest.raises(DataError, match="top folders: none, b;"):
        archive.Pictures(
            zip_of(tmp_path / "a", {"train/1.png": b"", "b/train/2.png": b""}), HALVES, LIMITS, scratch=tmp_path
        )
