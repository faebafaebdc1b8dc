"""Two processes on loopback train one run: killed, asked to stop, hanging. One process ends it, with equal bytes."""

import json
import os
import shutil
import signal
import socket
from pathlib import Path

import pytest
from forked import Forks
from test_killed_systems import TRAINEE, Training, environment, started

from pix2pix.base.errors import PeerLostError

pytestmark = pytest.mark.slow

LOST = PeerLostError.exit_status
# Five batches in steps of two: in the last step of an epoch the second process has nothing to do.
SHARED = {"data.sample_train": 5, "train.batch_size": 1, "train.replicas": 2}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Pair:
    """A folder in which the chief trains, and one for the worker, with the chief's data and checkpoints."""

    def __init__(self, chief: Path) -> None:
        self._folders = chief, chief.with_name(f"{chief.name}-worker")
        self._folders[1].mkdir()
        shutil.copy(chief / "params.yaml", self._folders[1])
        (chief / "checkpoints").mkdir()
        for name in ("data", "checkpoints"):
            (self._folders[1] / name).symlink_to(chief / name)

    def run(self, *kills: tuple[object, ...], patience: float = 300, end: bool = False) -> list[tuple[int, str, str]]:
        """Start both, each to its point of `victim.arm`; give the status, stdout and stderr of each.

        With `end` the worker is killed when the chief has ended.
        """
        ports = [free_port(), free_port()]
        workers = [f"127.0.0.1:{port}" for port in ports]
        forks = [Forks(folder, environment()) for folder in self._folders]
        numbers = []
        for index, (each, kill) in enumerate(zip(forks, kills, strict=True)):
            config = json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}})
            settings = {"TF_CONFIG": config, "PIX2PIX_PATIENCE_S": str(patience)}
            numbers.append(each.start(str(TRAINEE), "params.yaml", *map(str, kill), **settings))
        ended = [forks[0].ended()]
        if end:
            os.kill(numbers[1], signal.SIGKILL)
        return [*ended, forks[1].ended()]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Training:
    """The run of one process that nobody stops."""
    training = started(tmp_path_factory.mktemp("one") / "straight", "dcgan", **SHARED)
    assert training.run() == (0, 0)
    return training


def test_two_processes_end_with_the_bytes_of_one_whatever_happens_to_them(straight: Training, tmp_path: Path) -> None:
    shared = started(tmp_path / "shared", "dcgan", **SHARED)
    shutil.copytree(straight.folder / "data", shared.folder / "data")
    pair = Pair(shared.folder)
    chief, worker = pair.run((), ("step", 3))
    assert (chief[0], worker[0]) == (LOST, -signal.SIGKILL), chief
    assert "another process of this training is lost" in chief[2] and "step 0 of 9" in chief[1]
    chief, worker = pair.run(("step", 2), ())
    assert (chief[0], worker[0]) == (-signal.SIGKILL, LOST), worker
    assert "step 2 of 9" in worker[1]
    chief, worker = pair.run((), ("ask", 2))
    assert (chief[0], worker[0]) == (128 + signal.SIGTERM,) * 2, chief
    for each in (chief, worker):
        assert "stopped by SIGTERM at step 5 of 9" in each[2]
    chief, worker = pair.run((), ("hang", 2), patience=40, end=True)
    assert (chief[0], worker[0]) == (LOST, -signal.SIGKILL), chief
    assert "waited 40 s" in chief[2]
    assert shared.run() == (0, 6)  # one process
    assert shared.results() == straight.results()
    assert "exact=false" not in Path(f"{shared.folder}.err").read_text()


def test_two_processes_write_what_one_writes(straight: Training, tmp_path: Path) -> None:
    shared = started(tmp_path / "shared", "dcgan", **SHARED)
    shutil.copytree(straight.folder / "data", shared.folder / "data")
    chief, worker = Pair(shared.folder).run((), ())
    assert (chief[0], worker[0]) == (0, 0), (chief, worker)
    assert shared.results() == straight.results()
    assert not (shared.folder.with_name("shared-worker") / "models").exists()
