"""The looks that all pages share, as CSS variables: colours for light and dark screens, and typefaces."""

from pathlib import Path

CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
