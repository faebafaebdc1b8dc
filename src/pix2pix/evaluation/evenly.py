"""A part of a set that stands for the whole."""


def evenly(number: int, most: int) -> list[int]:
    """Return at most `most` of the numbers 0 to `number` - 1, at equal distances, the first among them."""
    kept = min(most, number)
    return [place * number // kept for place in range(kept)]
