import made_examples
import numpy as np
import pandas as pd
import pytest

from pix2pix.evaluation.memorisation import TrainingPictures, memorisation, verdict


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
    distances = {"nearest_l1": [0.1, 0.2, 0.3], "nearest_gap": [0.01, 0.02, 0.03]}
    distances |= {"real_nearest_l1": [0.2, 0.2, 0.5], "real_nearest_gap": [0.02, 0.02, 0.05]}
    figures = memorisation(pd.DataFrame(distances))
    assert figures["nearest_l1"] == pytest.approx(0.2) and figures["real_nearest_l1"] == pytest.approx(0.3)
    assert figures["nearest_minus_real"] == pytest.approx(-0.1)
    assert figures["nearest_gap_minus_real"] == pytest.approx(-0.01)
    assert figures["nearest_share"] == pytest.approx(1 / 3)  # nearer than the median real one, 0.2
    assert (figures["nearest_minus_real_low"], figures["nearest_minus_real_high"]) == pytest.approx((-0.2, 0))


def test_other_photos_are_no_sign():
    assert "not nearer" in verdict(judged(MORE, REAL, KNOWN))


def test_noisy_copies_are_a_sign():
    copies = np.clip(KNOWN + np.random.default_rng(3).normal(0, 15, KNOWN.shape), 0, 255).astype(np.uint8)
    assert "may be memorised" in verdict(judged(copies, REAL, KNOWN))


def test_copies_among_other_photos_are_a_sign():
    assert "may be memorised" in verdict(judged([*KNOWN[:8], *MORE[8:]], REAL, KNOWN))


def test_smooth_pictures_are_none():
    """Nearer to every photo than a photo is, and to none in particular."""
    smooth = (MORE // 3 + 85).astype(np.uint8)
    figures = judged(smooth, REAL, KNOWN)
    assert figures["nearest_minus_real_high"] < 0 and figures["nearest_share"] > 0.9
    assert "smoother" in verdict(figures)


@pytest.mark.parametrize(("high", "low", "said"), [(0, 1, "not nearer"), (-1, 0, "smoother"), (-1, 1, "memorised:")])
def test_the_verdict_follows_its_rule(high, low, said):
    sentence = verdict({"nearest_minus_real_high": high, "nearest_gap_minus_real_low": low})
    assert said in sentence
