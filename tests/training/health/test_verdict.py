"""Curves by hand for every finding and both sides of every threshold, and small trainings made to go wrong."""

import json
import math
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import toy_training
from conftest import trained_with
from finished import curves_of
from ruamel.yaml import YAML

from pix2pix.data.samples.facades import draw_pair
from pix2pix.evaluation import likeness, measures
from pix2pix.params import Params, Pix2pix
from pix2pix.systems.captions import PIX2PIX
from pix2pix.systems.pix2pix_curves import pix2pix_curves
from pix2pix.training.curves import Caption, Curve, captioned
from pix2pix.training.health import verdict as diagnosis
from pix2pix.training.health.verdict import line

LN2 = math.log(2)


def health(losses, validation, params):
    """What is said of a pix2pix with these parameters."""
    curves = curves_of(params.model)
    asked = {path: value for path, value in params.flat().items() if path.startswith(("model.", "train."))}
    return diagnosis.health(losses, validation, curves, list(likeness.WATCHED), asked)


def chosen(**changes):
    return trained_with(**{"epochs": 30} | changes)


def losses(loss="cgan+l1", rows=30, **columns):
    """A row an epoch: the discriminator somewhat ahead, L1 slowly falling; `columns` are numbers or arrays."""
    usual = {"epoch": np.arange(1, rows + 1), "generator_l1": np.linspace(0.4, 0.3, rows)}
    if loss == "l1":
        usual["generator_total"] = usual["generator_l1"]
    else:
        usual |= {
            "generator_gan": 2.0,
            "discriminator_loss": 0.7,
            "discriminator_accuracy_real": 0.84,
            "discriminator_accuracy_fake": 0.87,
        }
    return pd.DataFrame(usual | columns)


def validation(l1=0.17, epochs=30, ssim=0.25):
    return pd.DataFrame({"epoch": np.arange(1, epochs + 1), "validation_l1": l1, "validation_ssim": ssim})


NOTHING_SET_ASIDE = pd.DataFrame(columns=["epoch", "validation_l1", "validation_ssim"])


def names(losses, validation=NOTHING_SET_ASIDE, **changes):
    return [finding["name"] for finding in health(losses, validation, chosen(**changes))["findings"]]


def in_last_third(value, before, rows=30):
    """A curve that is `before` and, over the last third, `value`."""
    return np.where(np.arange(rows) >= rows * 2 // 3, value, before)


def valley(at, epochs=30, depth=0.02):
    """A curve that falls to 0.17 in epoch `at` and rises again, by `depth` over the whole run."""
    return 0.17 + depth * np.abs(np.arange(1, epochs + 1) - at) / epochs


WON = {
    "discriminator_loss": 0.02,
    "discriminator_accuracy_real": 0.995,
    "discriminator_accuracy_fake": 0.999,
    "generator_gan": np.linspace(1, 9, 30),
}
LOST = {
    "discriminator_loss": 1.39,
    "discriminator_accuracy_real": 0.52,
    "discriminator_accuracy_fake": 0.47,
    "generator_gan": 0.7,
}


def test_a_discriminator_that_is_ahead_is_no_illness():
    told = health(losses(), validation(), chosen())
    assert told["verdict"] == "balanced"
    finding = told["findings"][0]
    assert finding["words"] == (
        "In the last third of the run the discriminator's loss was 0.7 (neutral: 1.39), and it was right on 84% of the "
        "real and 87% of the generated patches; the generator's adversarial loss was 2 (neutral: 0.693). A "
        "discriminator that is ahead is usual."
    )
    assert finding["change"] == "Nothing."


def test_what_is_said_is_of_the_last_third_and_its_typical_row():
    early = {key: in_last_third(losses()[key].iloc[0], value) for key, value in WON.items() if key != "generator_gan"}
    assert names(losses(**early))[0] == "balanced"
    mostly = np.isin(np.arange(30) % 5, (0, 1, 2))  # six rows of the last ten
    assert names(losses(**WON | {"discriminator_loss": np.where(mostly, 0.02, 3)}))[0] == "discriminator dominates"
    assert names(losses(**WON | {"discriminator_loss": np.where(mostly, 3, 0.02)}))[0] == "balanced"


@pytest.mark.parametrize(("reduction", "neutral"), [("sum", 2 * LN2), ("mean", LN2)])
def test_the_discriminator_dominates_from_a_twentieth_of_neutral_on(reduction, neutral):
    for share, expected in ((0.0499, "discriminator dominates"), (0.0501, "balanced")):
        curves = losses(**WON | {"discriminator_loss": share * neutral})
        told = health(curves, validation(), chosen(discriminator_loss=reduction))
        assert told["verdict"] == expected
        assert f"(neutral: {neutral:.3g})" in told["findings"][0]["words"]
        assert {"sum": "is 2 ln 2, the sum", "mean": "is ln 2, the mean"}[reduction] in told["findings"][0]["rule"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"discriminator_accuracy_real": 0.981}, "discriminator dominates"),
        ({"discriminator_accuracy_real": 0.979}, "balanced"),
        ({"discriminator_accuracy_fake": 0.981}, "discriminator dominates"),
        ({"discriminator_accuracy_fake": 0.979}, "balanced"),
        ({"generator_gan": 8.0}, "discriminator dominates"),
        ({"generator_gan": in_last_third(8.1, 8)}, "discriminator dominates"),
        ({"generator_gan": in_last_third(7.9, 8)}, "balanced"),  # the generator is catching up
    ],
)
def test_the_discriminator_dominates_only_if_it_is_right_and_the_generator_does_not_catch_up(changed, expected):
    assert names(losses(**WON | changed))[0] == expected


@pytest.mark.parametrize(("reduction", "neutral"), [("sum", 2 * LN2), ("mean", LN2)])
def test_the_generator_dominates_from_nearly_neutral_on(reduction, neutral):
    for share, expected in ((0.951, "generator dominates"), (0.949, "balanced"), (1.5, "generator dominates")):
        curves = losses(**LOST | {"discriminator_loss": share * neutral})
        assert names(curves, discriminator_loss=reduction)[0] == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"discriminator_accuracy_real": 0.7, "discriminator_accuracy_fake": 0.49}, "generator dominates"),
        ({"discriminator_accuracy_real": 0.7, "discriminator_accuracy_fake": 0.51}, "balanced"),
        ({"discriminator_loss": in_last_third(1.39, 1.46)}, "generator dominates"),
        ({"discriminator_loss": in_last_third(1.39, 1.47)}, "balanced"),  # it is still learning
    ],
)
def test_the_generator_dominates_only_if_the_discriminator_guesses_and_learns_nothing(changed, expected):
    assert names(losses(**LOST | changed))[0] == expected


@pytest.mark.parametrize(
    ("changes", "columns", "expected"),
    [
        ({}, {"discriminator_loss": 5.01 * 2 * LN2}, True),
        ({}, {"discriminator_loss": 4.99 * 2 * LN2}, False),
        ({"discriminator_loss": "mean"}, {"discriminator_loss": 5.01 * LN2}, True),
        ({"discriminator_loss": "mean"}, {"discriminator_loss": 4.99 * LN2}, False),
        ({}, {"generator_gan": 101}, True),
        ({}, {"generator_gan": 99}, False),
        ({"loss": "cgan"}, {"generator_gan": 101}, True),
        # L1 in [-1, 1], twice what is told: far from anything from the beginning …
        ({}, {"generator_l1": np.linspace(0.79, 0.83, 30)}, True),
        ({}, {"generator_l1": np.linspace(0.75, 0.79, 30)}, False),
        ({}, {"generator_l1": np.linspace(0.9, 0.81, 30)}, False),  # it gets better
        ({"loss": "l1"}, {"generator_l1": np.linspace(0.79, 0.83, 30)}, True),
        # … or half as far again as it has been.
        ({}, {"generator_l1": in_last_third(0.301, 0.2)}, True),
        ({}, {"generator_l1": in_last_third(0.299, 0.2)}, False),
        ({"lambda_l1": 10}, {"generator_l1": in_last_third(0.301, 0.2)}, True),
        # Where L1 decides little or nothing it may do as it likes.
        ({"lambda_l1": 9.9}, {"generator_l1": in_last_third(0.301, 0.2)}, False),
        ({"loss": "cgan"}, {"generator_l1": in_last_third(0.9, 0.2)}, False),
    ],
)
def test_a_run_has_diverged(changes, columns, expected):
    found = names(losses(changes.get("loss", "cgan+l1"), **columns), validation(valley(15)), **changes)
    assert (found == ["diverged"]) == expected  # and then nothing else is worth a word
    assert "diverged" not in found[1:]


def test_words_of_a_run_that_has_diverged():
    curves = losses(generator_l1=0.9, discriminator_loss=41.25, generator_gan=15310)
    told = health(curves, validation(), chosen(learning_rate=0.5))["findings"][0]
    assert told["words"] == (
        "In the last third of the run: training L1 was 0.45, no better than in the first row (0.45); the "
        "discriminator's loss was 41.2 (neutral: 1.39); the generator's adversarial loss was 15,310."
    )
    assert told["change"] == "Set model.learning_rate: 0.0002 (now 0.5)."


def test_few_rows_tell_nothing_of_the_two_networks():
    """Not even what the losses of a bad run look like, as all runs begin so."""
    bad = {"discriminator_loss": 20.0, "generator_gan": 200.0, "discriminator_accuracy_real": 0.5}
    few = health(losses(rows=11, **bad), NOTHING_SET_ASIDE, chosen(epochs=2))
    assert [finding["name"] for finding in few["findings"]] == ["not validated", "too short to tell"]
    assert few["findings"][1]["change"] == "Set train.epochs: 3 (now 2)."  # 12 / 11 of 2, in whole epochs
    assert names(losses(rows=12, **bad)) == ["diverged"]


def test_few_epochs_tell_nothing_of_overfitting():
    for epochs, expected in ((9, "too short to tell"), (10, "still improving")):
        curves = validation(np.linspace(0.2, 0.1, epochs), epochs)
        assert names(losses("l1", rows=epochs), curves, loss="l1") == [expected]


def test_a_short_run_says_so_of_both():
    told = health(losses(rows=8), validation(epochs=2), chosen(epochs=2))
    assert told["verdict"] == "too short to tell"
    assert [re.findall(r"\d+", finding["words"]) for finding in told["findings"]] == [["8"], ["2"]]


def test_overfitting_by_hand():
    """Means over 5 of 20 epochs: lowest over epochs 6 … 10, a distance from epoch 8 of (2+1+0+1+2)/5 = 1.2; at the end
    epochs 16 … 20, a distance of 10."""
    seen = validation(0.17 + 0.001 * np.abs(np.arange(1, 21) - 8), 20, ssim=np.linspace(0.20, 0.39, 20))
    told = health(losses(rows=20, generator_l1=np.linspace(0.4, 0.21, 20)), seen, chosen(epochs=20))
    assert told["verdict"] == "overfitting from epoch 8"
    assert told["findings"][0]["words"].startswith(
        "Validation L1 was lowest around epoch 8 (0.171) and is 0.18 at the end; meanwhile training L1 went from 0.165 "
        "to 0.115, and validation SSIM from 0.27 to 0.37. With a discriminator, pictures may become sharper although"
    )
    assert "train.select: validation_l1 (now last); train.epochs: 8 (now 20)" in told["findings"][0]["change"]


@pytest.mark.parametrize(("epochs", "at"), [(30, 10), (31, 11), (79, 30), (150, 40)])
def test_the_epoch_is_that_of_the_valley(epochs, at):
    found = names(losses(rows=epochs), validation(valley(at, epochs, depth=0.05), epochs))
    assert found[0] == f"overfitting from epoch {at}"


def plateaus(first, last, rows_of_last, swing=0.0):
    """30 epochs at `first` and then at `last`, one of two epochs higher by `swing` and one lower."""
    epochs = np.arange(30)
    return np.where(epochs < 30 - rows_of_last, first, last) + swing * (-1.0) ** epochs


@pytest.mark.parametrize(
    ("columns", "seen", "expected"),
    [
        ({}, plateaus(0.17, 0.17 * 1.021, 15), True),
        ({}, plateaus(0.17, 0.17 * 1.019, 15), False),
        # The median change from epoch to epoch is twice the swing, the noise of means over five 3 * sqrt(2 / 5) times
        # that: 0.0083 and 0.0087, around the rise of 0.0085.
        ({}, plateaus(0.17, 0.1785, 15, swing=0.0022), True),
        ({}, plateaus(0.17, 0.1785, 15, swing=0.0023), False),
        # A valley that reaches into the last five epochs is too young.
        ({}, valley(23, depth=0.2), True),
        ({}, valley(24, depth=0.2), False),
        # Nor is it overfitting where the training pairs are not learned any better.
        ({"generator_l1": np.linspace(0.40, 0.41, 30)}, valley(10, depth=0.05), False),
        ({"generator_l1": plateaus(0.4, 0.393, 15)}, valley(10, depth=0.05), False),
        ({"generator_l1": plateaus(0.4, 0.391, 15)}, valley(10, depth=0.05), True),
    ],
)
def test_overfitting_is_an_early_valley_and_a_rise_while_training_l1_falls(columns, seen, expected):
    assert names(losses(**columns), validation(seen))[0].startswith("overfitting") == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (plateaus(0.17, 0.17 * 0.980, 5), True),  # 2% of the lower of the two
        (plateaus(0.17, 0.17 * 0.981, 5), False),
        # The mean of five is a fifth of the swing off, up before the last span and down in it.
        (plateaus(0.1785, 0.17, 5, swing=0.0025), True),  # 0.0085 + 0.0010, and noise of 0.00949
        (plateaus(0.1785, 0.17, 5, swing=0.0026), False),  # 0.0085 + 0.00104, and noise of 0.00987
        (plateaus(0.17, 0.1, 10), False),  # it was
        (np.where(np.arange(30) < 5, 0.1, plateaus(0.17, 0.15, 5)), False),  # it recovers
    ],
)
def test_a_run_still_improves(seen, expected):
    told = health(losses(generator_l1=0.4), validation(seen), chosen())
    assert (told["verdict"] == "still improving") == expected
    assert ("Set train.epochs: 60 (now 30)." in [finding["change"] for finding in told["findings"]]) == expected
    if not expected:
        assert [finding["name"] for finding in told["findings"]] == ["balanced", "L1 no longer falls"]


@pytest.mark.parametrize("epochs", [12, 150])
def test_noise_is_seldom_taken_for_a_finding(epochs):
    """Validation L1 of nothing but noise, while training L1 falls."""
    wrong = [
        name
        for seed in range(100)
        for name in names(
            losses("l1", rows=epochs),
            validation(np.random.default_rng(seed).normal(0.17, 0.01, epochs), epochs),
            loss="l1",
        )
        if name != "L1 no longer falls"
    ]
    assert len(wrong) <= 10, wrong


def test_the_most_serious_finding_is_the_verdict():
    assert names(losses(**WON), validation(valley(10, depth=0.05))) == [
        "discriminator dominates",
        "overfitting from epoch 10",
    ]
    assert names(losses(**LOST), validation(valley(30, depth=0.05))) == ["generator dominates", "still improving"]
    assert names(losses(), validation(valley(10, depth=0.05))) == ["overfitting from epoch 10", "balanced"]
    assert names(losses(), validation(valley(30, depth=0.05))) == ["still improving", "balanced"]


def test_without_a_discriminator_there_is_no_balance():
    found = names(losses("l1"), validation(valley(10, depth=0.05)), loss="l1")
    assert found == ["overfitting from epoch 10"]
    told = health(losses("l1"), validation(valley(10, depth=0.05)), chosen(loss="l1"))
    assert "discriminator" not in json.dumps(told)
    assert names(losses("l1"), loss="l1") == ["not validated"]


@pytest.mark.parametrize(
    ("example", "paired", "words", "change"),
    [
        ("pair", True, "No pairs were put aside", "Set data.selection_split: val, or train:40 for 40 pairs taken out"),
        ("picture", True, "No pictures were put aside", "train:40 for 40 pictures taken out of training."),
        ("picture", False, "The data set has no pairs: no picture could", "Compare the samples of the epochs."),
    ],
)
def test_what_was_not_validated_gets_advice_that_can_help(example, paired, words, change):
    asked = {"model.system": "pix2pix"}
    told = diagnosis.health(losses(), NOTHING_SET_ASIDE, curves_of(chosen().model), [], asked, example, paired)
    (finding,) = [each for each in told["findings"] if each["name"] == "not validated"]
    assert finding["words"].startswith(words) and finding["words"].endswith("so overfitting would not be seen.")
    assert change in finding["change"] and ("selection_split" in finding["change"]) == paired


# Runs with every finding, and parameters from which every change follows.
SITUATIONS = [
    (losses(**WON), valley(10, depth=0.05), {"receptive_field": 16, "mirror": False, "jitter_scale": 1}),
    (losses(**WON), valley(10, depth=0.05), {"lambda_l1": 1000, "select": "validation_ssim"}),
    (losses(**WON), 0.17, {"loss": "cgan", "receptive_field": 1, "discriminator_filters": 1}),
    (losses(**LOST), valley(30, depth=0.05), {"receptive_field": 1, "learning_rate": 0.01}),
    (losses(**LOST), 0.17, {"loss": "gan+l1", "receptive_field": 16, "decay_epochs": 30}),
    (losses(discriminator_loss=90.0), 0.17, {"learning_rate": 0.05}),
    (losses(discriminator_loss=90.0), 0.17, {"learning_rate": 1e-4}),
    (losses("l1"), valley(10, depth=0.05), {"loss": "l1", "generator_filters": 1}),
    (losses(rows=8), 0.17, {"epochs": 2}),
    (losses(), 0.17, {}),
]


@pytest.mark.parametrize(("curves", "seen", "changes"), SITUATIONS)
def test_every_change_can_be_made(curves, seen, changes):
    """Each names a key of the parameters, its value, and another one that the check of params.yaml accepts."""
    found = health(curves, validation(seen)[: len(curves)], chosen(**changes))["findings"]
    told = [change for finding in found for change in re.findall(r"(\w+\.\w+): (\S+) \(now (\S+)\)", finding["change"])]
    assert told or all(finding["change"] == "Nothing." for finding in found)
    before = chosen(**changes).flat()
    for path, new, now in told:
        new, now = (YAML(typ="safe", pure=True).load(value) for value in (new, now))
        assert now == before[path]
        typed = new if before[path] is None else type(before[path])(new)
        assert typed == new != now
        assert chosen(**changes | {path.partition(".")[2]: typed}).flat()[path] == new


@pytest.mark.parametrize(("now", "smaller"), [(286, "70"), (70, "16"), (16, "1")])
def test_a_strong_discriminator_is_to_see_less(now, smaller):
    change = health(losses(**WON), NOTHING_SET_ASIDE, Params(model=Pix2pix(receptive_field=now)))["findings"][0][
        "change"
    ]
    assert f"model.receptive_field: {smaller} (now {now})" in change


@pytest.mark.parametrize(("curves", "seen", "changes"), SITUATIONS)
def test_what_is_told_is_plain_json_and_the_same_again(curves, seen, changes):
    arguments = curves, validation(seen)[: len(curves)], chosen(**changes)
    before = [frame.copy() for frame in arguments[:2]]
    told = health(*arguments)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["verdict"] == told["findings"][0]["name"]
    assert set(told) == {"verdict", "findings"}
    for finding in told["findings"]:
        assert list(finding) == ["name", "words", "rule", "change"]
        for text in finding.values():
            assert isinstance(text, str) and text and "nan" not in text.split() and "\n" not in text
        assert finding["words"].endswith(".") and finding["rule"].endswith(".") and finding["change"].endswith(".")
    assert health(*arguments) == told
    for frame, old in zip(arguments[:2], before, strict=True):
        pd.testing.assert_frame_equal(frame, old)


def test_the_rows_in_memory_say_what_those_of_the_files_say(tmp_path):
    """`Progress` has lists of mappings; the files have six digits and another order of columns."""
    curves, seen = losses(**WON), validation(valley(10, depth=0.05))
    for name, frame in {"losses": curves[sorted(curves)], "validation": seen[sorted(seen)]}.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False, float_format="%.6g")
    from_files = [pd.read_csv(tmp_path / f"{name}.csv") for name in ("losses", "validation")]
    in_memory = [pd.DataFrame(frame.to_dict("records")) for frame in (curves, seen)]
    assert health(*from_files, chosen()) == health(*in_memory, chosen())
    assert health(curves, pd.DataFrame([]), chosen()) == health(curves, NOTHING_SET_ASIDE, chosen())


def test_the_line_of_a_log():
    told = health(losses(**WON), validation(valley(10, depth=0.05)), chosen())
    said = line(told)
    assert said == (
        f"training health: discriminator dominates. {told['findings'][0]['words']} Also: overfitting from epoch 10."
    )
    assert "\n" not in said
    assert line(health(losses("l1"), NOTHING_SET_ASIDE, chosen(loss="l1"))).endswith("overfitting would not be seen.")


def small(seed, count):
    """Drawn houses at 32x32: label map and photo."""
    drawn = [[half[4::8, 4::8] for half in draw_pair(seed, index)] for index in range(count)]
    return [(label, photo) for photo, label in drawn]


def trained(folder, watched=None, **changes):
    """What `health` says of a training on two drawn houses, a step an epoch of both; a row of losses an epoch."""
    few = {"batch_size": 2, "log_every": 1, "validation_pairs": 2, "checkpoint_epochs": 1000, "checkpoint_minutes": 1e6}
    options = few | {"mirror": False, "jitter_scale": 1, "receptive_field": 16} | changes
    progress = toy_training.start(
        folder, seed=0, pairs=small(0, 2), watched=watched, kind=partial(toy_training.real, size=32), **options
    ).progress
    return health(pd.DataFrame(progress.losses), pd.DataFrame(progress.validation), chosen(**options))


@pytest.mark.slow
def test_a_training_at_an_absurd_learning_rate_diverges(tmp_path):
    told = trained(tmp_path, learning_rate=10, epochs=24)
    assert told["verdict"] == "diverged"
    assert told["findings"][0]["change"] == "Set model.learning_rate: 0.0002 (now 10)."


# One filter, and λ so large that the generator does not listen to a discriminator of many filters and large steps.
DOMINATED = {
    "generator_depth": None,
    "generator_filters": 1,
    "discriminator_filters": 16,
    "lambda_l1": 1e4,
    "learning_rate": 2e-3,
    "epochs": 100,
}


@pytest.fixture(scope="module")
def gone_wrong(tmp_path_factory):
    """What is said of a training that goes wrong, by what went wrong, each with its parameters."""
    wrong = {"winner": DOMINATED, "guesser": DOMINATED | {"lambda_l1": 100, "label_flips": 0.49, "epochs": 40}}
    return {name: (trained(tmp_path_factory.mktemp(name), **options), options) for name, options in wrong.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "verdict", "remedies"),
    [
        ("winner", "discriminator dominates", ["model.discriminator_learning_rate", "model.diff_augment"]),
        ("guesser", "generator dominates", ["model.label_flips"]),
    ],
)
def test_a_training_that_goes_wrong_gets_better_by_what_health_says(tmp_path, gone_wrong, wrong, verdict, remedies):
    """The changes are taken from its own words, one at a time as it asks for, from the first on."""
    told, options = gone_wrong[wrong]
    assert told["verdict"] == verdict
    changes = dict(re.findall(r"(model\.\w+): (\S+) \(now", told["findings"][0]["change"]))
    assert list(changes)[: len(remedies)] == remedies
    for path in remedies:
        value = YAML(typ="safe", pure=True).load(changes[path])
        value = float(value) if isinstance(value, int) else value
        remedied = trained(tmp_path / path, **options | {path.partition(".")[2]: value})
        assert remedied["verdict"] == "balanced", path


@pytest.mark.slow
def test_a_discriminator_that_cannot_learn_is_dominated(tmp_path):
    told = trained(tmp_path, receptive_field=1, discriminator_filters=1, epochs=40)
    assert told["verdict"] == "generator dominates"


@pytest.mark.slow
def test_a_training_on_two_pairs_overfits(tmp_path):
    told = trained(tmp_path, watched=small(1, 2), generator_filters=16, learning_rate=1e-3, epochs=60)
    assert re.fullmatch("overfitting from epoch [0-9]+", told["verdict"])


def test_what_is_said_of_two_things_is_named_once():
    findings = [{"name": "too short to tell", "words": words} for words in ("The balance.", "The course.")]
    assert line({"findings": findings}) == "training health: too short to tell. The balance."


# ---- other systems than pix2pix ----


def least_squares(rule="sum"):
    """The table of a pix2pix with a least-squares loss: an undecided discriminator has (1/2)² for each term."""
    return captioned(pix2pix_curves(Pix2pix(adversarial="least_squares", discriminator_loss=rule), 100), PIX2PIX)


def told(curves, columns, seen=NOTHING_SET_ASIDE, watched=tuple(likeness.WATCHED), **asked):
    return diagnosis.health(columns, seen, curves, watched, asked)


@pytest.mark.parametrize(("rule", "neutral", "named"), [("sum", 0.5, "2 × 1/4"), ("mean", 0.25, "1/4")])
@pytest.mark.parametrize(
    ("columns", "shares"),
    [
        (WON, {0.0499: "discriminator dominates", 0.0501: "balanced"}),
        (LOST, {0.951: "generator dominates", 0.949: "balanced"}),
        ({}, {4.99: "balanced", 5.01: "diverged"}),
    ],
)
def test_a_least_squares_loss_is_measured_by_its_own_neutral_value(rule, neutral, named, columns, shares):
    for share, expected in shares.items():
        found = told(least_squares(rule), losses(**columns | {"discriminator_loss": share * neutral}))
        assert found["verdict"] == expected
        finding = found["findings"][0]
        assert f"(neutral: {neutral:g})" in finding["words"] and "ln 2" not in json.dumps(found)
        assert finding["rule"].endswith(f"is {named}, the {rule} of 1/4 for each of its two terms.")


CRITICS = (
    Curve("critic_total", "critic", "loss", neutral=1.0),
    Curve("critic_right", "critic", "accuracy", 0.5, caption=Caption(line="real")),
    Curve("painter_one", "painter", "persuasion", caption=Caption(line="first loss")),
    Curve("painter_two", "painter", "persuasion", caption=Caption(line="second loss")),
)


def test_players_are_called_by_their_names():
    rows = {"epoch": np.arange(30), "critic_total": 0.01, "critic_right": 0.99, "painter_one": 3.0, "painter_two": 4.0}
    finding = told(CRITICS, pd.DataFrame(rows))["findings"][0]
    assert finding["name"] == "critic dominates"
    assert finding["words"].startswith(
        "In the last third of the run the critic's loss was 0.01 (neutral: 1), and it was right on 99% of the real "
        "patches; the painter's first loss was 3 and the painter's second loss was 4. A critic that is so sure tells "
        "the painter that its pictures are bad"
    )
    assert finding["rule"].endswith("Neutral, a critic that cannot decide, is 1.")
    catching_up = rows | {"painter_two": in_last_third(4.0, 5.0)}
    assert told(CRITICS, pd.DataFrame(catching_up))["findings"][0]["name"] == "balanced"


def test_without_a_neutral_value_nobody_can_tell_who_wins():
    critics = [replace(curve, neutral=None) for curve in CRITICS]
    rows = pd.DataFrame({"epoch": np.arange(30)} | {curve.key: 0.99 for curve in critics})
    not_judged, not_validated = told(critics, rows)["findings"]
    assert (not_judged["name"], not_validated["name"]) == ("balance not judged", "not validated")
    assert not_judged["words"] == (
        "The size of critic_total does not say whether the critic dominates, because it has no neutral value. In the "
        "last third of the run the critic told apart 99% of the real patches. Look at the samples."
    )


SEGMENTER = (
    Curve("segmenter_loss", "segmenter", "loss"),
    Curve("segmenter_gradient_norm", "segmenter", "gradient"),
)
CLASS_IOU = next(row for row in measures.MEASURES if row.key == "class_iou")


def segmenter(iou, loss=None):
    rows = {"epoch": np.arange(1, 31), "segmenter_loss": np.linspace(2, 1, 30) if loss is None else loss}
    seen = pd.DataFrame({"epoch": np.arange(1, 31), "validation_class_iou": iou})
    found = told(
        SEGMENTER, pd.DataFrame(rows | {"segmenter_gradient_norm": 1.0}), seen, (CLASS_IOU,), **{"a.epochs": 30}
    )
    assert "discriminator" not in json.dumps(found)
    return found["findings"]


def test_a_single_player_overfits_where_a_score_falls_while_its_loss_does():
    hill = 0.5 - 0.2 * np.abs(np.arange(1, 31) - 10) / 30
    (finding,) = segmenter(hill)
    assert finding["name"] == "overfitting from epoch 10"
    assert finding["words"] == (
        "Validation Class IoU was highest around epoch 10 (0.492) and is 0.38 at the end; meanwhile the training loss "
        "went from 1.69 to 1.07."
    )
    assert "a.epochs: 10 (now 30)" in finding["change"]
    assert [found["name"] for found in segmenter(hill, loss=1.0)] == ["nothing learned", "Class IoU no longer rises"]


def test_a_single_player_still_improves_while_a_score_rises():
    (finding,) = segmenter(np.linspace(0.1, 0.4, 30))
    assert (finding["name"], finding["change"]) == ("still improving", "Set a.epochs: 60 (now 30).")
    assert finding["words"] == ("Validation Class IoU was 0.379 over the last 5 epochs and 0.328 over the 5 before.")


def rare(iou, epochs):
    """A segmenter whose score is measured every ten epochs, and after the last."""
    measured = [*range(10, epochs, 10), epochs]
    rows = pd.DataFrame({"epoch": np.arange(1, epochs + 1), "segmenter_loss": np.linspace(2, 1, epochs)})
    seen = pd.DataFrame({"epoch": measured, "validation_class_iou": iou(np.array(measured))})
    return told(SEGMENTER, rows.assign(segmenter_gradient_norm=1.0), seen, (CLASS_IOU,), **{"a.epochs": epochs})


def test_a_score_that_is_measured_every_ten_epochs_is_told_in_epochs():
    (finding,) = rare(lambda epoch: 0.5 - 0.2 * np.abs(epoch - 50) / 120, 120)["findings"]
    assert finding["name"] == "overfitting from epoch 50"
    assert "a.epochs: 50 (now 120)" in finding["change"]
    assert (
        "Each span has 5 rows of validation.csv (a tenth of all, at least 5), the measurements of 50" in finding["rule"]
    )
    (finding,) = rare(lambda epoch: epoch / 200, 120)["findings"]
    assert finding["words"] == "Validation Class IoU was 0.5 over the last 50 epochs and 0.25 over the 50 before."


def test_too_few_measurements_are_told_in_epochs():
    for epochs in (16, 90):
        (finding,) = rare(lambda epoch: epoch / 200, epochs)["findings"]
        assert finding["words"] == (
            f"There are too few epochs ({epochs}) to see whether the training still improves or overfits."
        )
        assert finding["change"] == f"Set a.epochs: 100 (now {epochs})."


def test_what_a_training_has_no_parameter_for_is_not_advised():
    found = told(SEGMENTER, pd.DataFrame({"epoch": [1], "segmenter_loss": [1.0]}))
    assert found["verdict"] == "not validated"
    finding = told(CRITICS, pd.DataFrame({"epoch": np.arange(30)} | {curve.key: 0.99 for curve in CRITICS}))
    assert finding["findings"][0]["change"] == "Nothing."


def test_another_loss_is_suggested_only_by_the_systems_own_table():
    rows = {"epoch": np.arange(30), "critic_total": 0.01, "critic_right": 0.99, "painter_one": 3.0, "painter_two": 4.0}
    for system, suggested in (("pix2pix", True), ("unheard_of", False)):
        asked = {"model.system": system, "model.loss": "cgan"}
        change = told(CRITICS, pd.DataFrame(rows), **asked)["findings"][0]["change"]
        assert ("model.loss: cgan+l1 (now cgan)" in change) == suggested
