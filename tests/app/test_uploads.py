"""Pictures from a browser. What no decoder may be given, data/test_decoding.py tries."""

import base64
import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from tiny import noise, save_generator

from pix2pix.app import uploads
from pix2pix.base.errors import DataError
from pix2pix.data.labels import CMP
from pix2pix.models.translator import Translator


@pytest.fixture(scope="module")
def translators(tmp_path_factory):
    """Of 32x32: one that takes label maps, one that takes photos, one whose pictures have no classes."""
    folder = tmp_path_factory.mktemp("models")
    kinds = {"labels": {}, "photos": {"direction": "left_to_right"}, "pictures": {"palette": "none"}}
    return {name: Translator.load(save_generator(folder / name, **about)) for name, about in kinds.items()}


def file(picture, kind="PNG", **options):
    """A picture's file in base64."""
    buffer = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(buffer, kind, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def classes(width=32, height=32, seed=0):
    return np.random.default_rng(seed).integers(0, len(CMP), (height, width), np.uint8)


def test_a_label_map_is_taken_as_it_is(translators):
    drawn = CMP.paint(classes())
    picture, notes = uploads.taken(file(drawn), translators["labels"])
    assert np.array_equal(picture, drawn) and notes == []


def test_soft_colours_become_the_nearest_class(translators):
    ids = classes()
    soft = np.clip(CMP.paint(ids).astype(int) + np.random.default_rng(1).integers(-9, 10, (32, 32, 3)), 0, 255)
    picture, notes = uploads.taken(file(soft.astype(np.uint8)), translators["labels"])
    assert np.array_equal(picture, CMP.paint(ids)) and notes == []


def test_another_size_is_brought_to_the_models_without_new_colours(translators):
    ids = classes(8, 8)
    picture, notes = uploads.taken(file(CMP.paint(ids).repeat(8, 0).repeat(8, 1)), translators["labels"])
    assert np.array_equal(picture, CMP.paint(ids.repeat(4, 0).repeat(4, 1)))
    assert notes == ["Its size was changed from 64×64 to 32×32 pixels."]


@pytest.mark.parametrize(("kind", "half"), [("labels", "right"), ("photos", "left"), ("pictures", "right")])
def test_of_a_pair_the_half_is_taken_that_the_model_reads(translators, kind, half):
    left, right = CMP.paint(classes(seed=1)), CMP.paint(classes(seed=2))
    picture, notes = uploads.taken(file(np.hstack([left, right])), translators[kind])
    assert np.array_equal(picture, {"left": left, "right": right}[half])
    assert notes == [f"It was taken for a pair: its {half} half is used."]


def test_pictures_come_to_a_rectangle_as_its_training_pairs_did(tmp_path):
    ids = classes(32, 32)
    for fit, words in (
        ("resize", ""),
        ("crop", ", without what is beyond the model’s proportions"),
        ("pad", ", with its edges continued"),
    ):
        wide = Translator.load(save_generator(tmp_path / fit, image_size=[32, 64], fit=fit))
        picture, notes = uploads.taken(file(CMP.paint(ids)), wide)
        assert notes == [f"Its size was changed from 32×32 to 64×32 pixels{words}."]
        assert picture.shape == (32, 64, 3)
        middle = {"resize": ids.repeat(2, 1), "crop": ids[8:24].repeat(2, 0).repeat(2, 1), "pad": ids}[fit]
        edge = (64 - middle.shape[1]) // 2
        assert np.array_equal(CMP.classes(picture[:, edge : 64 - edge]), middle)
    pair, notes = uploads.taken(file(np.hstack([CMP.paint(classes(64)), CMP.paint(classes(64, seed=1))])), wide)
    assert np.array_equal(pair, CMP.paint(classes(64, seed=1))) and notes == [
        "It was taken for a pair: its right half is used."
    ]
    alone, notes = uploads.taken(file(CMP.paint(classes(64))), wide)
    assert np.array_equal(alone, CMP.paint(classes(64))) and notes == []


def test_a_photo_or_class_ids_in_place_of_a_label_map_are_taken_and_said(translators, tmp_path):
    picture, (said,) = uploads.taken(file(noise()), translators["labels"])
    assert {tuple(colour) for colour in picture.reshape(-1, 3)} <= {tuple(colour) for colour in CMP.colours}
    assert "is it a label map?" in said
    dark = Translator.load(save_generator(tmp_path, {"palette": [["night", [0, 0, 0]], ["roof", [200, 0, 0]]]}))
    _, (said,) = uploads.taken(file(classes(32)[..., None].repeat(3, axis=2)), dark)  # ids are near to black
    assert "is it a label map?" in said
    photo, notes = uploads.taken(file(noise()), translators["photos"])
    assert np.array_equal(photo, noise()) and notes == []


def hostile():
    """What is no picture that can be used: its base64, and words of the reason."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../../evil.png", b"x" * 1000)
    whole = base64.b64decode(file(noise()))
    see_through = Image.fromarray(np.dstack([noise(), np.full((32, 32), 9, np.uint8)]))
    turned = Image.Exif()
    turned[0x0112] = 6
    frames = [Image.fromarray(noise(seed=seed)) for seed in (1, 2)]
    yield "zip", archive.getvalue(), "not a picture"
    yield "text", b"<svg onload=alert(1)>", "not a picture"
    yield "empty", b"", "not a picture"
    yield "cut", whole[: len(whole) // 2], "damaged or cut short"
    yield "transparent", base64.b64decode(file(see_through)), "has transparent pixels"
    yield "turned", base64.b64decode(file(noise(), "JPEG", exif=turned)), "EXIF orientation 6"
    yield "film", base64.b64decode(file(frames[0], "GIF", save_all=True, append_images=frames[1:])), "2 pictures"


@pytest.mark.parametrize(("data", "reason"), [pytest.param(*rest, id=name) for name, *rest in hostile()])
def test_what_cannot_be_used_is_refused_with_the_reason(translators, data, reason):
    with pytest.raises(DataError, match=reason):
        uploads.taken(base64.b64encode(data).decode(), translators["labels"])


@pytest.mark.parametrize("text", ["x", "é", "!" * 8, "data:image/png;base64,AAAA", "QUJD\n"])
def test_what_is_no_base64_is_refused(translators, text):
    with pytest.raises(DataError, match="not a picture"):
        uploads.taken(text, translators["labels"])


def test_pixels_are_bounded_before_they_are_decoded(translators, monkeypatch):
    """5001 x 5000 pixels of one colour are a small file."""
    bomb = file(Image.new("1", (5001, 5000)))
    assert len(bomb) < 20_000
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("decoded"))
    with pytest.raises(DataError, match="5001×5000 has more than the 25,000,000 pixels"):
        uploads.taken(bomb, translators["labels"])


def test_bytes_are_bounded(translators, monkeypatch):
    text = file(noise())
    monkeypatch.setattr(uploads, "MAX_BYTES", len(base64.b64decode(text)))
    uploads.taken(text, translators["labels"])
    monkeypatch.setattr(uploads, "MAX_BYTES", uploads.MAX_BYTES - 1)
    with pytest.raises(DataError, match="are allowed"):
        uploads.taken(text, translators["labels"])
