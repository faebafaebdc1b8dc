"""A command and its parent, each in a process of its own, and the signals between them."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import CHECKOUT

from pix2pix.pipeline import child

# A command that takes a while to save when it is asked to stop.
SAVING = """
import signal, sys, time
def save(number, _):
    time.sleep(1)
    print("saved", flush=True)
    sys.exit(7)
signal.signal(signal.SIGINT, save)
signal.signal(signal.SIGTERM, save)
print("up", flush=True)
time.sleep(60)
"""
PARENT = """
import os, signal, sys
from pathlib import Path
from pix2pix.base.errors import UserError, give_up
from pix2pix.pipeline import child, stopping
signal.signal(signal.SIGINT, signal.default_int_handler)
stopping.raise_signals()
try:
    child.status([sys.executable, "-c", sys.argv[1]], Path(), os.environ, "pix2pix run x")
except UserError as error:
    give_up(error)
"""


def test_it_gives_the_status_and_runs_where_and_as_it_is_told(tmp_path):
    script = "import os, sys; open('seen', 'w').write(os.environ['GIVEN']); sys.exit(5)"
    assert child.status([sys.executable, "-c", script], tmp_path, {"GIVEN": "x"}, "again") == 5
    assert (tmp_path / "seen").read_text() == "x"


@pytest.mark.parametrize(
    ("number", "send"), [(signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)], ids=["Ctrl-C", "terminated"]
)
def test_a_signal_stops_both_and_the_command_has_time_to_save(number, send):
    """Ctrl-C reaches the whole group of a terminal, other signals the parent alone."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, SAVING],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == "up\n"
    send(process.pid, number)
    said = process.communicate(timeout=30)
    assert said == ("saved\n", f"stopped by {number.name}; `pix2pix run x` resumes it\n")
    assert process.returncode == 128 + number
