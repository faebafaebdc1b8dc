"""What a program does before its imports: signals, letters, and a home."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import CHECKOUT

BEGIN = "from pix2pix.base import program\nprogram.begin()\n"
ALL = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
WRONG = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def python(script, *words, **environment):
    """Run a script, which gets no variable of these tests that decides its letters."""
    around = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))}
    around |= {"PYTHONPATH": str(CHECKOUT / "src")} | environment
    return subprocess.run([sys.executable, script, *words], env=around, capture_output=True, check=False, timeout=60)


@pytest.fixture
def script(tmp_path):
    def write(code):
        (tmp_path / "script.py").write_text(code, encoding="utf-8")
        return tmp_path / "script.py"

    return write


@pytest.mark.parametrize("number", ALL)
@pytest.mark.parametrize("moment", ["at once", "in an import", "at the end"])
def test_a_signal_outside_the_work_is_a_line_and_a_shells_status(script, number, moment):
    sent = f"import os; os.kill(os.getpid(), {int(number)})\n"
    (script("").parent / "slow.py").write_text(sent + "print('went on')\n")
    code = {
        "at once": BEGIN + sent + "print('went on')\n",
        "in an import": BEGIN + "try:\n    import slow\nexcept BaseException:\n    pass\n",
        "at the end": BEGIN
        + "import atexit, os\nfrom pix2pix.pipeline import stage\n"
        + f"atexit.register(os.kill, os.getpid(), {int(number)})\nstage.run(lambda _: None, None)\n",
    }
    done = python(script(code[moment]))
    assert done.returncode == 128 + number
    assert done.stderr.decode() == f"stopped by {number.name}; every written file is whole\n"
    assert done.stdout == b""


def test_the_line_is_seen_while_chatter_is_held_back(script):
    held = "from pix2pix.base.framework import chatter_held_back\nimport os, signal\n"
    done = python(script(BEGIN + held + "with chatter_held_back(): os.kill(os.getpid(), signal.SIGTERM)\n"))
    assert (done.returncode, done.stderr) == (143, b"stopped by SIGTERM; every written file is whole\n")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PYTHONIOENCODING": "ascii"}, rb"\u03bb = \xe7"),
        ({"PYTHONIOENCODING": "iso-8859-1"}, b"\\u03bb = \xe7"),
        ({"PYTHONIOENCODING": "utf-8"}, "λ = ç".encode()),
        (WRONG, rb"\u03bb = \xe7"),
    ],
)
def test_every_encoding_survives_every_letter(script, environment, said):
    code = "import sys\nprint('λ = ç')\nprint('λ = ç', file=sys.stderr)\n"
    done = python(script(BEGIN + code), **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, said + b"\n", said + b"\n")


def test_file_names_and_arguments_are_the_same_in_every_locale(script):
    code = "import sys\nfrom pathlib import Path\nPath(__file__).with_name(sys.argv[1]).write_text('λ')\n"
    path = script(BEGIN + code)
    assert python(path, "façade-λ", **WRONG).returncode == 0
    assert path.with_name("façade-λ").read_bytes() == "λ".encode()


def test_a_user_without_a_home_is_told(script, tmp_path):
    nobody = "import pwd, sys\ndef absent(_): raise KeyError\npwd.getpwuid = absent\n"
    path = script(nobody + BEGIN + "print('went on')\n")
    done = subprocess.run(
        [sys.executable, path], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(CHECKOUT / "src"), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: user {os.getuid()} has no home folder: set HOME to a folder that can be written, as HOME=/tmp\n"
    )


def test_an_error_in_an_import_is_a_line_and_a_bug_is_a_traceback(script):
    done = python(script(BEGIN + "from pix2pix.base.errors import UserError\nraise UserError('first\\nsecond')\n"))
    assert (done.returncode, done.stderr) == (1, b"error: first\nerror: second\n")
    done = python(script(BEGIN + "1 // 0\n"))
    assert done.returncode == 1 and b"ZeroDivisionError" in done.stderr


def test_too_little_address_space_is_told_before_tensorflow(script):
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, -1))\n"
    code = limit + "from pix2pix.base import framework\nframework.import_tensorflow()\n"
    done = python(script(BEGIN + code))
    assert (done.returncode, done.stderr) == (
        1,
        b"error: this process may have 2.0 GB of address space, and TensorFlow needs more than 4.3: raise the limit "
        b"with `ulimit -v`\n",
    )
