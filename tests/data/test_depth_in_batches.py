"""From the files of pairs to the networks' scale: channels and bits, against what was written."""

import made_examples
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from test_channels_and_bits import FORMATS, expected, noise
from test_records import data, limits, raw

from pix2pix.base.scale import from_network, to_network
from pix2pix.data import manifests, preview, recorder, records
from pix2pix.data.batches import epoch_batches
from pix2pix.data.channels import Asked
from pix2pix.data.jitter import Jitter
from pix2pix.data.order import shuffled, windows

SUFFIXES = {"netpbm": "ppm"}
IDS = ["train/1", "train/2", "train/3", "val/1"]


@settings(max_examples=12, deadline=None)
@given(drawn=st.data())
def test_a_batch_holds_what_the_files_hold(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("depth")
    write, able = FORMATS[name := drawn.draw(st.sampled_from(sorted(FORMATS)))]
    channels, bits = drawn.draw(st.sampled_from(sorted(able)))
    shallower = [bits] if name == "netpbm" else [8, bits]
    asked = {
        field: Asked(drawn.draw(st.sampled_from([1, 3, 4])), drawn.draw(st.sampled_from(shallower)))
        for field in ("input", "target")
    }
    pixels = {
        pair: noise(32, 64, channels, np.uint16 if bits == 16 else np.uint8, number) for number, pair in enumerate(IDS)
    }
    for each in pixels.values():
        each[..., 3:] = np.iinfo(each.dtype).max
    section = data(
        dataset="custom", palette="none", direction="left_to_right", selection_split="none",
        **{f"{field}_channels": of.channels for field, of in asked.items()},
        **{f"{field}_bits": of.bits for field, of in asked.items()},
    )  # fmt: skip
    source = raw(
        folder / "raw",
        {f"top/{pair}.{SUFFIXES.get(name, name.split()[0])}": write(each) for pair, each in pixels.items()},
    )
    manifest = recorder.write(source, section, limits(), folder / "records")
    examples = records.load(folder / "records", "train")
    assert manifests.expected(folder / "records", section) == manifest
    (batch,) = epoch_batches(examples, Jitter(examples.task, 1, False, False), 3, 1, 0, 0, windows(3, 3, 1, 3))
    order = shuffled(3, 1, 0, 0)
    for field, place in (("input", slice(32)), ("target", slice(32, None))):
        found = batch[field].numpy()[0]
        for values, number in zip(found, order, strict=True):
            np.testing.assert_array_equal(values, expected(pixels[examples.ids[number]][:, place], asked[field]))
        assert found.dtype == asked[field].dtype
        scaled = to_network(batch[field])
        top = np.iinfo(found.dtype).max
        np.testing.assert_allclose(scaled, batch[field].numpy() / top * 2 - 1, atol=1e-6)
        np.testing.assert_array_equal(from_network(scaled, asked[field].bits), batch[field])


@pytest.mark.parametrize(("bits", "kind"), [(8, tf.uint8), (16, tf.uint16)])
def test_every_value_comes_back_from_the_networks_scale(bits, kind):
    values = tf.cast(tf.range(1 << bits), kind)
    np.testing.assert_array_equal(from_network(to_network(values), bits), values)
    np.testing.assert_array_equal(to_network(values.numpy()), to_network(values))
    assert from_network(tf.constant([-3.0, 3.0]), bits).numpy().tolist() == [0, kind.max]


@pytest.mark.parametrize("smooth", [False, True])
def test_jitter_keeps_16_bits(smooth):
    task = made_examples.task("picture", "picture", channels=(1, 5), bits=(16, 16))
    (example,) = made_examples.noise(1, task)
    jitter = Jitter(task, 2, True, smooth)
    place = jitter.places(1, 0, 0)[0]
    found = jitter(example, place)["target"]
    assert found.dtype == np.uint16
    how = PillowImage.Resampling.BICUBIC if smooth else PillowImage.Resampling.NEAREST
    for band in range(5):
        plane = PillowImage.fromarray(example["target"][..., band].astype(np.float32)).resize((64, 64), how)
        part = np.asarray(plane)[place.top : place.top + 32, place.left : place.left + 32]
        part = np.clip(part[:, ::-1] if place.turned else part, 0, 65535)
        assert np.abs(found[..., band] - part).max() <= (1 if smooth else 0)


def test_what_was_converted_and_how_it_is_shown_is_said(tmp_path):
    deep = FORMATS["png"][0]
    files = {f"top/{pair}.png": deep(noise(32, 64, 3, np.uint16, number) // 16) for number, pair in enumerate(IDS)}
    section = data(palette="none", direction="left_to_right", selection_split="none", input_channels=1, input_bits=16)
    manifest = recorder.write(raw(tmp_path / "raw", files), section, limits(), tmp_path / "records")
    text = preview.described(section, manifest, 1)
    assert "shown as grey, its 16 bits divided by 257" in text
    assert "4 pictures read as grey: RGB" in text and "4 pictures read as sRGB: 16-bit RGB" in text
    assert any("the networks see 6% of the range" in remark for remark in manifest.remarks)
