import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as PillowImage

from pix2pix.data import labels
from pix2pix.data.labels import CMP
from pix2pix.params import Data

# As measured over the 500 published label halves.
COLOURS = """background 0,0,222 | facade 0,48,255 | window 0,128,255 | door 1,207,255 | cornice 32,255,224
| sill 112,254,142 | balcony 192,255,63 | blind 255,240,1 | deco 255,159,0 | molding 255,80,0
| pillar 254,0,0 | shop 174,0,1"""


def nearest(image, colours):
    """The class of every pixel, one pixel and one colour at a time."""
    classes = []
    for pixel in image.reshape(-1, 3).tolist():
        distances = [sum((a - b) ** 2 for a, b in zip(pixel, colour, strict=True)) for colour in colours.tolist()]
        classes.append(distances.index(min(distances)))
    return np.array(classes).reshape(image.shape[:-1])


def test_a_grey_picture_is_astray_where_it_has_not_the_exact_colour_of_a_class():
    black_and_red = labels.palette({"night": (0, 0, 0), "roof": (200, 0, 0)})
    picture = np.array([[0, 0, 3, 9]], np.uint8)[..., None].repeat(3, axis=2)
    assert black_and_red.astray(picture, black_and_red.classes(picture)) == 0.5
    greys = labels.palette({"night": (0, 0, 0), "fog": (90, 90, 90)})
    assert greys.astray(picture, greys.classes(picture)) == 0, "its label maps are grey"
    picture[0, 0] = 200, 0, 0
    assert black_and_red.astray(picture, black_and_red.classes(picture)) == 0, "it is no grey picture"


def test_the_colours_of_the_facades():
    expected = [entry.split() for entry in COLOURS.split("|")]
    assert list(CMP.names) == [name for name, _ in expected]
    assert CMP.colours.tolist() == [[int(part) for part in colour.split(",")] for _, colour in expected]
    assert len(CMP) == 12


def test_the_nearest_colour_as_counted_one_by_one():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    classes = CMP.classes(image)
    assert classes.dtype == np.uint8 and classes.shape == (20, 30)
    np.testing.assert_array_equal(classes, nearest(image, CMP.colours))
    np.testing.assert_array_equal(CMP.classes(image[3]), classes[3])  # any number of axes
    np.testing.assert_array_equal(CMP.classes(np.stack([image, image[::-1]])), np.stack([classes, classes[::-1]]))


@given(
    hnp.arrays(np.uint8, (2, 3, 3)),
    st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=6, unique=True),
)
def test_the_nearest_colour_of_any_palette(image, colours):
    palette = labels.palette({str(number): colour for number, colour in enumerate(colours)})
    np.testing.assert_array_equal(palette.classes(image), nearest(image, palette.colours))


def test_of_a_tie_the_first_class_wins():
    palette = labels.palette({"a": (0, 0, 0), "b": (0, 0, 2)})
    turned = labels.palette({"b": (0, 0, 2), "a": (0, 0, 0)})
    between = np.array([[[0, 0, 1]]], np.uint8)
    assert palette.names[palette.classes(between)[0, 0]] == "a"
    assert turned.names[turned.classes(between)[0, 0]] == "b"


def test_a_view_is_read_as_what_it_shows():
    """The halves of a pair are views into one picture."""
    whole = np.random.default_rng(1).integers(0, 256, (8, 16, 3), dtype=np.uint8)
    for view in (whole[:, 8:], whole[::-1], whole.transpose(1, 0, 2)):
        np.testing.assert_array_equal(CMP.classes(view), CMP.classes(view.copy()))


def test_painted_classes_are_read_back():
    classes = np.random.default_rng(0).integers(0, 12, (9, 7), dtype=np.uint8)
    painted = CMP.paint(classes)
    assert painted.dtype == np.uint8 and painted.shape == (9, 7, 3)
    np.testing.assert_array_equal(CMP.classes(painted), classes)


def test_most_classes_survive_jpeg():
    """As the published label halves are stored: quality 95, colours at half the resolution."""
    blocks = np.random.default_rng(0).integers(0, 12, (8, 8), dtype=np.uint8)
    classes = np.kron(blocks, np.ones((32, 32), np.uint8))
    file = io.BytesIO()
    PillowImage.fromarray(CMP.paint(classes)).save(file, "JPEG", quality=95, subsampling="4:2:0")
    read = CMP.classes(np.asarray(PillowImage.open(file)))
    assert (read == classes).mean() > 0.95


def test_shares():
    palette = labels.palette({"a": (0, 0, 0), "b": (9, 9, 9), "never": (255, 0, 0), "c": (0, 0, 255)})
    shares = palette.shares(np.array([[0, 1, 1], [3, 3, 3]], np.uint8))
    np.testing.assert_allclose(shares, [1 / 6, 2 / 6, 0, 3 / 6])


@pytest.mark.parametrize(("palette", "expected"), [("cmp", CMP), ("none", None)])
def test_the_palettes_by_name(palette, expected):
    assert labels.classes_of(Data(palette=palette)) is expected


def test_an_own_palette_keeps_its_order():
    palette = labels.classes_of(Data(palette={"sky": [70, 130, 180], "road": [128, 64, 128]}))
    assert palette.names == ("sky", "road")
    assert palette.colours.tolist() == [[70, 130, 180], [128, 64, 128]] and palette.colours.dtype == np.uint8
