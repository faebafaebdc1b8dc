"""The user's own settings of Keras and of kernels change nothing."""

import json
import os
import subprocess
import sys

from conftest import CHECKOUT

TOLD = """
import json, os
import pix2pix
import keras
print(json.dumps({
    "backend": keras.config.backend(), "floatx": keras.config.floatx(), "epsilon": keras.config.epsilon(),
    "kernels": os.environ["TF_ENABLE_ONEDNN_OPTS"], "mask": str(keras.random.uniform((2, 2), seed=3).numpy().dtype),
    "shape": keras.layers.Conv2D(4, 3)(keras.Input((8, 9, 1))).shape,
}))
"""
SETTINGS = {"floatx": "float16", "epsilon": 0.5, "image_data_format": "channels_first", "backend": "torch"}


def test_settings_of_the_user_change_nothing_and_nobody_writes_into_them(tmp_path):
    """All of them at once, from a file and from variables. What is expected are the defaults in Keras' manual."""
    settings = tmp_path / ".keras/keras.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps(SETTINGS))
    without = {name: value for name, value in os.environ.items() if not name.startswith(("KERAS_", "TF_ENABLE"))}
    variables = {"KERAS_BACKEND": "torch", "KERAS_HOME": str(settings.parent), "TF_USE_LEGACY_KERAS": "1"}
    around = without | variables | {"HOME": str(tmp_path), "PYTHONPATH": str(CHECKOUT / "src")}
    told = subprocess.run([sys.executable, "-c", TOLD], env=around, capture_output=True, text=True, check=True).stdout
    assert json.loads(told) == {
        "backend": "tensorflow",
        "floatx": "float32",
        "epsilon": 1e-7,
        "kernels": "1",
        "mask": "float32",
        "shape": [None, 6, 7, 4],
    }
    assert [path.name for path in settings.parent.iterdir()] == ["keras.json"]
    assert json.loads(settings.read_text()) == SETTINGS
