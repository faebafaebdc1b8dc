"""What pictures are taken for, and what is refused: small archives of every kind of mistake."""

import hashlib
import io
import json

import numpy as np
import pytest
from archives import data, tar_of
from PIL import Image as PillowImage
from written_records import read_rows

from pix2pix.base.errors import DataError
from pix2pix.data import recorder
from pix2pix.data.labels import CMP
from pix2pix.data.survey import Survey
from pix2pix.params import Prepare

SIZE = 64
IDS = [f"train/{number}" for number in range(1, 7)] + ["val/1", "test/1"]


def random(pair):
    return np.random.default_rng(list(pair.encode()))


def photo(pair, width=SIZE):
    """A smooth picture of natural colours, as photos are: coarse noise, enlarged."""
    coarse = random(pair).integers(90, 170, (5, 4 * width // SIZE + 1, 3), np.uint8)
    return np.asarray(PillowImage.fromarray(coarse).resize((width, SIZE), PillowImage.Resampling.BICUBIC))


def ids(pair):
    """Class ids in blocks, all twelve."""
    return random(pair).permutation(np.arange(16) % 12).astype(np.uint8).reshape(4, 4).repeat(16, 0).repeat(16, 1)


def labels(pair):
    return CMP.paint(ids(pair))


def grey(pixels):
    return pixels[..., None].repeat(3, axis=2)


def pair_of(pair):
    return np.hstack([photo(pair), labels(pair)])


def png(pixels):
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def written(folder, pictures, packed=png, **changes):
    """What `prepare` makes of an archive of `{pair: pixels}`."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    tar_of(raw / "archive", {f"{pair}.png": packed(pixels) for pair, pixels in pictures.items()})
    sha256 = hashlib.sha256((raw / "archive").read_bytes()).hexdigest()
    (raw / "source.json").write_text(json.dumps({"dataset": "custom", "address": "mine.zip", "sha256": sha256}))
    section = data(**{"image_size": 32, "evaluation_split": "test", "selection_split": "val"} | changes)
    return recorder.write(raw, section, Prepare(), folder / "records")


def refused(folder, pictures, **changes):
    with pytest.raises(DataError) as caught:
        written(folder, pictures, **changes)
    assert not (folder / "records").exists()
    return str(caught.value).splitlines()


def test_pairs_as_params_yaml_says_are_taken_and_measured(tmp_path):
    manifest = written(tmp_path, {pair: pair_of(pair) for pair in IDS})
    assert manifest.remarks == []
    for record in read_rows(tmp_path / "records"):
        assert record["far"] == {"input": 0, "target": pytest.approx(1, abs=0.02)}


def test_the_share_of_far_pixels_is_counted_by_hand():
    image = np.zeros((1, 4, 3), np.uint8)
    image[0] = CMP.colours[3] + np.array([[0, 0, 0], [0, 25, 0], [0, 26, 0], [15, 20, 1]], np.uint8)
    assert CMP.far(image, np.full((1, 4), 3, np.uint8)) == 0.5  # 26, and √626


@pytest.mark.parametrize("direction", ["left_to_right", "right_to_left"])
def test_labels_in_the_other_half_are_refused_with_the_key_to_set(tmp_path, direction):
    turned = {pair: pair_of(pair)[:, ::-1] for pair in IDS}
    (line,) = refused(tmp_path / "a", turned, direction=direction)
    assert line.startswith("the left halves have the palette's colours, the right halves do not (0% against ")
    assert "set data.label_half: left, and data.direction: " in line
    whole = {pair: pair_of(pair) for pair in IDS}
    (line,) = refused(tmp_path / "b", whole, direction=direction, label_half="left")
    assert "set data.label_half: right" in line
    written(tmp_path / "c", turned, direction=direction, label_half="left")


def test_what_the_line_advises_keeps_the_input_a_label_map(tmp_path):
    turned = {pair: pair_of(pair)[:, ::-1] for pair in IDS}
    (line,) = refused(tmp_path / "a", turned)
    assert "data.direction: left_to_right if the input is to be the label map" in line
    manifest = written(tmp_path / "b", turned, label_half="left", direction="left_to_right")
    assert {field.name: field.kind for field in manifest.fields} == {"input": "label map", "target": "picture"}


def test_class_ids_saved_as_grey_are_refused(tmp_path):
    (line,) = refused(tmp_path, {pair: np.hstack([photo(pair), grey(ids(pair))]) for pair in IDS})
    assert line.startswith(
        "the right halves do not have the palette's colours: 100% of their pixels are farther than 25"
    )
    assert "they are grey with 12 values at most: class ids need a palette such as {road: 7, sky: 23}" in line


def test_class_ids_that_lie_near_dark_colours_are_refused_also_in_one_file_of_many(tmp_path):
    """Ids of 0 to 11 in sixteen blocks, beside black and a dark grey: 0 alone is an exact colour, of two blocks."""
    palette = {"void": [0, 0, 0], "road": [20, 20, 20], "sky": [70, 130, 180]}
    drawn = {pair: np.hstack([255 - photo(pair), grey(20 * (ids(pair) % 2))]) for pair in IDS}
    written(tmp_path / "all right", drawn, palette=palette)
    drawn["train/2"] = np.hstack([255 - photo("train/2"), grey(ids("train/2"))])
    (line,) = refused(tmp_path / "one", drawn, palette=palette)
    assert line.startswith("1 label map in grey among the right halves, by the share of pixels that have the colour of")
    assert "no class: train/2 (88%); class ids need a palette such as {road: 7, sky: 23}" in line


def test_class_ids_that_all_lie_near_one_colour_are_refused(tmp_path):
    palette = {"void": [0, 0, 0], "sky": [70, 130, 180]}
    lines = refused(tmp_path, {pair: np.hstack([255 - photo(pair), grey(ids(pair))]) for pair in IDS}, palette=palette)
    assert lines[0].startswith("every pixel of every label map is nearest to the colour of void")
    assert "grey with 12 values" in lines[0]


@pytest.mark.parametrize("palette", ["cmp", "none"])
def test_single_photos_are_refused(tmp_path, palette):
    lines = refused(tmp_path, {pair: photo(pair, 2 * SIZE) for pair in IDS}, palette=palette)
    assert "of 8 pairs the pixels go on across the middle, as in a single picture" in lines[-1]
    assert ("do not have the palette's colours" in lines[0]) == (palette == "cmp")


def test_a_folder_of_label_maps_alone_is_refused(tmp_path):
    (line,) = refused(tmp_path, {pair: np.repeat(labels(pair), 3, axis=1)[:, 8:-24] for pair in IDS})
    assert "go on across the middle" in line and "data.task: colourise" in line


@pytest.mark.parametrize("noise", [0, 1])
def test_two_halves_of_one_picture_are_refused(tmp_path, noise):
    made = {
        pair: np.hstack([photo(pair), photo(pair) + random(pair).integers(0, noise + 1, (SIZE, SIZE, 1), np.uint8)])
        for pair in IDS
    }
    lines = refused(tmp_path, made, palette="none")
    assert lines[0].startswith("in 8 of 8 pairs input and target are the same picture")


def test_pairs_above_each_other_are_refused(tmp_path):
    (line,) = refused(tmp_path, {pair: np.vstack([photo(pair), 255 - photo(pair)]) for pair in IDS}, palette="none")[:1]
    assert line.startswith("8 pictures with absurdly narrow halves: test/1 (32x128), train/1 (32x128), ")
    assert "and 3 more" in line and "side by side" in line


def test_tall_halves_are_no_pairs_above_each_other_if_tall_pictures_are_asked_for(tmp_path):
    tall = {pair: np.hstack([photo(pair)[:, :16], 255 - photo(pair)[:, :16]]) for pair in IDS}
    assert "absurdly narrow" in refused(tmp_path / "a", tall, palette="none")[0]
    assert written(tmp_path / "b", tall, palette="none", image_size=[128, 32]).remarks == []


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        ("resize", "changes their proportions; crop and pad do not"),
        ("crop", "cuts off what is beyond them"),
        ("pad", "continues their edges"),
    ],
)
def test_it_is_told_of_how_many_pairs_the_proportions_are_others(tmp_path, fit, words):
    pictures = {pair: pair_of(pair) for pair in IDS}
    for pair in ("train/2", "val/1"):
        pictures[pair] = pictures[pair][: SIZE - 2]
    remarks = written(tmp_path / "square", pictures, fit=fit).remarks
    assert remarks == [
        f"halves of other proportions than 32x32 in 2 of 8 pairs: train/2, val/1; data.fit: {fit} {words}"
    ]
    (line,) = written(tmp_path / "wide", pictures, fit=fit, image_size=[32, 64]).remarks
    assert line.startswith("halves of other proportions than 64x32 in 8 of 8 pairs: train/1, train/2, train/3, ")


def test_one_picture_without_labels_among_many_is_named(tmp_path):
    pictures = {pair: pair_of(pair) for pair in IDS}
    pictures["train/3"] = np.hstack([photo("train/3"), photo("x")])
    (line,) = refused(tmp_path, pictures)
    assert line.startswith("1 label map without the palette's colours among the right halves") and "train/3 (" in line
    assert "add their colours to data.palette" in line


def test_pairs_without_classes_are_taken(tmp_path):
    """Grey to colour: halves that are near each other, and no single picture."""
    pictures = {pair: np.hstack([grey(photo(pair).mean(axis=2).astype(np.uint8)), photo(pair)]) for pair in IDS}
    assert written(tmp_path / "a", pictures, palette="none").remarks == []
    white = {pair: np.full((SIZE, 2 * SIZE, 3), 255, np.uint8) for pair in IDS}
    for pair in IDS:  # edges to shoes: both borders are white
        white[pair][16:48, 16:48], white[pair][16:48, 80:112] = photo(pair)[:32, :32], photo(pair)[32:, 32:]
    assert written(tmp_path / "b", white, palette="none").remarks == []


def test_halves_alike_in_a_few_pictures_are_told(tmp_path):
    alike = next(pair for pair in IDS if pair.startswith("train/"))
    pictures = {pair: np.hstack([photo(pair), photo(pair if pair == alike else f"other {pair}")]) for pair in IDS}
    remarks = written(tmp_path, pictures, palette="none").remarks
    assert f"input and target alike in 1 training pair: {alike}" in remarks


def test_odd_classes_are_told(tmp_path):
    only = CMP.paint(np.where(np.arange(SIZE * SIZE).reshape(SIZE, SIZE) % 50, 1, 2).astype(np.uint8))
    pictures = {pair: np.hstack([photo(pair), only]) for pair in IDS}
    manifest = written(tmp_path, pictures, image_size=SIZE)
    first, second, *rest = manifest.remarks
    assert first.startswith("class facade has 98.") and "of all training pixels" in first
    assert second == "10 classes never in training: background, door, cornice, sill, balcony and 5 more"
    assert all("have the same input (label map)" in line or line == "" for line in rest) and rest


def jpeg(pixels):
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, "JPEG", quality=75)
    return file.getvalue()


def test_classes_that_lossy_compression_does_not_keep_apart_are_told(tmp_path):
    palette = {"road": [100, 60, 60], "path": [108, 60, 60], "sky": [0, 200, 255]}
    colours = np.array(list(palette.values()), np.uint8)
    pictures = {pair: np.hstack([photo(pair), colours[ids(pair) % 3]]) for pair in IDS}
    assert written(tmp_path / "png", pictures, palette=palette).remarks == []
    (line,) = written(tmp_path / "jpeg", pictures, jpeg, palette=palette).remarks
    assert line.startswith(
        "classes road and path are 8 apart in colour, and lossy compression (JPEG and the like) moves"
    )
    assert "in 6 training pictures: train/1, train/2, " in line and "save label maps as PNG" in line
    farther = palette | {"path": [126, 60, 60]}
    colours[1] = farther["path"]
    apart = {pair: np.hstack([photo(pair), colours[ids(pair) % 3]]) for pair in IDS}
    assert written(tmp_path / "apart", apart, jpeg, palette=farther).remarks == []


# --- the same picture in two roles ------------------------------------------------------------------------


def twin(first, second, whole=True):
    """The usual pictures, but `second` is `first`, or has only its photo."""
    pictures = {pair: pair_of(pair) for pair in IDS}
    pictures[second] = pictures[first] if whole else np.hstack([photo(first), labels(second)])
    return pictures


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("train/2", "test/1", "train/2 (train) and test/1 (evaluation) are the same picture; keep it in one role only"),
        ("train/2", "val/1", "train/2 (train) and val/1 (selection) are the same picture; keep it in one role only"),
        ("val/1", "test/1", "test/1 (evaluation) and val/1 (selection) are the same picture; keep it in one role only"),
    ],
)
def test_the_same_picture_in_two_roles_is_refused(tmp_path, first, second, told, whole):
    assert refused(tmp_path, twin(first, second, whole)) == [told]


def test_pairs_taken_out_of_training_are_looked_at_too(tmp_path):
    pictures = {f"train/{number}": pair_of("train/1" if number % 2 else "train/2") for number in range(30)}
    lines = refused(tmp_path, pictures, evaluation_split="train:10", selection_split="none")
    assert len(lines) == 2 and all(" more (train) and train/" in line for line in lines)


def test_all_twins_of_a_picture_are_named_at_once(tmp_path):
    pictures = {pair: pair_of("test/1" if pair in ("train/2", "train/4", "train/5") else pair) for pair in IDS}
    (line,) = refused(tmp_path, pictures)
    assert line.startswith("train/2, train/4, train/5 (train) and test/1 (evaluation) are the same picture")


def test_many_twins_are_counted(tmp_path):
    pictures = {f"{split}/{number}": pair_of(f"train/{number}") for number in range(9) for split in ("train", "test")}
    lines = refused(tmp_path, pictures, selection_split="none")
    assert lines[5:] == ["… and 4 more; keep it in one role only"]


def test_the_training_pairs_themselves_may_be_evaluated(tmp_path):
    pictures = twin("train/1", "train/2")
    assert written(tmp_path, pictures, evaluation_split="train", selection_split="val").remarks == []


def test_equal_label_maps_of_different_photos_are_told(tmp_path):
    pictures = {pair: pair_of(pair) for pair in IDS}
    pictures["test/1"] = np.hstack([photo("test/1"), labels("train/2")])
    manifest = written(tmp_path, pictures)
    assert manifest.remarks == ["train/2 (train) and test/1 (evaluation) have the same input (label map)"]


def test_an_equal_input_or_target_alone_is_told_where_there_are_no_classes(tmp_path):
    pictures = {pair: np.hstack([photo(pair), 255 - photo(f"{pair} again")]) for pair in IDS}
    pictures["val/1"] = np.hstack([photo("val/1"), pictures["train/2"][:, SIZE:]])
    manifest = written(tmp_path / "a", pictures, palette="none")
    assert manifest.remarks == ["train/2 (train) and val/1 (selection) have the same input (picture)"]
    pictures["val/1"] = pictures["train/2"]
    assert len(refused(tmp_path / "b", pictures, palette="none")) == 1


# --- many bad pictures ------------------------------------------------------------------------------------


def test_a_reason_that_many_pictures_share_is_told_once():
    ids = [f"train/{number}" for number in range(25)]
    survey = Survey({pair: {"both": f"{pair}.png"} for pair in ids}, data())
    for pair in ids[:21]:
        survey.add(pair, DataError("has transparent pixels"))
    survey.add(ids[21], DataError("damaged"))
    survey.add(ids[22], DataError("damaged"))
    assert survey.refusals({}) == [
        "23 of 25 pictures cannot be used:",
        "21 pictures: has transparent pixels: train/0.png, train/1.png, train/2.png, …",
        "train/21.png: damaged",
        "train/22.png: damaged",
    ]


# --- names ------------------------------------------------------------------------------------------------


def test_an_error_of_the_archive_names_the_users_file(tmp_path):
    with pytest.raises(DataError, match=r"^mine\.zip: 1 pictures? lies? elsewhere"):
        written(tmp_path, {"1": pair_of("train/1"), "train/2": pair_of("train/2")})


def test_other_files_among_the_pictures_are_named(tmp_path):
    pictures = {f"{pair}.png": png(pair_of(pair)) for pair in IDS} | {"train/9.heic": b"x", "train/.DS_Store": b"x"}
    (tmp_path / "raw").mkdir()
    sha256 = hashlib.sha256(tar_of(tmp_path / "raw/archive", pictures).read_bytes()).hexdigest()
    told = {"dataset": "custom", "address": "mine", "sha256": sha256}
    (tmp_path / "raw/source.json").write_text(json.dumps(told))
    manifest = recorder.write(tmp_path / "raw", data(image_size=32), Prepare(), tmp_path / "records")
    assert manifest.remarks == [
        "1 file among the pictures passed over, as no pictures by their names (1 of .heic): train/9.heic"
    ]
