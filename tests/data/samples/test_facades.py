import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from pix2pix.data.labels import CMP
from pix2pix.data.samples import facades

COUNTS = {"train": 3, "val": 2, "test": 1}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "facades.tar.gz"
    facades.write_archive(path, 7, **COUNTS)
    return path


def pictures(path):
    with tarfile.open(path) as archive:
        return {member.name: Image.open(io.BytesIO(archive.extractfile(member).read())) for member in archive}


def test_a_pair_is_two_rgb_pictures_drawn_from_seed_and_index():
    photo, labels = facades.draw_pair(3, 5)
    assert photo.shape == labels.shape == (256, 256, 3)
    assert photo.dtype == labels.dtype == np.uint8
    again_photo, again_labels = facades.draw_pair(3, 5)
    assert np.array_equal(photo, again_photo) and np.array_equal(labels, again_labels)
    for other in (facades.draw_pair(3, 6), facades.draw_pair(4, 5)):
        assert not np.array_equal(labels, other[1])


def test_the_archive_is_laid_out_like_the_published_one(archive):
    found = pictures(archive)
    names = [f"facades/{split}/{number + 1}.jpg" for split in sorted(COUNTS) for number in range(COUNTS[split])]
    assert list(found) == names
    for picture in found.values():
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (512, 256))


def test_no_house_is_in_the_archive_twice(archive):
    assert len({picture.tobytes() for picture in pictures(archive).values()}) == sum(COUNTS.values())


def test_the_halves_survive_the_jpeg(archive):
    pair = np.asarray(pictures(archive)["facades/test/1.jpg"])
    photo, labels = facades.draw_pair(7, 0)
    assert np.abs(pair[:, :256].astype(int) - photo).mean() < 8
    assert (CMP.classes(pair[:, 256:]) == CMP.classes(labels)).mean() > 0.9


def test_same_arguments_same_bytes(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1.0)  # neither the time nor the file's name gets into the bytes
    facades.write_archive(tmp_path / "other-name.tgz", 7, **COUNTS)
    assert (tmp_path / "other-name.tgz").read_bytes() == archive.read_bytes()
    facades.write_archive(tmp_path / "other-seed.tgz", 8, **COUNTS)
    assert (tmp_path / "other-seed.tgz").read_bytes() != archive.read_bytes()


def test_a_failed_write_leaves_the_old_archive_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "facades.tar.gz"
    path.write_bytes(b"old")

    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(facades, "encode", refuse)
    with pytest.raises(OSError, match="disk full"):
        facades.write_archive(path, 7, **COUNTS)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
