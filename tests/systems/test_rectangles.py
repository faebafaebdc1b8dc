"""Pictures of 64x128 with one channel become pictures with four: from examples to a trained model that is used."""

import made_examples
import numpy as np
import pytest
from tiny import ABOUT

from pix2pix.base.errors import DataError
from pix2pix.data.batches import epoch_batches
from pix2pix.data.jitter import Jitter
from pix2pix.data.order import windows
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.params import Pix2pix
from pix2pix.systems.pix2pix import Pix2Pix
from pix2pix.training.windows import Windows

TASK = made_examples.task("label map", "picture", (64, 128), channels=(1, 4))


@pytest.fixture(scope="module")
def trained():
    """Both networks after one step alone, and two more in a window; and what they began with."""
    model = Pix2pix(generator_filters=2, discriminator_filters=2, learning_rate=1e-2)
    system = Pix2Pix(model, "float32", TASK, seed=0)
    training = Windows(system, seed=0)
    networks = {"generator": system.generator, "discriminator": system.discriminator}
    begun = {name: network.get_weights() for name, network in networks.items()}
    jitter = Jitter(TASK, 286 / 256, mirror=True, smooth=True)
    examples = made_examples.noise(5, TASK)
    losses, step = [], 0
    for batch in epoch_batches(examples, jitter, 2, 5, 0, 0, [range(1), *windows(5, 2, 9, 9, skip=1)]):
        losses.append(training(batch, step))
        step += len(batch["input"])
    assert step == 3
    return networks, begun, losses


def test_both_networks_learn_from_every_step(trained):
    networks, begun, losses = trained
    assert networks["generator"].output_shape == (None, 64, 128, 4)
    assert [tuple(shape[1:]) for shape in networks["discriminator"].input_shape] == [(64, 128, 1), (64, 128, 4)]
    for name, network in networks.items():
        kernels = [(old, new) for old, new in zip(begun[name], network.get_weights(), strict=True) if old.ndim == 4]
        assert kernels and not [old.shape for old, new in kernels if np.array_equal(old, new)]
    for values in losses:
        assert all(np.isfinite(value.numpy()).all() for value in values.values())


def test_the_model_is_saved_loaded_and_used(trained, tmp_path):
    generator = trained[0]["generator"]
    said = ABOUT.model_copy(update={"fields": TASK.fields})
    folder.save(generator, tmp_path / "generator", said.told())
    translate = Translator.load(tmp_path / "generator")
    assert translate.task == TASK
    picture = made_examples.noise(1, TASK, seed=7)[0]["input"]
    answer = translate(picture, seed=3)
    assert (answer.shape, answer.dtype) == ((64, 128, 4), np.uint8) and answer.std() > 0
    np.testing.assert_array_equal(answer, GeneratorInUse(generator)(picture, 3))
    assert translate(picture[:50, :100], fit="pad").shape == translate(picture[:50, :100], fit="resize").shape
    for wrong in (picture[:, :64], np.repeat(picture, 3, axis=2), picture.transpose(1, 0, 2)):
        with pytest.raises(DataError):
            translate(wrong)


def test_a_folder_that_says_other_fields_is_refused(trained, tmp_path):
    for size, channels in (((128, 64), (1, 4)), ((64, 128), (4, 1)), ((64, 128), (3, 3))):
        fields = made_examples.task("label map", "picture", size, channels).fields
        folder.save(
            trained[0]["generator"],
            tmp_path / "generator",
            ABOUT.model_copy(update={"fields": fields}).told(),
        )
        with pytest.raises(DataError, match="its network does not turn a label map of"):
            Translator.load(tmp_path / "generator")
