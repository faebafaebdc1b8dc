"""What performance claims are made from: each file measures one thing, `python -m bench` the training step."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

import pix2pix  # noqa: F401 (before Keras: it leaves the user's settings of Keras out)
