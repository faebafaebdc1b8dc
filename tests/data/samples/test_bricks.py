import io
import tarfile

import numpy as np
from PIL import Image

from pix2pix.data.samples import bricks
from pix2pix.data.samples.brick_shapes import BRICKS
from pix2pix.data.samples.brick_view import Camera, drawn


def test_a_picture_is_grey_and_follows_from_seed_and_number():
    picture = bricks.draw(3, 5)
    assert (picture.shape, picture.dtype) == ((128, 128, 1), np.uint8)
    assert np.array_equal(picture, bricks.draw(3, 5))
    assert not np.array_equal(picture, bricks.draw(3, 5 + len(BRICKS)))
    assert not np.array_equal(picture, bricks.draw(4, 5))


def test_there_are_fifty_bricks_that_all_look_different():
    views = {drawn(brick, Camera(0.7, 0.6)).tobytes() for brick in BRICKS}
    assert len(views) == len(BRICKS) == 50


def test_a_brick_stands_bright_in_the_middle_of_dark_ground():
    for brick in BRICKS:
        picture = drawn(brick, Camera(0.4, 0.7))
        border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert border.max() <= 30
        assert picture.max() > 150


def test_parts_do_not_overlap():
    for brick in BRICKS:
        boxes = [(part.corners.min(axis=0), part.corners.max(axis=0)) for part in brick]
        for number, (low, high) in enumerate(boxes):
            for other_low, other_high in boxes[:number]:
                assert ((high <= other_low + 1e-9) | (other_high <= low + 1e-9)).any()


def test_the_top_of_a_brick_hides_nothing_that_is_nearer():
    # A single stud seen from straight above: its top is a bright disc in the middle of a bright square.
    picture = drawn(BRICKS[0], Camera(0.0, np.pi / 2 - 1e-6))
    assert (picture[40:88, 40:88] > 150).mean() > 0.95


def test_the_archive_has_its_splits_and_always_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        bricks.write_archive(tmp_path / name, 7, 2, 1, 1)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    with tarfile.open(tmp_path / "one") as archive:
        pictures = {each.name: Image.open(io.BytesIO(archive.extractfile(each).read())) for each in archive}
    assert list(pictures) == ["bricks/test/1.png", "bricks/train/1.png", "bricks/train/2.png", "bricks/val/1.png"]
    assert {picture.mode for picture in pictures.values()} == {"L"}
    assert np.array_equal(np.asarray(pictures["bricks/train/1.png"]), bricks.draw(7, 1)[..., 0])
