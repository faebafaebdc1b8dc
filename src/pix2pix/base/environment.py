"""The variables of the environment that decide numbers. `import pix2pix` sets them, before any library reads them."""

import os


def settle() -> None:
    """Set what this project computes with, whatever the user's own settings of Keras are.

    Keras reads its backend, its type of numbers, its epsilon and its order of axes from `keras.json` in the folder
    `KERAS_HOME`. They decide dropout masks and shapes. A device is no folder, so Keras finds no file there, writes
    none, and keeps its defaults: float32, 1e-7, channels last.

    By default TensorFlow uses oneDNN's kernels only on processors with AVX-512. They are faster on others too: with
    AVX2 and two cores a step takes 0.9 of the time, the segmenter 0.7, and MS-SSIM a tenth. So they are always on here,
    unless the environment has `TF_ENABLE_ONEDNN_OPTS=0`.
    """
    os.environ["KERAS_HOME"] = os.devnull
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name in ("KERAS_NNX_ENABLED", "TF_USE_LEGACY_KERAS"):
        os.environ.pop(name, None)
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
