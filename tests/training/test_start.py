import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from toy_training import SIZE, job, little, newest, real, same_weights, start

from pix2pix.base.errors import DataError, TrainingError
from pix2pix.networks import folder
from pix2pix.training.start import Start
from pix2pix.training.windows import Windows


def networks(kind=real, seed=3, **changes):
    return kind(trained_with(receptive_field=16, **changes), seed)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model folder of a generator that has learned nothing, and the network."""
    path, network = tmp_path_factory.mktemp("start") / "generator", networks(seed=8).generator
    folder.save(network, path, {})
    return path, network


@pytest.fixture
def untrained(monkeypatch):
    """Nothing is learned."""
    monkeypatch.setattr(Windows, "__call__", lambda _, window, __: {"generator_l1": tf.ones(len(window["input"]))})


@pytest.fixture
def checkpoint(untrained, tmp_path):  # noqa: ARG001
    """A checkpoint of both little networks, as another seed begins."""
    start(tmp_path / "other", watched=None, epochs=1, seed=8)
    return newest(tmp_path / "other")


def test_a_model_folder_gives_the_generator_its_weights(model):
    path, network = model
    system, untouched = networks(), networks()
    said = Start(path, "models/generator").give(system)
    assert said == "the generator begins with the weights of models/generator"
    same_weights(system.generator, network)
    same_weights(system.discriminator, untouched.discriminator)


def test_of_several_products_the_folders_name_says_which_begins(model, tmp_path, monkeypatch):
    path, network = model
    system = networks()
    products = {"backward": networks(seed=5).generator, "generator": system.generator}
    monkeypatch.setattr(type(system), "products", products)
    assert Start(path, "it").give(system) == "the generator begins with the weights of it"
    same_weights(system.generator, network)
    shutil.copytree(path, tmp_path / "mine")
    with pytest.raises(TrainingError, match="the system makes backward and generator; give the folder the name of"):
        Start(tmp_path / "mine", "it").give(system)


def test_a_network_that_computes_in_bfloat16_begins_with_the_same_weights(model):
    system = networks(precision="bfloat16")
    Start(model[0], "it").give(system)
    same_weights(system.generator, model[1])


def test_a_checkpoint_gives_both_networks_theirs(checkpoint):
    system, other = networks(little), networks(little, seed=8)
    assert Start(checkpoint, "it").give(system) == "the generator and the discriminator begin with the weights of it"
    for name in ("generator", "discriminator"):
        same_weights(getattr(system, name), getattr(other, name))


def test_optimisers_begin_anew(checkpoint):
    """Another training's moments would be of other losses."""
    system = networks(little)
    Start(checkpoint, "it").give(system)
    for player in system.players.values():
        assert int(player.optimizer.iterations) == 0
        assert not any(np.any(each) for each in player.optimizer.variables if len(each.shape))


def test_without_a_discriminator_a_checkpoint_gives_the_generator(checkpoint):
    system = networks(little, loss="l1")
    assert Start(checkpoint, "it").give(system) == "the generator begins with the weights of it"
    same_weights(system.generator, networks(little, seed=8).generator)


# ---- in a training ----


def first_weights(monkeypatch):
    """The generator's weights at the first step of each training."""
    seen = []

    def note(windows, window, first):
        if first == 0:
            seen.append(windows._system.generator.get_weights())
        return {"generator_l1": tf.ones(len(window["input"]))}

    monkeypatch.setattr(Windows, "__call__", note)
    return seen


def test_a_training_begins_with_these_weights_and_only_begins(model, tmp_path, monkeypatch, capsys):
    seen, options = first_weights(monkeypatch), {"kind": real, "watched": None, "epochs": 1}
    begun = Start(model[0], "models/generator")
    start(tmp_path, start_from=begun, **options)
    network = model[1].get_weights()
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(seen[0], network, strict=True) if ours.ndim)
    told = "the generator begins with the weights of models/generator\n"
    assert capsys.readouterr().out.endswith(f"because it has no checkpoint\n{told}")
    # A resumed run has weights of its own.
    start(tmp_path, start_from=begun, **options)
    assert told not in capsys.readouterr().out


def test_weights_decide_the_fingerprint_and_names_do_not(model, checkpoint, tmp_path):
    copy, other = tmp_path / "copy", tmp_path / "generator"
    folder.save(model[1], copy, {"epoch": 7})  # another description of the same weights
    folder.save(networks(seed=9).generator, other, {})
    starts = [None, Start(model[0], "a"), Start(copy, "b"), Start(other, "a"), Start(checkpoint, "a")]
    fresh, first, same, another, from_checkpoint = (job(start_from=each).fingerprint for each in starts)
    assert first == same
    assert len({fresh, first, another, from_checkpoint}) == 4
    assert re.fullmatch("[0-9a-f]{64}", starts[1].digest()) and re.fullmatch("[0-9a-f]{64}", starts[4].digest())


def test_only_the_weights_of_a_checkpoint_count(checkpoint):
    """Not when it was saved, or on what machine."""
    before = Start(checkpoint, "it").digest()
    path = checkpoint / "hashes.json"
    hashes = path.read_text()
    assert '"progress.json": "' in hashes
    path.write_text(re.sub(r'("progress.json": ")\w{4}', r"\g<1>0000", hashes))
    assert Start(checkpoint, "it").digest() == before
    path.write_text(re.sub(r'("state.index": ")\w{4}', r"\g<1>0000", hashes))
    assert Start(checkpoint, "it").digest() != before


# ---- what cannot be begun with ----


def refusal(path, system=None):
    with pytest.raises(TrainingError) as caught:
        begun = Start(path, "models/it")
        begun.give(system) if system else begun.digest()
    said = str(caught.value)
    assert said.startswith("train.start_from = models/it: ") and "\n" not in said
    return said


WIDER = ({"generator_filters": 8}, "down_1_conv of the generator has a kernel of (4, 4, 3, 8) here and of (4, 4, 3, 4)")
NO_SKIPS = (
    {"generator": "encoder_decoder"},
    "up_2_conv of the generator has a kernel of (4, 4, 4, 8) here and of (4, 4, 4, 16)",
)
JUDGE = (
    {"discriminator_filters": 8},
    "down_1_conv of the discriminator has a kernel of (4, 4, 6, 8) here and of (4, 4, 6, 4)",
)


@pytest.mark.parametrize(("changes", "difference"), [WIDER, NO_SKIPS])
def test_another_generator_is_refused_by_layer_and_both_shapes(model, changes, difference):
    assert refusal(model[0], networks(**changes)) == (
        f"train.start_from = models/it: does not fit: the layer {difference} there"
    )


def test_a_generator_of_another_depth_is_refused_by_the_layer_that_is_missing(model):
    """It has no normalisation at the innermost layer."""
    deep = refusal(model[0], networks(generator_depth=4))
    assert deep.endswith("the layer down_3_norm of the generator has a gamma of (16,) here and none there")
    shallow = refusal(model[0], networks(generator_depth=2))
    assert re.search(r"the layer \w+ of the generator has a \w+ (none|of \S.*) here and of ", shallow)


@pytest.fixture
def real_checkpoint(untrained, tmp_path):  # noqa: ARG001
    """A checkpoint of the real networks."""
    start(tmp_path / "real", kind=real, watched=None, epochs=1)
    return newest(tmp_path / "real")


@pytest.mark.parametrize(("changes", "difference"), [WIDER, NO_SKIPS, JUDGE])
def test_a_checkpoint_of_other_networks_is_refused_by_layer_and_both_shapes(real_checkpoint, changes, difference):
    assert refusal(real_checkpoint, networks(**changes)) == (
        f"train.start_from = models/it: does not fit: the layer {difference} there"
    )


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", "null"])
def test_what_is_no_model_is_said_so(tmp_path, content):
    if content is not None:
        (tmp_path / "about.json").write_text(content)
    assert refusal(tmp_path) == (
        "train.start_from = models/it: neither a model folder nor a checkpoint; name a folder that is"
    )


def test_a_damaged_model_folder_is_refused(model, tmp_path):
    path = tmp_path / "generator"
    folder.save(model[1], path, {})
    weights = path / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"{weights}: damaged"):
        Start(path, "it").give(networks())


@pytest.mark.parametrize("name", ["state.index", "progress.json"])
def test_a_damaged_checkpoint_is_refused_in_one_line(checkpoint, name):
    (checkpoint / name).write_bytes(b"x")
    assert f"damaged checkpoint ({name} has changed" in refusal(checkpoint, networks(little))


def test_a_model_of_another_kind_is_refused(tmp_path):
    """A segmenter's folder, say: it has none of the generator's layers."""
    picture = keras.Input((SIZE, SIZE, 3))
    score = keras.layers.Conv2D(4, 1, kernel_initializer="zeros", name="score")(picture)
    folder.save(keras.Model(picture, score), tmp_path / "segmenter", {})
    said = refusal(tmp_path / "segmenter", networks())
    assert said.endswith("the layer down_1_conv of the generator has a kernel of (4, 4, 3, 4) here and none there")


def test_a_path_that_does_not_exist_is_said_so():
    assert "neither a model folder nor a checkpoint" in refusal(Path("nowhere"))


def test_a_list_of_hashes_that_is_none_is_said_so(tmp_path):
    (tmp_path / "hashes.json").write_text("[1]")
    with pytest.raises(TrainingError, match="neither a model folder nor a checkpoint"):
        Start(tmp_path, "models/it").digest()
