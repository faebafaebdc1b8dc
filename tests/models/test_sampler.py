import json

import numpy as np
import pytest
import tensorflow as tf
from made_sampler import save_sampler

from pix2pix.base.errors import DataError
from pix2pix.models import export, facts, opening
from pix2pix.models.sampler import Sampler, between
from pix2pix.models.translator import Translator


@pytest.fixture(scope="module")
def sampler(tiny_sampler):
    return Sampler.load(tiny_sampler)


def test_a_picture_follows_from_its_seed_and_number_alone(sampler):
    picture = sampler(3, 5)
    assert (picture.shape, picture.dtype) == ((32, 32, 1), np.uint8)
    for _ in range(2):  # whatever was made before
        sampler(1)
        assert np.array_equal(sampler(3, 5), picture)
    assert not np.array_equal(sampler(3, 6), picture) and not np.array_equal(sampler(4, 5), picture)


def test_the_noise_is_normal_and_each_number_has_its_own(sampler):
    noises = np.stack([sampler.noise(0, number) for number in range(2000)])
    assert noises.shape == (2000, sampler.noise_size) and noises.dtype == np.float32
    assert abs(noises.mean()) < 0.03 and abs(noises.std() - 1) < 0.03
    assert abs(np.corrcoef(noises[:-1, 0], noises[1:, 0])[0, 1]) < 0.1


def test_the_way_between_noises_is_an_arc():
    first, last = np.array([2.0, 0, 0], np.float32), np.array([0, 2.0, 0], np.float32)
    way = between(first, last, 3)
    np.testing.assert_allclose(way, [first, [np.sqrt(2), np.sqrt(2), 0], last], atol=1e-6)
    straight = between(first, 2 * first, 3)
    np.testing.assert_allclose(straight, [first, 1.5 * first, 2 * first], rtol=1e-6)


def test_the_way_begins_and_ends_with_the_pictures_of_its_noises(sampler):
    made = sampler.between(sampler.noise(0), sampler.noise(1), 4)
    assert len(made) == 4
    assert np.array_equal(made[0], sampler(0)) and np.array_equal(made[-1], sampler(1))


def test_folders_open_as_what_they_are(tiny_sampler, tiny_model):
    assert isinstance(opening.load(tiny_sampler), Sampler) and isinstance(opening.load(tiny_model), Translator)
    with pytest.raises(DataError, match="makes pictures from noise, and takes none; use `pix2pix sample`"):
        Translator.load(tiny_sampler)
    with pytest.raises(DataError, match="turns pictures into others, and makes none from noise"):
        Sampler.load(tiny_model)


def test_another_length_of_the_noise_is_refused(tmp_path):
    copy = save_sampler(tmp_path / "generator")
    told = json.loads((copy / "about.json").read_text())
    (copy / "about.json").write_text(json.dumps(told | {"noise": 7}))
    with pytest.raises(DataError, match="does not turn 7 numbers into a picture of 32x32 pixels"):
        Sampler.load(copy)


def test_the_facts_are_about_noise(sampler):
    assert facts.told(sampler)["takes"] == "5 random numbers"
    assert facts.told(sampler)["gives"] == "pictures in grey of 8 bits of 32x32 pixels"
    assert facts.facts(sampler)["noise"] == 5


def test_an_export_takes_noise_and_gives_the_same_pictures(sampler, tmp_path):
    export.export(sampler, tmp_path / "out", "savedmodel", seed=0)
    run = tf.saved_model.load(str(tmp_path / "out")).signatures["serving_default"]
    noises = np.stack([sampler.noise(4, number) for number in range(3)])
    made = run(noise=tf.constant(noises))["generated"].numpy()
    expected = np.stack([sampler(4, number) for number in range(3)])
    assert np.abs(made.astype(int) - expected).max() <= 1
    told = json.loads((tmp_path / "out/about.json").read_text())
    assert told["exported_as"] == "savedmodel" and "dropout_seed" not in told


@pytest.mark.parametrize("format_", ["onnx", "litert"])
def test_every_format_has_the_weights_in_its_file(sampler, tmp_path, format_):
    """The export compares the pictures of the file with those of the sampler, and refuses to write other ones."""
    export.export(sampler, tmp_path / "out", format_, seed=0)
    assert json.loads((tmp_path / "out/about.json").read_text())["exported_as"] == format_
