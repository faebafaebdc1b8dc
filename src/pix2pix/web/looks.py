"""The looks that all pages share, as CSS variables: colours for light and dark screens, and typefaces."""

from pathlib import Path

CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def proportions(size: tuple[int, int]) -> str:
    """Return CSS that sets `--ratio`: how many times as wide as high the pictures of (width, height) are."""
    return f":root {{ --ratio: {size[0] / size[1]:.6g}; }}\n"
