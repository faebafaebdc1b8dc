"""The user's own settings of Keras and of kernels change nothing."""

import json
import os
import subprocess
import sys

import pytest
from conftest import CHECKOUT

TOLD = """
import json, os
import pix2pix
import keras
print(json.dumps({
    "backend": keras.config.backend(), "floatx": keras.config.floatx(), "epsilon": keras.config.epsilon(),
    "image_data_format": keras.config.image_data_format(), "kernels": os.environ["TF_ENABLE_ONEDNN_OPTS"],
    "noise": keras.random.uniform((2, 2), seed=3).numpy().tolist(),
    "shape": keras.layers.Conv2D(4, 3)(keras.Input((8, 8, 1))).shape,
}))
"""
SETTINGS = {"floatx": "float16", "epsilon": 0.5, "image_data_format": "channels_first", "backend": "torch"}


def told(home, **environment):
    done = subprocess.run(
        [sys.executable, "-c", TOLD],
        cwd=home,
        env=os.environ | {"HOME": str(home), "PYTHONPATH": str(CHECKOUT / "src")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text(json.dumps(SETTINGS))
    return tmp_path


def test_settings_of_the_user_change_nothing(home, tmp_path_factory):
    """All of them at once, against a user who has none; of either nothing is written."""
    empty = tmp_path_factory.mktemp("empty")
    plain = told(empty)
    assert plain["floatx"] == "float32" and plain["image_data_format"] == "channels_last" and plain["epsilon"] == 1e-7
    variables = {"KERAS_BACKEND": "torch", "KERAS_HOME": str(home / ".keras"), "TF_USE_LEGACY_KERAS": "1"}
    assert told(home, **variables) == plain
    assert list(empty.iterdir()) == []
    assert json.loads((home / ".keras/keras.json").read_text()) == SETTINGS
