import made_examples
import numpy as np
import pandas as pd
import pytest

from pix2pix.evaluation.memorisation import TrainingPictures, memorisation, verdict, verdict_of_views


def noise(seed, count, size=64):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def photos(seed, count, size=64):
    """Pictures with large forms, as photos have, and noise."""
    random = np.random.default_rng(seed)
    forms = np.kron(random.normal(128, 60, (count, 4, 4, 3)), np.ones((1, size // 4, size // 4, 1)))
    return np.clip(forms + random.normal(0, 20, (count, size, size, 3)), 0, 255).astype(np.uint8)


def training(pictures):
    """Examples whose targets they are; their inputs do not matter."""
    return made_examples.of([(np.full_like(picture, 7), picture) for picture in pictures])


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("make", [noise, photos])
def test_the_nearest_as_a_search_through_all_finds_it(make, size):
    known, asked = make(0, 12, size), make(1, 5, size)
    search = TrainingPictures(training(known))
    for picture in [*asked, *(known // 2 + asked[0] // 2)]:
        apart = np.abs(known.astype(float) - picture).mean(axis=(1, 2, 3)) / 255
        number, distance, gap = search.nearest(picture)
        assert number == apart.argmin()
        assert distance == pytest.approx(apart.min(), rel=1e-12)
        assert gap == pytest.approx(np.sort(apart)[1] - apart.min(), abs=1e-12)


def test_of_equally_near_ones_the_first():
    one, other = photos(0, 2)
    search = TrainingPictures(training([other, one, one]))
    assert search.nearest(one) == (1, 0, 0)


def test_most_are_ruled_out_unseen():
    looked_at = []

    class Counted(list):
        def __getitem__(self, number):
            looked_at.append(number)
            return super().__getitem__(number)

    pairs = Counted((picture, picture) for picture in photos(0, 50))
    search = TrainingPictures(made_examples.of(pairs, made_examples.task(size=64)))
    looked_at.clear()
    search.nearest(photos(0, 51)[50])
    assert 2 <= len(looked_at) < 10


def test_a_single_training_picture_leaves_no_gap():
    one, other = photos(0, 2)
    number, distance, gap = TrainingPictures(training([one])).nearest(other)
    assert (number, gap) == (0, 0) and distance > 0


def judged(generated, real, known):
    search = TrainingPictures(training(known))
    rows = [
        dict(zip(("nearest_l1", "nearest_gap"), search.nearest(made)[1:], strict=True))
        | dict(zip(("real_nearest_l1", "real_nearest_gap"), search.nearest(true)[1:], strict=True))
        for made, true in zip(generated, real, strict=True)
    ]
    return memorisation(pd.DataFrame(rows))


KNOWN, REAL, MORE = photos(0, 30), photos(1, 30), photos(2, 30)


def test_figures_by_hand():
    distances = {"nearest_l1": [0.1, 0.495, 0.005], "nearest_gap": [0.01, 0.02, 0.03]}
    distances |= {"real_nearest_l1": [0.2, 0.2, 0.5], "real_nearest_gap": [0.02, 0.02, 0.05]}
    figures = memorisation(pd.DataFrame(distances))
    assert figures["nearest_l1"] == pytest.approx(0.2) and figures["real_nearest_l1"] == pytest.approx(0.3)
    assert figures["nearest_minus_real"] == pytest.approx(-0.1)
    assert figures["nearest_gap_minus_real"] == pytest.approx(-0.01)
    assert figures["nearest_share"] == pytest.approx(2 / 3)  # nearer than the median real one, 0.2
    assert "nearest_minus_real_low" not in figures  # of three pictures
    # The last one's second nearest is 0.005 + 0.03 away, seven times as far.
    assert (figures["nearest_copies"], figures["real_nearest_copies"]) == (1, 0)


def test_views_of_few_things_are_no_copies_for_being_three_times_as_near():
    """Held-out views of a brick lie near to one of many views now and then, and so do good generated ones."""
    distances = {"nearest_l1": [0.1, 0.495, 0.005, 0.003], "nearest_gap": [0.01, 0.02, 0.03, 0.1]}
    distances |= {"real_nearest_l1": [0.2, 0.01, 0.5, 0.4], "real_nearest_gap": [0.02, 0.2, 0.05, 0.1]}
    strict, views = memorisation(pd.DataFrame(distances)), memorisation(pd.DataFrame(distances), thirds=False)
    assert (strict["nearest_copies"], strict["real_nearest_copies"]) == (2, 1)
    assert (views["nearest_copies"], views["real_nearest_copies"]) == (1, 0)


@pytest.mark.parametrize(("made", "real", "copied"), [(0, 0, False), (4, 5, False), (6, 2, False), (9, 2, True)])
def test_views_are_copied_if_more_of_them_lie_near_than_of_new_ones(made, real, copied):
    """By Fisher's exact test: of 60, 6 against 2 have p = 0.14, and 9 against 2 have 0.027."""
    figures = judged(MORE, REAL, KNOWN) | {"nearest_copies": made, "real_nearest_copies": real}
    words = verdict_of_views(figures, 60, 7)
    assert words.startswith("Training pictures are copied: ") == copied
    assert words.startswith("Not nearer than real pictures: ") != copied
    assert f"{made} of 60 generated and {real} of 60 real pictures are at most one grey level away" in words


def told(figures, pictures=30, epochs=7):
    return verdict(figures, pictures, epochs)


def test_other_photos_are_told_as_they_were_measured():
    """After one epoch nothing can be remembered, so that there is no sign of it is no finding."""
    words = told(judged(MORE, REAL, KNOWN), epochs=1)
    assert words.startswith("Not nearer than real pictures: ") and "No sign" not in words
    assert words.endswith("No generated picture is a copy of a training picture, after 1 epoch.")
    assert "A model that has learned little gives this answer, too." in words


def mixed(share):
    """Training pictures, each with so much of a new one."""
    return ((1 - share) * KNOWN + share * MORE).astype(np.uint8)


def test_pictures_near_to_single_ones_are_a_sign():
    figures = judged(mixed(0.45), REAL, KNOWN)
    assert figures["nearest_copies"] == 0
    assert told(figures).startswith("Pictures may be memorised: ")


@pytest.mark.parametrize("known", [KNOWN, [*KNOWN, *KNOWN]], ids=["once", "twice in training"])
@pytest.mark.parametrize("copies", [1, 8, 30])
def test_planted_copies_are_told(copies, known):
    """A single one does not move a mean; one that stands twice in the training split leaves no gap."""
    words = told(judged([*KNOWN[:copies], *MORE[copies:]], REAL, known))
    assert words.startswith(f"Training pictures are copied: {copies} of 30 generated pictures are copies of one ")


def test_noisy_copies_are_copies():
    noisy = np.clip(KNOWN + np.random.default_rng(3).normal(0, 8, KNOWN.shape), 0, 255).astype(np.uint8)
    assert told(judged([noisy[0], *MORE[1:]], REAL, KNOWN)).startswith("Training pictures are copied: 1 of 30")


@pytest.mark.parametrize("shared", [1, 30])
def test_pictures_in_both_splits_are_told(shared):
    """The generated pictures are then never nearer to the training pictures than the real ones are."""
    words = told(judged(MORE, [*KNOWN[:shared], *REAL[shared:]], KNOWN))
    assert words.startswith(f"Training and evaluation share pictures: {shared} of 30 real pictures are copies of a ")
    assert "and so are 0 generated ones" in words


def test_too_few_pictures_are_not_compared_but_copies_are_told():
    assert told(judged(MORE[:3], REAL[:3], KNOWN), 3).startswith("Not to be told: too few pictures (3): no interval, ")
    assert told(judged(KNOWN[:3], REAL[:3], KNOWN), 3).startswith("Training pictures are copied: 3 of 3 ")


def test_smooth_pictures_are_none():
    """Nearer to every photo than a photo is, and to none in particular."""
    smooth = (MORE // 3 + 85).astype(np.uint8)
    figures = judged(smooth, REAL, KNOWN)
    assert figures["nearest_minus_real_high"] < 0 and figures["nearest_share"] > 0.9
    assert "but to no single picture" in told(figures)


@pytest.mark.parametrize(
    ("high", "low", "said"), [(0, 1, "not nearer"), (-1, 0, "but to no single picture"), (-1, 1, "memorised:")]
)
def test_the_verdict_follows_its_rule(high, low, said):
    figures = {"nearest_minus_real": -1, "nearest_minus_real_low": -2, "nearest_minus_real_high": high}
    figures |= {"nearest_gap_minus_real_low": low, "nearest_copies": 0, "real_nearest_copies": 0}
    assert said in told(figures)
