import json

import numpy as np
import pytest
import tensorflow as tf
from made_sampler import save_sampler, save_sampler_with_classes

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


# ---- classes ----


@pytest.fixture(scope="module")
def classy_folder(tmp_path_factory):
    return save_sampler_with_classes(tmp_path_factory.mktemp("models") / "generator")


@pytest.fixture(scope="module")
def classy(classy_folder):
    return Sampler.load(classy_folder)


def test_a_class_changes_the_picture_and_the_noise_stays(classy, classy_folder):
    assert classy.classes == ("no shop", "shop") and classy.class_id("shop") == 1
    assert json.loads((classy_folder / "about.json").read_text())["classes"] == ["no shop", "shop"]
    without, with_ = (classy(3, 5, class_id) for class_id in range(2))
    assert with_.shape == (32, 32, 3) and not np.array_equal(without, with_)
    assert np.array_equal(classy.of(classy.noise(3, 5), 1), with_)
    made = classy.between(classy.noise(3, 5), classy.noise(4), 3, 1)
    assert np.array_equal(made[0], with_) and np.array_equal(made[2], classy(4, 0, 1))


@pytest.mark.parametrize(("class_id", "says"), [(None, "no class"), (2, "class 2"), (-1, "class -1")])
def test_a_model_with_classes_is_asked_for_one_that_it_has(classy, class_id, says):
    with pytest.raises(DataError, match=f"^{says}: this model makes pictures of one of the classes no shop, shop$"):
        classy(0, 0, class_id)


def test_unknown_classes_are_named(classy, sampler):
    with pytest.raises(DataError, match=r"^balcony: this model makes pictures of one of the classes no shop, shop$"):
        classy.class_id("balcony")
    for asked in (lambda: sampler.class_id("shop"), lambda: sampler(0, 0, 1)):
        with pytest.raises(DataError, match="this model knows no classes"):
            asked()


def test_a_network_of_other_inputs_is_refused(tmp_path):
    for save, classes in ((save_sampler, ["a", "b"]), (save_sampler_with_classes, [])):
        copy = save(tmp_path / save.__name__)
        told = json.loads((copy / "about.json").read_text()) | {"classes": classes}
        (copy / "about.json").write_text(json.dumps(told))
        with pytest.raises(DataError, match="its network does not turn 5 numbers"):
            Sampler.load(copy)


def test_the_facts_name_the_classes(classy):
    told = facts.told(classy)
    assert (told["takes"], told["classes"]) == ("5 random numbers and a class", "no shop, shop")


@pytest.mark.parametrize("format_", ["savedmodel", "onnx", "litert"])
def test_an_export_takes_noise_and_a_class(classy, tmp_path, format_):
    """The export compares the pictures of both classes with those of the sampler, and refuses to write other ones."""
    export.export(classy, tmp_path / "out", format_, seed=0)
    assert json.loads((tmp_path / "out/about.json").read_text())["classes"] == ["no shop", "shop"]


def test_an_exported_model_has_named_inputs(classy, tmp_path):
    export.export(classy, tmp_path / "out", "savedmodel", seed=0)
    run = tf.saved_model.load(str(tmp_path / "out")).signatures["serving_default"]
    noises, classes = np.stack([classy.noise(4, number) for number in range(3)]), np.array([1, 0, 1], np.int32)
    made = run(**{"noise": tf.constant(noises), "class_id": tf.constant(classes)})["generated"].numpy()
    expected = np.stack([classy(4, number, int(class_id)) for number, class_id in enumerate(classes)])
    assert np.abs(made.astype(int) - expected).max() <= 1
