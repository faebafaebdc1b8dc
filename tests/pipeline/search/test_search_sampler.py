"""The values of a trial follow from the seed, its number and the trials before it."""

import optuna
import pytest

from pix2pix.pipeline.search.sampler import Sampler


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def toy(trial):
    """Best at x = 3, y = 0.01, and the word b."""
    x, y = trial.suggest_float("x", -10, 10), trial.suggest_float("y", 1e-4, 1, log=True)
    return (x - 3) ** 2 + abs(y - 0.01) + (trial.suggest_categorical("z", ["a", "b", "c"]) != "b")


def proposed(seed, *parts, startup=4):
    """The values of all trials of a search that is done in parts, each with a sampler of its own."""
    storage = optuna.storages.InMemoryStorage()
    for trials in parts:
        study = optuna.create_study(
            storage=storage, study_name="toy", load_if_exists=True, sampler=Sampler(seed, startup)
        )
        study.optimize(toy, n_trials=trials)
    return [trial.params for trial in study.trials], study.best_value


def test_a_search_proposes_the_same_values_again_in_one_go_or_in_several():
    whole, best = proposed(7, 14)
    assert proposed(7, 14) == (whole, best)
    assert proposed(7, 1, 2, 6, 5) == (whole, best)
    assert proposed(8, 14)[0] != whole


def test_the_values_of_the_trials_differ():
    values = [each["x"] for each in proposed(7, 1, 1, 1, 1)[0]]
    assert len(set(values)) == 4


def test_later_trials_learn_from_earlier_ones():
    """With as many trials, random ones are further away."""
    learned = sum(proposed(seed, 40)[1] for seed in range(3))
    random = sum(proposed(seed, 40, startup=40)[1] for seed in range(3))
    assert learned < random
