"""The verdict on a Wasserstein critic: drawn curves, and a run that goes wrong and is put right by what it is told."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from made_sampler import settings_with_classes

from pix2pix.data.tasks import task
from pix2pix.params.systems.cgan import Cgan as Settings
from pix2pix.systems import captions
from pix2pix.systems.cgan import Cgan
from pix2pix.training.curves import captioned
from pix2pix.training.health.verdict import health, line
from pix2pix.training.windows import Windows

FEW = {"noise_size": 5, "generator_filters": 4, "discriminator_filters": 8, "discriminator_dropout": 0.0}


def system(**changes) -> Cgan:
    return Cgan(Settings(**FEW | changes), "float32", task(settings_with_classes().data), classes=2, seed=1)


def judged(losses: pd.DataFrame, **changes) -> dict:
    settings = Settings(**FEW | changes)
    curves = captioned(system(**changes).curves, captions.OF["cgan"])
    asked = {f"model.{key}": value for key, value in settings.model_dump().items()} | {"train.epochs": 3}
    return health(losses, pd.DataFrame(), curves, (), asked)


def rows(estimate, penalty: float = 0.05, **others) -> pd.DataFrame:
    count = np.arange(30)
    drawn = {"epoch": count // 10 + 1, "step": count + 1, "generator_gan": 0.0, "generator_gradient_norm": 1.0}
    drawn |= {"discriminator_estimate": np.broadcast_to(estimate, 30), "discriminator_gradient_norm": 1.0}
    return pd.DataFrame(drawn | {"discriminator_penalty": penalty} | others)


def finding(told: dict, name: str) -> dict:
    return next(each for each in told["findings"] if each["name"] == name)


def test_a_falling_estimate_is_told_and_not_judged():
    told = judged(rows(np.linspace(8, 2, 30)))
    found = finding(told, "balance not judged")
    assert "fell from 5 in the middle third of the run to 2.93 in the last" in found["words"]
    assert "a critic has no accuracy" in found["words"] and found["change"] == "Nothing."
    assert "fell from" not in finding(judged(rows(np.linspace(2, 8, 30))), "balance not judged")["words"]


def test_a_critic_that_prefers_generated_pictures_has_lost():
    found = finding(judged(rows(np.linspace(1, -1, 30))), "generator dominates")
    assert "model.critic_steps: 6 (now 3)" in found["change"]


def test_a_steep_critic_is_seen_by_its_penalty():
    told = judged(rows(50.0, penalty=9.0), gradient_penalty=0.01)
    assert told["verdict"] == "critic too steep"
    assert "model.gradient_penalty: 10 (now 0.01)" in told["findings"][0]["change"]
    assert line(told).startswith("training health: critic too steep. In the last third of the run discriminator_penal")


def test_without_a_penalty_the_slope_is_said_to_be_unknown():
    losses = rows(1.0).drop(columns="discriminator_penalty")
    told = judged(losses, gradient_penalty=0, spectral_norm=True)
    assert "the slope of the critic is not measured" in finding(told, "balance not judged")["rule"]


def test_few_rows_tell_nothing():
    assert "fewer than 12 rows" in finding(judged(rows(1.0).iloc[:5]), "too short to tell")["rule"]


@pytest.mark.slow
def test_what_is_said_of_a_run_that_went_wrong_puts_it_right():
    """A penalty that weighs too little, a large step: the critic grows steep. With the advised weight it does not."""
    wrong = {"gradient_penalty": 1e-4, "learning_rate": 2e-3}
    told = judged(_played(**wrong), **wrong)
    assert told["verdict"] == "critic too steep"
    assert "model.gradient_penalty: 10 (now 0.0001)" in told["findings"][0]["change"]
    right = wrong | {"gradient_penalty": 10}
    assert "critic too steep" not in [each["name"] for each in judged(_played(**right), **right)["findings"]]


def _played(**changes) -> pd.DataFrame:
    """The losses of sixty steps on bright and dark squares."""
    random = np.random.default_rng(0)
    classes = np.tile(np.arange(4, dtype=np.int32) % 2, (60, 1))
    pictures = np.uint8(random.integers(0, 60, (60, 4, 32, 32, 3)) + 150 * classes[..., None, None, None])
    window = {"target": tf.constant(pictures), "class": tf.constant(classes)}
    losses = {key: values.numpy() for key, values in Windows(system(**changes), seed=1)(window, 0).items()}
    return pd.DataFrame({"epoch": np.arange(60) // 20 + 1, "step": np.arange(60) + 1} | losses)
