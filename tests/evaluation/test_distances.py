"""Distances of sets of features, against SciPy, scikit-learn, plain loops and numbers worked out by hand."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import binomtest
from sklearn.metrics.pairwise import polynomial_kernel

from pix2pix.evaluation import distances, measures
from pix2pix.evaluation.distances import Products, coverage, density, frechet_distance, kernel_distance

RANDOM = np.random.default_rng(0)


def normal(pictures, values=6, mean=0.0, deviation=1.0, random=RANDOM):
    return random.normal(mean, deviation, (pictures, values)).astype(np.float32)


def test_every_measure_has_its_function():
    rows = {distances.EFFICIENTNET: measures.FEATURES, distances.INCEPTION: measures.INCEPTION}
    assert {name: [each.__name__ for each in by] for name, by in distances.MEASURES.items()} == {
        name: [row.key for row in its] for name, its in rows.items()
    }


def test_frechet_is_that_of_scipys_square_root():
    real, made = normal(40), normal(30, mean=1, deviation=2) @ RANDOM.normal(size=(6, 6)).astype(np.float32)
    covariances = np.cov(real.T), np.cov(made.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    means = real.mean(axis=0, dtype=np.float64) - made.mean(axis=0, dtype=np.float64)
    expected = means @ means + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(Products.of(real, made)) == pytest.approx(expected, rel=1e-9)


def test_frechet_with_fewer_pictures_than_features():
    """Of two pictures in one direction each, all by hand: variances 2 and 8, deviations √2 and √8, no common one."""
    one, other = np.eye(5, dtype=np.float32)[[0, 0]], np.eye(5, dtype=np.float32)[[1, 1]]
    one, other = one * [[1], [-1]], other * [[2], [-2]]
    assert frechet_distance(Products.of(one, other)) == pytest.approx(2 + 8)
    assert frechet_distance(Products.of(one, 2 * one)) == pytest.approx((8**0.5 - 2**0.5) ** 2)
    real = normal(9, 50)
    assert frechet_distance(Products.of(real, real)) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(Products.of(real, real + 3)) == pytest.approx(50 * 9, rel=1e-5)


def test_kernel_is_that_of_scikit_learn():
    """Without a picture's product with itself, and without that with its partner."""
    real, made = normal(9), normal(7, mean=0.5)
    parts = [
        (polynomial_kernel(*pair, degree=3, gamma=1 / 6, coef0=1), len(pair[0]))
        for pair in ((real, real), (made, made), (real, made))
    ]
    means = [
        np.mean([kernel[i, j] for i in range(kernel.shape[0]) for j in range(kernel.shape[1]) if i != j])
        for kernel, _ in parts
    ]
    expected = 1000 * (means[0] + means[1] - 2 * means[2])
    assert kernel_distance(Products.of(real, made)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("alike", [0.0, 0.9])
def test_the_kernel_distance_has_no_bias(alike):
    """Of equal distributions it is 0 on average, also if the made picture of a number is like the real one."""
    random = np.random.default_rng(1)
    found = []
    for _ in range(400):
        real, own = normal(12, random=random), normal(12, random=random)
        made = alike * real + np.sqrt(1 - alike**2) * own
        found.append(kernel_distance(Products.of(real, made.astype(np.float32))))
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def line(*places):
    return np.array(places, np.float32)[:, None]


def test_neighbours_by_hand():
    """Real pictures at 0, 1, 2, 3, 4, 5, 20: third neighbours are 3 2 2 2 2 3 17 away, fifth ones 5 4 3 3 4 5 19.

    The made picture at 7 is within reach of 5 (2 ≤ 3) and of 20; at -9 of none.
    """
    real, made = line(0, 1, 2, 3, 4, 5, 20), line(7, -9, -10, -11, -12, -13, -14)
    products = Products.of(real, made)
    assert distances.precision(products) == pytest.approx(1 / 7)
    # By fifth neighbours 7 is within reach of 4 (3 ≤ 4), 5 (2 ≤ 5) and 20 (13 ≤ 19).
    assert density(products) == pytest.approx(3 / 7 / 5)
    assert coverage(products) == pytest.approx(3 / 7)
    # The third neighbour of 7 is -11, which is 18 away, as far as no real picture is.
    assert distances.recall(products) == pytest.approx(1)


def test_neighbours_by_loops():
    real, made = normal(23), normal(19, mean=0.7, deviation=0.8)

    def reach(pictures, k):
        return [sorted(np.linalg.norm(each - other) for other in pictures)[k] for each in pictures]

    def within(pictures, k, others):
        return np.array(
            [
                [np.linalg.norm(each - other) <= far for other in others]
                for each, far in zip(pictures, reach(pictures, k), strict=True)
            ]
        )

    products = Products.of(real, made)
    assert distances.precision(products) == within(real, 3, made).any(axis=0).mean()
    assert distances.recall(products) == within(made, 3, real).any(axis=0).mean()
    assert density(products) == pytest.approx(within(real, 5, made).sum() / (5 * 19))
    assert coverage(products) == within(real, 5, made).any(axis=1).mean()


def test_density_and_coverage_of_equal_distributions():
    """Naeem et al. 2020, section 3.4: 1, and 1 - (n - 1) … (n - k) / ((2n - 1) … (2n - k)) with n pictures each."""
    random, n = np.random.default_rng(2), 40
    found = [Products.of(normal(n, random=random), normal(n, random=random)) for _ in range(200)]
    assert np.mean([density(each) for each in found]) == pytest.approx(1, abs=0.02)
    missed = np.prod([(n - k) / (2 * n - k) for k in range(1, 6)])
    assert np.mean([coverage(each) for each in found]) == pytest.approx(1 - missed, abs=0.01)


def test_every_score_has_an_interval():
    real, made = normal(30), normal(30, mean=0.5)
    scores = distances.scores(real, made)
    assert set(scores) == {f"{row.key}{bound}" for row in measures.FEATURES for bound in ("", "_low", "_high")}
    assert all(type(value) is float for value in scores.values())
    for each in distances.MEASURES[distances.EFFICIENTNET]:
        name = each.__name__
        assert scores[name] == each(Products.of(real, made))
        assert scores[f"{name}_low"] < scores[name] < scores[f"{name}_high"]


def test_a_share_of_zero_or_one_is_not_certain():
    """Sets that lie far apart: each part of them has the same shares."""
    scores = distances.scores(normal(20), normal(25, mean=100))
    wilson = binomtest(0, 25).proportion_ci(method="wilson")
    assert scores["precision"] == scores["precision_low"] == 0
    assert scores["precision_high"] == pytest.approx(wilson.high) and wilson.high > 0.1
    same = normal(20)
    scores = distances.scores(same, same)
    assert scores["coverage"] == scores["coverage_high"] == 1 and scores["coverage_low"] < 0.9


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_interval_covers_the_score_of_other_pictures(shift):
    """Of 60 intervals at 95%, fewer than 51 would cover in 1 of 1,000 cases."""
    random = np.random.default_rng(3)
    drawn = [
        distances.scores(normal(40, 12, random=random), normal(40, 12, shift, 1.3, random=random)) for _ in range(60)
    ]
    for name in ("frechet_distance", "kernel_distance", "precision", "coverage"):
        mean = np.mean([each[name] for each in drawn])
        assert sum(each[f"{name}_low"] <= mean <= each[f"{name}_high"] for each in drawn) >= 51, name


def test_few_pictures_are_told():
    assert distances.scores(normal(6), normal(20)) == distances.scores(normal(20), normal(6)) == {}
    assert len(distances.scores(normal(7), normal(7))) == 18
    assert "(6)" in distances.too_few(6) and not distances.too_few(7)
    (few,) = distances.cautions(106, {"frechet_distance": 1.0})
    assert few.startswith("106 pictures are fewer than the 1280 features of EfficientNet-Lite0.")
    assert distances.cautions(6, {"ssim": 1.0}) == []
    many, unverified = distances.cautions(2000, {"frechet_distance", "fid", "kid"})
    assert many.startswith("512 pictures") and unverified.startswith("FID and KID are not verified")


def test_fid_and_kid_are_the_same_distances_by_other_features():
    sets = [{distances.EFFICIENTNET: normal(9), distances.INCEPTION: normal(9, 5)} for _ in range(2)]
    found = distances.of_networks(*sets)
    assert len(found) == 3 * len(measures.SETS)
    products = Products.of(*(each[distances.INCEPTION] for each in sets))
    assert (found["fid"], found["kid"]) == (frechet_distance(products), kernel_distance(products))
    assert found["fid_low"] < found["fid"] < found["fid_high"] and found["kid_low"] < found["kid"] < found["kid_high"]
    assert found["recall"] == distances.scores(*(each[distances.EFFICIENTNET] for each in sets))["recall"]
    assert "fid" not in distances.of_networks(sets[0], {distances.EFFICIENTNET: normal(9)})


def test_of_large_sets_a_part_counts_spread_evenly() -> None:
    random = np.random.default_rng(0)
    real, made = random.normal(size=(2, 3 * distances.MOST, 4)).astype(np.float32)
    assert distances.scores(real, made) == distances.scores(real[::3], made[::3])
