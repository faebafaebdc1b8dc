"""Make the README's picture from the demo's: `make demo`, then `python docs/pictures.py`.

The houses are drawn by the project, so the picture may be shown; photos of the published data set may not.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from PIL import Image

from pix2pix.pictures import grid, load_rgb

PAIRS = ("test-3", "test-15")
SHOWN = ("input", "generated", "real")


def main() -> None:
    """Two houses side by side: label map, generated picture, drawn picture."""
    folder = ROOT / ".demo" / "reports" / "pictures"
    row = [load_rgb(folder / f"{pair}-{name}.png") for pair in PAIRS for name in SHOWN]
    Image.fromarray(grid([row])).save(ROOT / "docs" / "demo.jpg", quality=85)


if __name__ == "__main__":
    main()
