import numpy as np
import pytest

from pix2pix.evaluation.checkerboard import checkerboard


def picture(pattern, channels=3, kind=np.uint8):
    """A picture of 32x48 whose pixel at (row, column) is white where the pattern says 1."""
    rows, columns = np.indices((32, 48))
    white = np.iinfo(kind).max * pattern(rows, columns)
    return np.repeat(white[..., None], channels, axis=2).astype(kind)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "pattern",
    [lambda r, c: (r + c) % 2, lambda r, c: r % 2 + 0 * c, lambda r, c: c % 2 + 0 * r],
    ids=["checkerboard", "rows", "columns"],
)
def test_black_and_white_from_pixel_to_pixel_has_the_most(pattern, kind):
    assert checkerboard(picture(pattern, kind=kind)) == pytest.approx(500)
    assert checkerboard(picture(pattern, 1, kind)) == pytest.approx(500)


@pytest.mark.parametrize(
    "pattern",
    [lambda r, c: 0 * (r + c) + 1, lambda r, c: (r // 2 + c // 2) % 2, lambda r, c: 0 * r + (c >= 24)],
    ids=["flat", "period of four", "an edge"],
)
def test_what_does_not_alternate_has_none(pattern):
    assert checkerboard(picture(pattern)) == pytest.approx(0, abs=1e-9)


def test_a_pattern_on_a_texture_counts_by_its_amplitude():
    """Against sums of alternating signs, by hand: energies add up, and half of the windows have the pattern."""
    rows, columns = np.indices((32, 32))
    values = np.full((32, 32, 1), 100.0)
    values[:16] += 10 * (-1.0) ** (rows + columns)[:16, :, None]
    assert checkerboard(values.astype(np.uint8)) == pytest.approx(1000 * 10 / 255 / np.sqrt(2))


def test_white_noise_has_the_energy_of_three_of_its_frequencies():
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
    variance = np.var(noise / 255)
    assert checkerboard(noise) == pytest.approx(1000 * np.sqrt(3 * variance / 256), rel=0.03)
