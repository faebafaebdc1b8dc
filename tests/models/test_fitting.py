"""Pillow and NumPy's own indexing are the truth here."""

from typing import get_args

import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data.tasks import Field
from pix2pix.models.fitting import Fit, fitted, resized, restored

SIZE = 32
PHOTO, LABEL = Field("input", "picture", SIZE, SIZE, 3), Field("input", "label map", SIZE, SIZE, 3)
WIDE = Field("input", "picture", SIZE, 2 * SIZE, 3)
SIZES = [(32, 32), (20, 32), (32, 7), (31, 13), (1, 1)]


def noise(width, height):
    return np.random.default_rng(width * 100 + height).integers(0, 256, (height, width, 3), np.uint8)


def pillow(picture, width, height, label):
    how = PillowImage.Resampling.NEAREST if label else PillowImage.Resampling.BICUBIC
    return np.asarray(PillowImage.fromarray(picture).resize((width, height), how))


@pytest.mark.parametrize("field", [LABEL, PHOTO, WIDE])
@pytest.mark.parametrize(("width", "height"), [*SIZES, (100, 50), (64, 64), (32, 500)])
def test_any_size_is_resized_and_the_answer_back(width, height, field):
    picture, answer = noise(width, height), noise(field.width, field.height)
    got = fitted(picture, field, "resize")
    np.testing.assert_array_equal(got, pillow(picture, field.width, field.height, field.is_label))
    back = restored(answer, width, height, field, "resize")
    assert back.shape == (height, width, 3) and back.dtype == np.uint8
    np.testing.assert_array_equal(back, pillow(answer, width, height, field.is_label))


def test_a_label_map_keeps_its_colours_and_a_photo_does_not():
    board = np.zeros((99, 77, 3), np.uint8)
    board[::2] = 255
    assert set(np.unique(fitted(board, LABEL, "resize"))) == {0, 255}
    assert len(np.unique(fitted(board, PHOTO, "resize"))) > 2


def test_a_picture_of_the_right_size_is_not_touched():
    picture = noise(SIZE, SIZE)
    for fit in get_args(Fit):
        np.testing.assert_array_equal(fitted(picture, PHOTO, fit), picture)
        np.testing.assert_array_equal(restored(picture, SIZE, SIZE, PHOTO, fit), picture)
    half = noise(2 * SIZE, SIZE)[:, SIZE:]  # a view into a larger picture
    np.testing.assert_array_equal(resized(half, 8, 8, False), pillow(half.copy(), 8, 8, False))


@pytest.mark.parametrize("field", [LABEL, WIDE])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_padding_continues_the_edges_around_the_middle_and_is_cut_off_again(width, height, field):
    picture = noise(width, height)
    got = fitted(picture, field, "pad")
    assert got.shape == field.shape and got.dtype == np.uint8
    left, top = (field.width - width) // 2, (field.height - height) // 2
    for y in range(field.height):
        for x in range(field.width):
            nearest = picture[min(max(y - top, 0), height - 1), min(max(x - left, 0), width - 1)]
            assert tuple(got[y, x]) == tuple(nearest)
    np.testing.assert_array_equal(restored(got, width, height, field, "pad"), picture)


@pytest.mark.parametrize(
    ("width", "height", "inside"),
    [(33, 1, (32, 1)), (64, 64, (32, 32)), (100, 50, (32, 16)), (48, 96, (16, 32)), (1000, 1, (32, 1))],
)
@pytest.mark.parametrize("field", [PHOTO, LABEL])
def test_a_larger_picture_is_scaled_down_to_fit_before_it_is_padded(width, height, inside, field):
    picture, answer = noise(width, height), noise(SIZE, SIZE)
    small = pillow(picture, *inside, field.is_label)
    np.testing.assert_array_equal(fitted(picture, field, "pad"), fitted(small, field, "pad"))
    back = restored(answer, width, height, field, "pad")
    part = restored(answer, *inside, field, "pad")
    assert part.shape == (inside[1], inside[0], 3)
    np.testing.assert_array_equal(back, pillow(part, width, height, field.is_label))


@pytest.mark.parametrize(("width", "height"), [(31, 32), (64, 64)])
def test_what_does_not_fit_is_refused_with_the_way_out(width, height):
    with pytest.raises(DataError) as caught:
        fitted(noise(width, height), PHOTO, "exact")
    size = f"{width}x{height} pixels, and this model takes 32x32"
    assert str(caught.value) == f"{size}; the fits `resize`, `pad` and `tile` take any size"


def test_a_rectangle_is_told_as_width_by_height():
    with pytest.raises(DataError, match="32x64 pixels, and this model takes 64x32"):
        fitted(noise(32, 64), WIDE, "exact")


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="fit = 'stretch': must be one of exact, resize, pad"):
        fitted(noise(SIZE, SIZE), PHOTO, "stretch")
