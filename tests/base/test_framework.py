import os
import platform
import subprocess
import sys

import pytest
from conftest import CHECKOUT

CODE = """
import gc, sys
from pix2pix.base import framework
framework.import_tensorflow()
from tensorflow.python.framework import test_util
conveniences = ["matplotlib", "pandas", "scipy", "sklearn"]
print([name for name in conveniences if name in sys.modules])
print(test_util.IsMklEnabled(), gc.isenabled(), gc.get_freeze_count() > 100_000)
import matplotlib.pyplot, pandas, scipy.stats, sklearn.metrics
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="TensorFlow has a choice of kernels on x86 only")
@pytest.mark.parametrize(("asked", "used"), [(None, True), ("0", False)])
def test_one_dnn_is_used_unless_the_environment_says_otherwise_and_nothing_is_said(asked, used):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment |= {"PYTHONPATH": str(CHECKOUT / "src")} | ({"TF_ENABLE_ONEDNN_OPTS": asked} if asked else {})
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"[]\n{used} True True\n" and done.stderr == ""


def test_a_signal_while_tensorflow_loads_ends_the_process_with_one_line(tmp_path):
    """A stand-in for TensorFlow talks, and a signal comes; a handler that raises would be lost in its C++ code."""
    loading = "import os, signal\nos.write(2, b'chatter\\n')\nos.kill(os.getpid(), signal.SIGTERM)\n"
    (tmp_path / "tensorflow.py").write_text(loading, encoding="utf-8")
    code = (
        "from pix2pix.base import framework, program\nfrom pix2pix.pipeline import stopping\n"
        "program.begin()\nwith stopping.raised_signals(): framework.import_tensorflow()"
    )
    path = os.pathsep.join([str(tmp_path), str(CHECKOUT / "src")])
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (143, "stopped by SIGTERM; every written file is whole\n")
