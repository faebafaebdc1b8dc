"""What all our pages share in their looks: colours for light and dark screens, and typefaces, as CSS variables."""

from pathlib import Path

CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
