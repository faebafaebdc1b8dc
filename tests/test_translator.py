import numpy as np
import pytest

from pix2pix.errors import DataError
from pix2pix.files import sha256
from pix2pix.networks import folder
from pix2pix.networks.blocks import Style
from pix2pix.networks.generator import generator
from pix2pix.translator import Translator

PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


ABOUT = {"fingerprint": "0123456789abcdef", "direction": "right_to_left", "palette": "cmp", "image_size": 32}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "generator"
    folder.save(generator(32, filters=4), path, ABOUT)
    return path


@pytest.fixture(scope="module")
def translate(saved):
    return Translator.load(saved)


def test_a_picture_comes_out_like_one_went_in(translate):
    answer = translate(PICTURE)
    assert answer.dtype == np.uint8 and answer.shape == (32, 32, 3)
    assert answer.std() > 0
    assert translate.size == 32 and translate.about["direction"] == "right_to_left"


def test_an_answer_follows_from_picture_and_seed(saved, translate):
    first = translate(PICTURE, seed=1)
    other = translate(PICTURE, seed=2)
    translate(PICTURE[::-1], seed=1)
    np.testing.assert_array_equal(translate(PICTURE, seed=1), first)
    np.testing.assert_array_equal(Translator.load(saved)(PICTURE, seed=1), first)  # in another session too
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, translate(PICTURE[::-1], seed=1))
    np.testing.assert_array_equal(translate(PICTURE), translate(PICTURE, seed=0))


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (PICTURE / 255, "float64 (32, 32, 3)"),
        (PICTURE.astype(np.int16), "int16 (32, 32, 3)"),
        (PICTURE[:, :16], "uint8 (32, 16, 3)"),
        (PICTURE[..., 0], "uint8 (32, 32)"),
        (PICTURE[None], "uint8 (1, 32, 32, 3)"),
        (np.zeros((32, 32, 4), np.uint8), "uint8 (32, 32, 4)"),
        (np.zeros((64, 64, 3), np.uint8), "uint8 (64, 64, 3)"),
    ],
)
def test_anything_but_a_picture_of_its_size_is_refused(translate, image, said):
    with pytest.raises(DataError) as caught:
        translate(image)
    assert str(caught.value) == f"a picture of {said} was given; this model takes uint8 (32, 32, 3)"


def test_use_leaves_the_model_folder_as_it_was(saved, translate):
    before = {path.name: sha256(path) for path in saved.iterdir()}
    translate(PICTURE, seed=3)
    assert {path.name: sha256(path) for path in saved.iterdir()} == before


def test_use_leaves_the_trained_model_as_it_was():
    trained = generator(32, filters=4)
    before = [weight.tobytes() for weight in trained.get_weights()]
    Translator(trained, {})(PICTURE, seed=3)
    assert [weight.tobytes() for weight in trained.get_weights()] == before


def test_a_model_can_be_used_each_way(tmp_path):
    trained, random = generator(32, filters=4), np.random.default_rng(0)
    for layer in trained.layers:
        # So that all of it speaks, whatever it is normalised by.
        layer.set_weights([random.uniform(0.5, 2, w.shape) if w.ndim == 1 else w * 5 for w in layer.get_weights()])
    folder.save(trained, tmp_path / "generator", ABOUT)
    ways, translate = Translator.load_each_way(tmp_path / "generator"), Translator.load(tmp_path / "generator")
    assert list(ways) == ["generated", "dropout_off", "moving_averages", "moving_averages_dropout_off"]
    answers = {name: translator(PICTURE, seed=1) for name, translator in ways.items()}
    np.testing.assert_array_equal(answers["generated"], translate(PICTURE, seed=1))
    assert len({answer.tobytes() for answer in answers.values()}) == 4
    for name, translator in ways.items():
        assert np.array_equal(translator(PICTURE, seed=2), answers[name]) == name.endswith("dropout_off")
        assert translator.about == translate.about


def test_a_digest_is_of_the_weights(saved, translate):
    assert translate.digest() == Translator.load(saved).digest()
    assert translate.digest() != Translator(generator(32, filters=4, style=Style(9)), ABOUT).digest()


def test_a_model_that_does_not_say_what_it_is_for_is_refused(tmp_path):
    folder.save(generator(32, filters=4), tmp_path / "generator", {"direction": "right_to_left", "image_size": 32})
    with pytest.raises(DataError, match="does not say its fingerprint, palette"):
        Translator.load(tmp_path / "generator")


def test_a_model_of_other_pictures_is_refused(tmp_path):
    folder.save(generator(32, filters=4), tmp_path / "generator", ABOUT | {"image_size": 64})
    with pytest.raises(DataError, match=r"generator: no generator of pictures of side 64"):
        Translator.load(tmp_path / "generator")


def test_a_model_made_for_something_else_is_refused(translate):
    translate.expect(direction="right_to_left", palette="cmp")
    with pytest.raises(DataError, match=r"made for direction right_to_left, params\.yaml says left_to_right"):
        translate.expect(direction="left_to_right", palette="cmp")


def test_an_absent_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="not a model folder"):
        Translator.load(tmp_path / "absent")
