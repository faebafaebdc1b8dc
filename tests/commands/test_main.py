import os
import signal
import subprocess
import sys

import pytest
from conftest import CHECKOUT

from pix2pix.base.errors import DataError, of_system
from pix2pix.commands import info
from pix2pix.pipeline import stopping

LOST, FULL = FileNotFoundError(2, "No such file or directory", "a/b"), OSError(28, "No space left on device")
CUT = BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (DataError("first\nsecond"), 1, "error: first\nerror: second\n"),
        (LOST, 1, f"error: {of_system(LOST)}\n"),
        (FULL, 1, f"error: {of_system(FULL)}\n"),
        (CUT, 1, f"error: {of_system(CUT)}\n"),  # a connection's, not the output's
        (stopping.Stopped(signal.SIGTERM), 143, "stopped by SIGTERM; every written file is whole\n"),
    ],
)
def test_what_a_person_can_mend_is_a_line_and_a_status(command, monkeypatch, error, status, said):
    def fail(_):
        raise error

    monkeypatch.setattr(info, "run", fail)
    assert command("info") == (status, "", said)


def test_our_own_mistakes_keep_their_traceback(command, monkeypatch):
    monkeypatch.setattr(info, "run", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        command("info")


def test_output_that_nobody_reads_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    script = "from pix2pix.commands.main import main; main(['recipe', 'paper'])"
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
        env={"PYTHONPATH": str(CHECKOUT / "src")},
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
