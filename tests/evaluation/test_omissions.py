import made_examples
from toy import NO_LABELS, PHOTO_TO_LABELS, READER, TWO, split

from pix2pix.data.examples import Examples
from pix2pix.evaluation.omissions import left_out, of_samples
from pix2pix.params import Evaluate

# The subjects of a network with dropout and BatchNorm.
ALL = ("generated", "dropout_off", "moving_averages")
FIVE = [*TWO, *TWO, TWO[0]]
SEVEN = [*FIVE, *TWO]
FIVE_SEEDS = Evaluate(repeats=5)


def test_what_no_evaluation_has():
    """Of enough 32x32 pictures with all classes, labels -> photo, several seeds."""
    absent = left_out(split(*SEVEN), 400, READER, FIVE_SEEDS, ALL)
    assert set(absent) == {"fid", "kid", "ms_ssim"}
    assert absent["fid"].startswith("evaluate.inception_weights is null: the weights of the Inception")
    assert "176" in absent["ms_ssim"] and "32" in absent["ms_ssim"]


def test_two_pictures_have_no_intervals():
    absent = left_out(split(*TWO), 400, READER, FIVE_SEEDS, ALL)
    assert absent["intervals"] == "too few pictures (2): no interval; it takes 5 pictures or more"
    assert absent["distances"].startswith("too few pictures (2)") and absent["distances"].endswith("7 or more")


def test_five_pictures_have_intervals_and_no_distances():
    absent = left_out(split(*FIVE), 400, READER, FIVE_SEEDS, ALL)
    assert "intervals" not in absent and "(5)" in absent["distances"]


def test_large_pictures_have_ms_ssim():
    large = made_examples.noise(7, made_examples.task("picture", "picture", 256))
    assert set(left_out(large, 400, None, FIVE_SEEDS, ALL)) == {"fid", "kid", "fcn_scores", "class_means"}


def test_classes_that_are_not_there_are_named():
    absent = left_out(split(*[(32, 0, 0)] * 6, (31, 0, 1)), 400, READER, FIVE_SEEDS, ALL)
    assert set(absent) == {"fid", "kid", "ms_ssim", "grey"}
    assert "class IoU" in absent["grey"]


def test_photo_to_labels_has_no_colours_and_no_floor():
    absent = left_out(split(*SEVEN, task=PHOTO_TO_LABELS), 400, READER, FIVE_SEEDS, ALL)
    assert set(absent) == {
        "fid", "kid", "ms_ssim", "lab", "colourfulness", "checkerboard", "distances", "class_means",
    }  # fmt: skip
    assert "classes" in absent["distances"]


def test_a_data_set_without_classes():
    absent = left_out(split(*SEVEN, task=NO_LABELS), 400, None, Evaluate(repeats=1), ALL)
    assert set(absent) == {"fid", "kid", "ms_ssim", "seeds", "diversity", "fcn_scores", "class_means"}
    assert all(isinstance(reason, str) and reason for reason in absent.values())


def test_a_network_without_dropout_and_batch_norm():
    absent = left_out(split(*SEVEN), 400, READER, FIVE_SEEDS, ["generated"])
    assert set(absent) == {"fid", "kid", "ms_ssim", "dropout_off", "seeds", "diversity", "moving_averages"}


def test_a_set_without_pairs():
    """Nothing can be compared with a target, and there is no segmenter."""
    pairs = split(*SEVEN, task=NO_LABELS)
    alone = Examples(pairs.ids, pairs.task, pairs.__getitem__, {"input": 7, "target": 7})
    absent = left_out(alone, 400, None, FIVE_SEEDS, ALL)
    floors = {"class_means", "input_itself", "mean_target"}
    assert set(absent) == {"fid", "kid", "ms_ssim", "likeness", "lab", "fcn_scores", *floors}
    assert "no pairs" in absent["likeness"] and "no pairs" in absent["class_means"]


def test_few_training_pictures_have_no_row():
    assert "training" in left_out(split(*SEVEN), 6, READER, FIVE_SEEDS, ALL)
    assert "training" not in left_out(split(*SEVEN), 7, READER, FIVE_SEEDS, ALL)


def test_with_weights_fid_is_not_left_out(tmp_path):
    (tmp_path / "inception.pth").touch()
    settings = Evaluate(inception_weights=str(tmp_path / "inception.pth"), inception_sha256=64 * "0")
    assert set(left_out(split(*SEVEN), 400, READER, settings, ALL)) == {"ms_ssim"}
    assert not {"fid", "kid"} & of_samples(8, settings).keys() and {"fid", "kid"} <= of_samples(8, FIVE_SEEDS).keys()
