"""A logged model behind MLflow's own server, in a process that knows this project only from the model."""

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import requests
from conftest import settings
from tiny import noise
from tracked import training_run

from pix2pix.models.translator import Translator
from pix2pix.tracking.store import tracking_uri

PATIENCE = 240


@pytest.fixture(scope="module")
def served(tmp_path_factory, tiny_model):
    """The address of a server that `mlflow models serve` has started."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIX2PIX_HOME", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with training_run(settings(), "1" * 16) as run:
            run.generator(tiny_model)
            address, store = f"runs:/{run.id}/generator", tracking_uri()
    with serving(address, store, home) as url:
        yield url


@contextmanager
def serving(address, store, cwd):
    """`mlflow models serve` for a while."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["models", "serve", "--model-uri", address, "--env-manager", "local", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"MLFLOW_TRACKING_URI": store, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    url = f"http://127.0.0.1:{port}"
    with (cwd / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "mlflow", *words]
        with subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=log, stderr=log, start_new_session=True
        ) as server:
            try:
                wait_for(url, server, cwd / "server.log")
                yield url
            finally:
                os.killpg(server.pid, 15)


def wait_for(url, server, log):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            if requests.get(f"{url}/ping", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def asked(url, pictures):
    return requests.post(f"{url}/invocations", json={"inputs": np.asarray(pictures).tolist()}, timeout=PATIENCE)


@pytest.mark.slow
def test_a_picture_comes_back_as_the_translator_makes_it(served, tiny_model):
    answer = asked(served, [noise()])
    assert answer.status_code == 200, answer.text[:300]
    np.testing.assert_array_equal(answer.json()["predictions"], Translator.load(tiny_model)(noise())[None])


@pytest.mark.slow
def test_eight_clients_at_once_get_their_own_answers(served, tiny_model):
    pictures = [[noise(seed=3 * number), noise(seed=3 * number + 1)] for number in range(8)]
    translate = Translator.load(tiny_model)
    with ThreadPoolExecutor(8) as clients:
        for answer, given in zip(clients.map(lambda each: asked(served, each), pictures), pictures, strict=True):
            expected = [translate(picture) for picture in given]
            np.testing.assert_array_equal(answer.json()["predictions"], expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    "given",
    ["picture", noise(20, 27)[None], noise(), noise()[None, ..., 0], noise()[None] * 1000.0],
)
def test_what_is_no_picture_is_refused(served, given):
    body = {"inputs": given if isinstance(given, str) else given.tolist()}
    answer = requests.post(f"{served}/invocations", json=body, timeout=PATIENCE)
    assert answer.status_code == 400, answer.text[:300]
