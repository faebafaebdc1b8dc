"""Pictures of any size in pictures of one: Pillow's own functions and plain indexing are the truth here."""

import hashlib
import io
import json

import numpy as np
import pytest
from archives import data, tar_of
from PIL import Image, ImageOps

from pix2pix.data import recorder, records, tasks
from pix2pix.data.batches import epoch_batches
from pix2pix.data.fit import changes_proportions, fitted
from pix2pix.data.jitter import Jitter
from pix2pix.params import Prepare

FITS = ("resize", "crop", "pad")
HOW = {True: Image.Resampling.NEAREST, False: Image.Resampling.BICUBIC}
CLASSES = {"road": [128, 64, 128], "sky": [70, 130, 180], "tree": [0, 255, 0]}


def noise(width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def by_pillow(picture, width, height, fit, label):
    """The same, read independently."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    if fit == "crop":
        wide = image.width * height > image.height * width
        kept = round(image.height * width / height) if wide else round(image.width * height / width)
        width_kept, height_kept = (kept, image.height) if wide else (image.width, kept)
        left, top = (image.width - width_kept) // 2, (image.height - height_kept) // 2
        image = image.crop((left, top, left + width_kept, top + height_kept))
    if fit == "pad":
        inside = np.asarray(ImageOps.contain(image, (width, height), HOW[label]))
        top, left = (height - inside.shape[0]) // 2, (width - inside.shape[1]) // 2
        rows = [min(max(y - top, 0), inside.shape[0] - 1) for y in range(height)]
        columns = [min(max(x - left, 0), inside.shape[1] - 1) for x in range(width)]
        return inside[rows][:, columns]
    return np.asarray(image.resize((width, height), HOW[label]))


def archive_of(folder, pictures):
    """What `download` leaves of an archive of `{pair: pixels}`."""
    folder.mkdir()
    files = {}
    for pair, pixels in pictures.items():
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        files[f"{pair}.png"] = file.getvalue()
    tar_of(folder / "archive", files)
    sha256 = hashlib.sha256((folder / "archive").read_bytes()).hexdigest()
    (folder / "source.json").write_text(json.dumps({"dataset": "custom", "address": "mine", "sha256": sha256}))
    return folder


@pytest.mark.parametrize("seed", range(12))
def test_a_batch_holds_what_pillow_reads_whatever_the_sizes_and_the_rule(seed, tmp_path):
    random = np.random.default_rng(seed)
    height, width = (32 * random.integers(1, 5, 2)).tolist()
    fit, label = FITS[seed % 3], [None, "left", "right"][seed // 3 % 3]
    pictures = {}
    for number, split in enumerate(["train", "train", "train", "val", "test"]):
        # Halves from half to twice as wide as the size asks for.
        tall = int(random.integers(20, 150))
        wide = round(tall * width / height * random.uniform(0.5, 2))
        halves = {half: noise(wide, tall, random) for half in ("left", "right")}
        if label:
            halves[label] = np.array([*CLASSES.values()], np.uint8)[random.integers(0, 3, (tall, wide))]
        pictures[f"{split}/{number}"] = np.hstack([halves["left"], halves["right"]])
    section = data(
        image_size=[height, width] if height != width else height,
        fit=fit,
        palette=CLASSES if label else "none",
        label_half=label or "right",
        direction="left_to_right",
    )
    recorder.write(archive_of(tmp_path / "raw", pictures), section, Prepare(), tmp_path / "records")
    examples = records.load(tmp_path / "records", "train")
    assert examples.task == tasks.task(section)
    still = Jitter(examples.task, 1, mirror=False, smooth=True)
    (batch,) = epoch_batches(examples, still, 3, 1, 0, 0, [range(1)])
    for name, half in (("input", "left"), ("target", "right")):
        for found, pair in zip(batch[name].numpy()[0], examples.ids, strict=True):
            middle = pictures[pair].shape[1] // 2
            given = pictures[pair][:, :middle] if half == "left" else pictures[pair][:, middle:]
            np.testing.assert_array_equal(found, by_pillow(given, width, height, fit, half == label))


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("fit", FITS)
def test_a_picture_of_the_right_size_is_not_touched(fit, label):
    picture = noise(64, 32)
    np.testing.assert_array_equal(fitted(picture, (32, 64), fit, label), picture)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 700), (9000, 1), (3, 2)])
def test_the_most_unlike_pictures_get_the_size(fit, width, height):
    made = fitted(noise(width, height), (32, 96), fit, label=True)
    assert made.shape == (32, 96, 3) and made.dtype == np.uint8
    assert {tuple(colour) for colour in made.reshape(-1, 3)} <= {
        tuple(colour) for colour in noise(width, height).reshape(-1, 3)
    }


def test_a_crop_keeps_the_middle_and_pads_continue_its_edges():
    columns = np.broadcast_to(np.arange(100, dtype=np.uint8)[None, :, None], (32, 100, 3))
    assert fitted(columns, (32, 32), "crop", label=False)[0, :, 0].tolist() == list(range(34, 66))
    rows = columns[:, :32].transpose(1, 0, 2)[:16]
    padded = fitted(rows, (32, 32), "pad", label=True)[:, 0, 0].tolist()
    assert padded == [0] * 8 + list(range(16)) + [15] * 8


@pytest.mark.parametrize(
    ("given", "size", "changes"),
    [((256, 256), (32, 32), False), ((100, 102), (32, 32), False), ((100, 103), (32, 32), True),
     ((103, 100), (32, 32), True), ((200, 400), (256, 512), False), ((256, 256), (256, 512), True)],
)  # fmt: skip
def test_proportions_are_the_same_up_to_a_share(given, size, changes):
    assert changes_proportions(given, size, by=0.02) is changes
