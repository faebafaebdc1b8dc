import itertools
from concurrent.futures import ThreadPoolExecutor

import made_examples
import made_instances
import numpy as np
import pytest
from PIL import Image as PillowImage
from tiny import ABOUT, about_tiny, speaking

from pix2pix.base.errors import DataError
from pix2pix.base.files import sha256
from pix2pix.base.pictures import resized
from pix2pix.data.labels import CMP
from pix2pix.data.tasks import task
from pix2pix.models import facts
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.networks.blocks import InstanceStyle, Style
from pix2pix.networks.generators.unet import generator
from pix2pix.params import Data

PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
SMALL = np.random.default_rng(1).integers(0, 256, (20, 27, 3), dtype=np.uint8)
LARGE = np.random.default_rng(2).integers(0, 256, (50, 90, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def translate(tiny_model):
    return Translator.load(tiny_model)


def test_a_picture_comes_out_like_one_went_in(translate):
    answer = translate(PICTURE)
    assert answer.dtype == np.uint8 and answer.shape == (32, 32, 3)
    assert answer.std() > 0
    assert translate.task == task(Data(image_size=32)) and translate.about.halves["input"] == "right"


def test_an_answer_follows_from_picture_and_seed(tiny_model, translate):
    first = translate(PICTURE, seed=1)
    other = translate(PICTURE, seed=2)
    translate(PICTURE[::-1], seed=1)
    np.testing.assert_array_equal(translate(PICTURE, seed=1), first)
    np.testing.assert_array_equal(Translator.load(tiny_model)(PICTURE, seed=1), first)  # in another session too
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, translate(PICTURE[::-1], seed=1))
    np.testing.assert_array_equal(translate(PICTURE), translate(PICTURE, seed=0))


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (PICTURE / 255, "float64 (32, 32, 3)"),
        (PICTURE.astype(np.int16), "int16 (32, 32, 3)"),
        (PICTURE[..., 0], "uint8 (32, 32)"),
        (PICTURE[None], "uint8 (1, 32, 32, 3)"),
        (np.zeros((32, 32, 4), np.uint8), "uint8 (32, 32, 4)"),
        (np.zeros((0, 32, 3), np.uint8), "uint8 (0, 32, 3)"),
    ],
)
def test_anything_but_a_picture_is_refused(translate, image, said):
    for use in (translate, translate.snapped, lambda image: translate(image, fit="resize")):
        with pytest.raises(DataError) as caught:
            use(image)
        assert str(caught.value) == f"a picture of {said} was given; a picture is uint8 (height, width, 3)"


def test_a_picture_of_another_size_is_refused_unless_the_caller_says_what_to_do(translate):
    with pytest.raises(
        DataError, match="27x20 pixels, and this model takes 32x32; the fits `resize`, `pad` and `tile` take any size"
    ):
        translate(SMALL)


@pytest.mark.parametrize("picture", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("about", "into", "out"),
    [
        # The pairs of the façades have the label map on the right.
        ({"direction": "right_to_left"}, "NEAREST", "BICUBIC"),
        ({"direction": "left_to_right"}, "BICUBIC", "NEAREST"),
        ({"direction": "right_to_left", "label_half": "left"}, "BICUBIC", "NEAREST"),
        ({"direction": "left_to_right", "palette": "none"}, "BICUBIC", "BICUBIC"),
    ],
)
def test_what_the_model_was_made_for_says_how_pictures_are_resized(picture, about, into, out):
    translate = Translator(generator((32, 32), filters=4), about_tiny(**about))
    height, width, _ = picture.shape
    into, out = (getattr(PillowImage.Resampling, name) for name in (into, out))
    direct = translate(np.asarray(PillowImage.fromarray(picture).resize((32, 32), into)), seed=5)
    expected = np.asarray(PillowImage.fromarray(direct).resize((width, height), out))
    np.testing.assert_array_equal(translate(picture, seed=5, fit="resize"), expected)


def test_a_smaller_picture_is_padded_and_the_answer_cut_back(translate):
    padded = np.pad(SMALL, ((6, 6), (2, 3), (0, 0)), mode="edge")
    np.testing.assert_array_equal(translate(SMALL, fit="pad"), translate(padded)[6:26, 2:29])


def test_a_larger_picture_is_tiled_with_the_same_masks_for_each_tile(translate):
    """Its corners are in one tile only, so they are those of the answers to these tiles."""
    answer = translate(LARGE, seed=3, fit="tile")
    assert answer.shape == LARGE.shape and answer.dtype == np.uint8
    np.testing.assert_array_equal(answer[:10, :10], translate(LARGE[:32, :32], seed=3)[:10, :10])
    np.testing.assert_array_equal(answer[-10:, -10:], translate(LARGE[-32:, -32:], seed=3)[-10:, -10:])


def test_a_picture_that_is_smaller_on_one_side_is_padded_there_and_tiled(translate):
    picture = LARGE[:20]
    padded = np.pad(picture, ((6, 6), (0, 0), (0, 0)), mode="edge")
    np.testing.assert_array_equal(translate(picture, fit="tile"), translate(padded, fit="tile")[6:26])
    np.testing.assert_array_equal(translate(SMALL, fit="tile"), translate(SMALL, fit="pad"))


@pytest.mark.parametrize("fit", ["resize", "tile"])
def test_no_colour_is_added_to_a_label_map_that_goes_in(fit):
    """The network is asked for nothing but what it was given."""
    translate, given = Translator(generator((32, 32), filters=4), ABOUT), []
    translate._generator = lambda picture, **_: given.append(picture) or picture
    board = np.zeros((77, 99, 3), np.uint8)
    board[::2] = 255
    translate(board, fit=fit)
    assert {tile.shape for tile in given} == {(32, 32, 3)} and set(np.unique(given)) == {0, 255}


def test_an_answer_does_not_depend_on_the_pictures_before_it(translate):
    given = [(PICTURE, "exact"), (SMALL, "pad"), (SMALL, "resize"), (LARGE, "resize"), (PICTURE[::-1], "exact")]
    alone = [translate(picture, fit=fit) for picture, fit in given]
    for order in itertools.islice(itertools.permutations(range(len(given))), 0, 120, 17):
        for number in order:
            picture, fit = given[number]
            np.testing.assert_array_equal(translate(picture, fit=fit), alone[number])


def test_threads_do_not_mix_pictures_or_masks(translate):
    asked = [(np.roll(PICTURE, shift, axis=0), seed) for shift in range(8) for seed in range(4)]
    alone = [translate(picture, seed) for picture, seed in asked]
    with ThreadPoolExecutor(8) as threads:
        for answer, expected in zip(threads.map(lambda each: translate(*each), asked), alone, strict=True):
            np.testing.assert_array_equal(answer, expected)


def test_a_drawn_label_map_is_snapped_to_the_nearest_colours(translate):
    snapped = translate.snapped(SMALL)
    far = ((SMALL[..., None, :].astype(int) - CMP.colours.astype(int)) ** 2).sum(axis=-1)
    np.testing.assert_array_equal(snapped, CMP.colours[far.argmin(axis=-1)])
    np.testing.assert_array_equal(translate.snapped(snapped), snapped)
    assert not np.array_equal(translate(SMALL, fit="pad"), translate(snapped, fit="pad")), "as it is, unless asked"


@pytest.mark.parametrize("about", [{"direction": "left_to_right"}, {"palette": "none"}])
def test_a_model_of_photos_has_no_colours_to_snap_to(about):
    with pytest.raises(DataError, match="takes no label maps"):
        Translator(generator((32, 32), filters=4), about_tiny(**about)).snapped(PICTURE)


def test_use_leaves_the_model_folder_as_it_was(tiny_model, translate):
    before = {path.name: sha256(path) for path in tiny_model.iterdir()}
    translate(PICTURE, seed=3)
    assert {path.name: sha256(path) for path in tiny_model.iterdir()} == before


def test_use_leaves_the_trained_model_as_it_was():
    trained = generator((32, 32), filters=4)
    before = [weight.tobytes() for weight in trained.get_weights()]
    Translator(trained, ABOUT)(PICTURE, seed=3)
    assert [weight.tobytes() for weight in trained.get_weights()] == before


def test_a_model_can_be_used_each_way(tmp_path):
    folder.save(speaking(generator((32, 32), filters=4)), tmp_path / "generator", ABOUT.told())
    ways, translate = Translator.load_each_way(tmp_path / "generator"), Translator.load(tmp_path / "generator")
    assert list(ways) == ["generated", "dropout_off", "moving_averages", "moving_averages_dropout_off"]
    answers = {name: translator(PICTURE, seed=1) for name, translator in ways.items()}
    np.testing.assert_array_equal(answers["generated"], translate(PICTURE, seed=1))
    assert len({answer.tobytes() for answer in answers.values()}) == 4
    for name, translator in ways.items():
        assert np.array_equal(translator(PICTURE, seed=2), answers[name]) == name.endswith("dropout_off")
        assert translator.about == translate.about


def test_a_digest_is_of_the_weights(tiny_model, translate):
    assert translate.digest() == Translator.load(tiny_model).digest()
    assert translate.digest() != Translator(generator((32, 32), filters=4, style=Style(9)), ABOUT).digest()


FIRST_FORMAT = {
    "fingerprint": "0123456789abcdef", "direction": "right_to_left", "palette": "cmp", "image_size": 32,
    "label_half": "right", "generator": "unet", "loss": "cgan+l1", "epoch": 7, "selected_by": "last",
}  # fmt: skip


@pytest.mark.parametrize("about", [FIRST_FORMAT, {}, {"classes": ["sky"], "colours": [[0, 0, 0]]}])
def test_a_folder_without_a_format_is_refused(tmp_path, about):
    """Those of earlier versions, and those of a segmenter."""
    folder.save(generator((32, 32), filters=4), tmp_path / "generator", about)
    with pytest.raises(DataError) as caught:
        Translator.load(tmp_path / "generator")
    said = "has no format, and this version reads generators of format 2; train it anew"
    assert str(caught.value) == f"{tmp_path / 'generator/about.json'}: {said}"


@pytest.mark.parametrize("size", [(64, 64), (32, 64)])
def test_a_model_of_other_pictures_is_refused(tmp_path, size):
    folder.save(generator(size, filters=4), tmp_path / "generator", ABOUT.told())
    with pytest.raises(
        DataError, match=r"generator: its network does not turn a label map of 32x32 pixels into a picture of 32x32"
    ):
        Translator.load(tmp_path / "generator")


def test_a_picture_of_other_channels_is_a_wrong_one():
    with pytest.raises(DataError, match=r"a picture is uint8 \(height, width, 1\)"):
        translator_of((32, 32), (1, 3))(PICTURE)


def translator_of(size, channels, kinds=("picture", "picture")):
    """An untrained generator of these sides and channels."""
    fields = made_examples.task(*kinds, size, channels).fields
    about = ABOUT.model_copy(update={"fields": fields, "palette": "none"})
    return Translator(generator(size, filters=4, channels=channels), about)


@pytest.mark.parametrize("fit", ["resize", "pad"])
@pytest.mark.parametrize("channels", [(1, 4), (4, 1), (3, 1)])
def test_rectangles_of_any_channels_in_and_out(channels, fit):
    translate = translator_of((32, 64), channels)
    picture = np.random.default_rng(0).integers(0, 256, (20, 50, channels[0]), dtype=np.uint8)
    answer = translate(picture, fit=fit)
    assert answer.shape == (20, 50, channels[1]) and answer.dtype == np.uint8
    if fit == "pad":
        padded = np.pad(picture, ((6, 6), (7, 7), (0, 0)), mode="edge")
        np.testing.assert_array_equal(answer, translate(padded)[6:26, 7:57])
    else:
        planes = [PillowImage.fromarray(picture[..., n]) for n in range(channels[0])]
        large = np.dstack([plane.resize((64, 32), PillowImage.Resampling.BICUBIC) for plane in planes])
        planes = [PillowImage.fromarray(translate(large)[..., n]) for n in range(channels[1])]
        small = np.dstack([plane.resize((50, 20), PillowImage.Resampling.BICUBIC) for plane in planes])
        np.testing.assert_array_equal(answer, small)


def test_an_absent_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="not a model folder"):
        Translator.load(tmp_path / "absent")


def test_a_network_without_dropout_and_batch_norm_is_used_in_one_way(tmp_path):
    trained = generator((32, 32), InstanceStyle(0), filters=2, dropout=False)
    folder.save(trained, tmp_path / "generator", ABOUT.told())
    assert list(Translator.load_each_way(tmp_path / "generator")) == ["generated"]


# ---- instance maps ----


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A translator that reads an instance map with each label map."""
    return Translator.load(made_instances.save_generator(tmp_path_factory.mktemp("model") / "instances"))


def test_an_instance_map_is_fitted_as_its_label_map_is(reader):
    """Nearest pixels, padding and tiles: as the pictures of one size that are cut and scaled by hand."""
    ids = made_instances.ids()
    answer = reader(PICTURE, instances=ids)
    assert (answer != reader(PICTURE, instances=made_instances.ids(1))).mean() > 0.1
    large, large_ids = (each.repeat(2, 0).repeat(2, 1) for each in (PICTURE, ids))
    for fit in ("resize", "pad"):
        np.testing.assert_array_equal(reader(large, 0, fit, large_ids), resized(answer, 64, 64, label=False))
    wide, wide_ids = (np.concatenate([each, each[:, ::-1]], axis=1) for each in (PICTURE, ids))
    tiles = reader(wide, 0, "tile", wide_ids)
    np.testing.assert_array_equal(tiles[:, :16], answer[:, :16])  # there only the first tile lies
    assert "each with its instance map" in facts.told(reader)["takes"]


@pytest.mark.parametrize(
    ("instances", "said"),
    [
        (None, "^this model needs an instance map with each label map$"),
        (
            made_instances.ids().astype(np.int32),
            r"an instance map of int32 \(32, 32, 1\) was given; it has to be uint16",
        ),
        (made_instances.ids()[:16], r"of uint16 \(16, 32, 1\) was given; it has to be uint16 \(32, 32, 1\)$"),
    ],
)
def test_a_label_map_needs_an_instance_map_of_its_size(reader, instances, said):
    with pytest.raises(DataError, match=said):
        reader(PICTURE, instances=instances)


def test_a_model_without_instances_reads_none(translate):
    with pytest.raises(DataError, match=r"^this model reads no instance maps$"):
        translate(PICTURE, instances=made_instances.ids())
