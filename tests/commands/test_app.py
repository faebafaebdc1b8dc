"""The command as a person runs it: from a terminal, until Ctrl-C. The page itself, app/test_page.py tries."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests
from conftest import CHECKOUT


@contextmanager
def running(*words, home):
    """The command in a process of its own, ended at the end."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "PIX2PIX_HOME": str(home), "TMPDIR": str(home)}
    # A proxy that leads nowhere: what would leave the machine fails.
    environment |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    environment.pop("NO_PROXY", None)
    environment.pop("no_proxy", None)
    command = [sys.executable, "-m", "pix2pix", "app", *map(str, words)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_says_its_address_when_it_is_ready_and_ends_with_a_line(tiny_model, tmp_path, port, number):
    with running("--model", tiny_model, "--port", port, home=tmp_path) as process:
        said = process.stdout.readline()
        assert said == f"http://127.0.0.1:{port}   Ctrl-C ends it\n", process.stderr.read()
        assert "<title>pix2pix</title>" in requests.get(f"http://127.0.0.1:{port}", timeout=60).text
        listening = subprocess.run(["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True).stdout
        assert f"0100007F:{port:04X} 00000000:0000 0A" in listening, "this machine alone"
        assert f"00000000:{port:04X}" not in listening
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, "")
    assert (
        err
        == f"model {tiny_model}, fingerprint 0123456789abcdef\nstopped by {number.name}; every written file is whole\n"
    )
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_a_port_that_is_taken_is_a_line_at_once(command, tiny_model):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, out, err = command("app", "--model", tiny_model, "--port", port)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: 127.0.0.1:{port}: ") and err.endswith("choose another --port\n")
    assert "(Address already in use)" in err and err.count("\n") == 1


@pytest.mark.slow
def test_without_a_model_it_says_what_makes_one(command, port, monkeypatch, tmp_path):
    monkeypatch.setattr("pix2pix.commands.model.OWN", tmp_path / "models/generator")
    status, out, err = command("app", "--port", port)
    assert (status, out) == (1, "")
    assert err.startswith("error: ") and "there is no model yet; `dvc repro` makes it" in err
