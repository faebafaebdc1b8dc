"""The measures of pictures that are no 8-bit RGB: by hand, and against the 8-bit ones, whose pictures mean the same."""

import made_examples
import numpy as np
import pytest

from pix2pix.base.pictures import load_rgb
from pix2pix.base.shown import shown
from pix2pix.evaluation import likeness, pair_pictures
from pix2pix.evaluation.memorisation import TrainingPictures
from pix2pix.evaluation.multiscale import ms_ssim
from pix2pix.evaluation.omissions import left_out
from pix2pix.evaluation.scoring import measure
from pix2pix.params import Evaluate


def shallow(channels, seed=0, side=32):
    return np.random.default_rng(seed).integers(0, 256, (side, side, channels), np.uint8)


def deep(picture):
    """The same brightness in 16 bits: 255 becomes 65535."""
    return picture.astype(np.uint16) * 257


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_score_as_the_same_pictures_in_8(channels):
    real, generated = shallow(channels), shallow(channels, 1)
    for score in (likeness.l1, likeness.psnr, likeness.ssim):
        assert score(deep(real), deep(generated)) == pytest.approx(score(real, generated), rel=1e-9)
    assert likeness.ssim(deep(real), deep(real)) == 1


def test_ms_ssim_of_16_bits():
    real = shallow(1, side=176)
    noisy = np.clip(real.astype(int) + np.random.default_rng(1).integers(-9, 10, real.shape), 0, 255).astype(np.uint8)
    assert ms_ssim(deep(real), deep(noisy)) == pytest.approx(ms_ssim(real, noisy), abs=1e-5)


def test_a_level_of_16_bits_counts():
    real = np.full((32, 32, 1), 1000, np.uint16)
    generated = real.copy()
    generated[0, 0] += 1
    assert likeness.l1(real, generated) == pytest.approx(1 / 32**2 / 65535)
    assert likeness.psnr(real, generated) == pytest.approx(10 * np.log10(65535**2 * 32**2))
    assert likeness.l1(np.zeros_like(real), np.full_like(real, 65535)) == 1
    one_of_all = 10 * np.log10(65535**2 * 3 * 1024**2)
    assert one_of_all < likeness.EQUAL_PSNR["uint16"] == likeness.psnr(real, real)


@pytest.mark.parametrize(("channels", "bits", "lab"), [(3, 16, True), (1, 16, False), (4, 8, False), (1, 8, False)])
def test_what_cannot_be_measured_is_left_out_by_name(channels, bits, lab):
    task = made_examples.task("picture", "picture", channels=(1, channels), bits=(16, bits))
    split = made_examples.noise(2, task)
    found = measure(split, None, lambda _: split[0]["target"])
    assert {"l1", "psnr", "ssim"} <= set(found.images) and ("lab_a" in found.images) is lab
    assert found.images["l1"].iloc[0] == 0 < found.images["l1"].iloc[1]
    reason = left_out(split, 400, None, Evaluate(), ["generated"]).get("lab")
    assert reason is None if lab else f"the targets have {channels} channel" in reason


def test_pictures_are_written_as_they_are_shown(tmp_path):
    made = {"input": deep(shallow(5)), "generated": deep(shallow(1, 2)), "real": deep(shallow(1, 3))}
    pair_pictures.save(tmp_path, "a", made)
    for kind, picture in made.items():
        np.testing.assert_array_equal(load_rgb(pair_pictures.path(tmp_path, "a", kind)), shown(picture))


def test_the_nearest_training_picture_is_found_among_those_of_16_bits():
    examples = made_examples.noise(4, made_examples.task("picture", "picture", channels=(1, 1), bits=(16, 16)))
    number, distance, gap = TrainingPictures(examples).nearest(shown(examples[2]["target"]))
    assert (number, distance) == (2, 0) and gap > 0
