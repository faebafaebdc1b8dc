"""Each system ends with the same bytes, however often its training is killed.

The trainings are processes of their own, killed by SIGKILL. They have the fewest pictures and filters, and no MLflow;
`test_crash.py` kills the stages themselves. With `--full` there are more steps and more kills.
"""

import json
import os
import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from forked import Forks
from victim import AT_THE_END, DURING

from pix2pix.base.files import sha256
from pix2pix.params import recipes
from pix2pix.params.file import parsed

pytestmark = pytest.mark.slow

TRAINEE = Path(__file__).resolve().with_name("trainee.py")
# Four pictures in batches of two, three epochs; a checkpoint after every step, by the clock.
SMALL = {
    "data.image_size": 32,
    "data.sample_train": 4,
    "data.sample_val": 2,
    "data.sample_test": 2,
    "model.generator_filters": 2,
    "model.discriminator_filters": 2,
    "model.ema": 0.5,
    "model.discriminator_dropout": 0.3,
    "train.epochs": 3,
    "train.decay_epochs": 0,
    "train.batch_size": 2,
    "train.buffer_size": 4,
    "train.log_every": 1,
    "train.checkpoint_minutes": 1e-6,
    "train.sample_pairs": 1,
    "train.validation_pairs": 2,
}
# What is different for each system: its recipe has values for large pictures.
SYSTEMS: dict[str, dict[str, Any]] = {
    "bridge": {"data.dataset": "sample", "model.generator_depth": 2, "model.steps": 2},
    "colourise": {
        "data.dataset": "sample",
        "model.generator_depth": 5,
        "model.receptive_field": 16,
        "model.colour_space": "lab",
    },
    # The pools are full after the first step, so pictures out of them are judged.
    "cyclegan": {
        "data.dataset": "sample",
        "model.generator": "resnet_6",
        "model.receptive_field": 16,
        "model.pool_size": 2,
    },
    "dcgan": {"model.noise_size": 4},
    "cgan": {"data.dataset": "sample", "data.sample_train": 4, "model.noise_size": 4, "model.critic_steps": 2},
    "pix2pixhd": {"data.dataset": "sample", "model.discriminator_layers": 2},
    "spade": {"data.dataset": "sample", "model.spade_features": 4, "model.discriminator_layers": 2},
    "oasis": {"data.dataset": "sample", "model.spade_features": 4, "model.noise_size": 4},
}
# The keys of SMALL that a system does not have, or refuses.
LACKS = {
    "bridge": {"model.discriminator_filters", "model.discriminator_dropout"},
    "oasis": {"model.discriminator_dropout"},
    # Feature matching compares maps of the same discriminator.
    "pix2pixhd": {"model.discriminator_dropout"},
    "spade": {"model.discriminator_dropout"},
}
# Who is killed when all is trained leaves nothing to train for the next two, so these make no graphs.
KILLS = [("step", 2), ("state", 2), ("model", 1), ("curves", 1)]
# There is no MLflow here, and no file that the stage itself writes.
ALL = [kill for kill in [*DURING, *AT_THE_END] if kill[0] not in ("clock", "start", "mlflow", "end")]
BEGAN = re.compile(r"(?:starting at step |resuming at step |is finished \()(\d+)")


@dataclass(frozen=True)
class Training:
    """A folder in which a system is trained."""

    folder: Path

    def run(self, *kill: Any) -> tuple[int, int]:
        """Train, to the end or to the kill; give the exit status, and the step at which it began."""
        with Forks(self.folder, environment()) as forks:
            forks.start(str(TRAINEE), "params.yaml", *map(str, kill))
            status, out, err = forks.ended()
        assert "Traceback" not in err, err
        found = BEGAN.search(out)
        assert found, out + err
        return status, int(found[1])

    def results(self) -> dict[str, str]:
        """The SHA-256 of every file that the training wrote, and of networks, memory and optimisers at its end."""
        newest = max(self.folder.glob("checkpoints/*/step-*"))
        paths = [*newest.glob("state*"), *(self.folder / "models").rglob("*"), *(self.folder / "reports").rglob("*")]
        return {path.relative_to(self.folder).as_posix(): sha256(path) for path in paths if path.is_file()}


def environment() -> dict[str, str]:
    """The environment without what a pipeline puts there."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PIX2PIX_", "DVC_"))}


def started(folder: Path, system: str, **more: Any) -> Training:
    """A folder with the parameters of a system."""
    content = parsed(recipes.text(system), system)
    values = {path: value for path, value in SMALL.items() if path not in LACKS.get(system, ())}
    for path, value in (values | SYSTEMS[system] | more).items():
        section, _, key = path.rpartition(".")
        content[section][key] = value
    folder.mkdir()
    (folder / "params.yaml").write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    return Training(folder)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_killed_anywhere_ends_with_the_same_bytes(
    system: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    full = request.config.getoption("--full")
    more, kills = ({"train.epochs": 24}, ALL) if full else ({}, KILLS)
    straight, killed = (started(tmp_path / name, system, **more) for name in ("straight", "killed"))
    assert straight.run() == (0, 0)
    shutil.copytree(straight.folder / "data", killed.folder / "data")
    sessions = [killed.run(*kill) for kill in kills]
    assert {status for status, _ in sessions} == {-signal.SIGKILL}, list(zip(kills, sessions, strict=True))
    sessions.append(killed.run())
    began = [step for _, step in sessions]
    print(f"\n{len(kills)} kills of {system}; sessions began at steps {began}")
    assert sessions[-1][0] == 0 and began == sorted(began) and began[1] > 0
    assert killed.results() == straight.results()
