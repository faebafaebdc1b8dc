"""Trainings of a second: five pairs of 16x16, few weights, and the whole way from a job to its checkpoints."""

import json
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from keras import layers

from pix2pix.base.determinism import make_deterministic
from pix2pix.base.errors import StoppedError
from pix2pix.data.manifests import Manifest
from pix2pix.evaluation import likeness
from pix2pix.params import Params
from pix2pix.systems import job as jobs
from pix2pix.systems import paired, pix2pix
from pix2pix.training import run_folder
from pix2pix.training.ancestry import ancestors
from pix2pix.training.fingerprint import deciding, decisive
from pix2pix.training.followers import Followers
from pix2pix.training.job import Job, Setup
from pix2pix.training.looks import PairedLook, Watching
from pix2pix.training.loop import Trained
from pix2pix.training.start import Start
from pix2pix.training.system import System
from pix2pix.training.windows import Windows

SIZE = 16
# (label map, photo): input and target.
PAIRS = [tuple(np.random.default_rng(n).integers(0, 256, (2, SIZE, SIZE, 3), dtype=np.uint8)) for n in range(5)]
WATCHED = [tuple(np.random.default_rng(n).integers(0, 256, (2, SIZE, SIZE, 3), dtype=np.uint8)) for n in range(10, 13)]
# Three steps an epoch, the last of one pair; a row after two steps and after the epoch. The clock saves nothing.
FEW = {
    "epochs": 3,
    "batch_size": 2,
    "log_every": 2,
    "checkpoint_epochs": 2,
    "checkpoint_minutes": 1e6,
    "validation_pairs": 2,
    "sample_pairs": 2,
    "receptive_field": 16,
}
ALWAYS = {"checkpoint_minutes": 1e-9}  # a checkpoint after every step
Kind = Callable[[Params, int], System]


class Killed(Exception):  # noqa: N818
    """What a kill is to a test."""


def never() -> None:
    """Nobody asks to stop."""


def asks_at(step: int, number: signal.Signals = signal.SIGTERM) -> Callable[[], signal.Signals | None]:
    """Somebody who asks to stop from the `step`-th step of this start on; 0: before the first one."""
    steps = iter(range(1000))
    return lambda: number if next(steps) >= step else None


def kill_in(monkeypatch: pytest.MonkeyPatch, *steps: int) -> None:
    """Kill training once in the midst of each of these steps, from 1."""
    step, waiting = Windows.__call__, list(steps)

    def killed(windows: Windows, window: Any, number: int) -> Any:
        losses = step(windows, window, number)
        if waiting and number + 1 == waiting[0]:
            waiting.pop(0)
            raise Killed
        return losses

    monkeypatch.setattr(Windows, "__call__", killed)


def stopped_after_every_step(train: Callable[..., Trained], steps: int) -> Trained:
    """What `train(stop=…)` gives back when it has been stopped after each of its steps but the last."""
    for step in range(1, steps):
        with pytest.raises(StoppedError, match=f"at step {step} of {steps}"):
            train(stop=asks_at(1))
    return train(stop=asks_at(1))


# ---- systems ----


def real(params: Params, seed: int, size: int = SIZE) -> pix2pix.Pix2Pix:
    """pix2pix as it is, of few filters, with patches that fit into the pictures."""
    return pix2pix.Pix2Pix(params.model, params.train.precision, made_examples.task(size=size), seed)


def little(params: Params, seed: int, size: int = SIZE) -> pix2pix.Pix2Pix:
    """pix2pix of the smallest networks that have all that must be saved: moving averages, dropout, optimisers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pix2pix, "generator", _small_generator)
        patch.setattr(pix2pix, "discriminator", _small_discriminator)
        return real(params, seed, size)


def _small_generator(size: tuple[int, int], style: Any, *_: Any, **__: Any) -> keras.Model:
    picture = keras.Input((*size, 3), name="picture")
    x = style.norm("norm")(style.conv("only", 3, 1)(picture))
    x = layers.Dropout(0.5, name="dropout", seed=0)(x)
    return keras.Model(picture, layers.Activation("tanh", name="tanh")(x), name="generator")


def _small_discriminator(size: tuple[int, int], style: Any, *_: Any) -> keras.Model:
    both = [keras.Input((*size, 3), name=name) for name in ("input", "target")]
    x = style.norm("norm")(style.conv("only", 1, 2)(layers.Concatenate(name="both")(both)))
    return keras.Model(both, x, name="discriminator")


# ---- jobs ----


def job(
    seed: int = 3,
    pairs: Sequence[Any] = PAIRS,
    watched: Sequence[Any] | None = WATCHED,
    kind: Kind = little,
    start_from: Start | None = None,
    **changes: Any,
) -> Job:
    """A training on pairs that lie in memory; `changes` are keys of `model` and `train`."""
    params = trained_with(**FEW | changes).model_copy(update={"seed": seed})
    looked_at = None if watched is None else made_examples.of(watched)
    examples = made_examples.of(pairs)
    decided = decisive(params, "records", "code")
    if start_from:
        decided["train.start_from"] = start_from.digest()
    plan = jobs._plan(params, len(pairs), likeness.WATCHED)

    def set_up() -> Setup:
        make_deterministic(seed)
        system = kind(params, seed)
        roles = {"train": examples} | ({} if looked_at is None else {"selection": looked_at})
        look = PairedLook(system.products["generator"], Watching.of(params.train, roles, likeness.WATCHED))
        return Setup(system, paired.Batches(params, examples), look)

    return Job(
        kind="training",
        source="stages/train.py",
        name="toy",
        parameters=deciding(params),
        decisive=decisive(params, "records", "code")
        | ({"train.start_from": start_from.digest()} if start_from else {}),
        seed=seed,
        plan=plan,
        set_up=set_up,
        data=("toy", Manifest.model_construct(dataset="toy", archive="0" * 64, roles={}), "0" * 64),
        reports=Path("reports/training"),
        models=Path("models"),
        about=lambda _, epoch, chosen: {"epoch": epoch, "selected_by": chosen},
        start=start_from,
    )


def start(folder: Path, *followers: Any, stop: Callable[[], Any] = never, **options: Any) -> Trained:
    """Train a `job` of these options, with the checkpoints in `folder`."""
    made = job(**options)
    return made.train(made.prepared(), folder, [], Followers(*followers), stop)


def start_among(home: Path, *followers: Any, stop: Callable[[], Any] = never, **options: Any) -> tuple[Trained, Path]:
    """The same in a folder of its fingerprint beside other runs, which are described there; gives that folder, too."""
    toy = job(**options)
    folder = home / toy.fingerprint
    folder.mkdir(parents=True, exist_ok=True)
    run_folder.describe(folder, dict(toy.decisive))
    return toy.train(toy.prepared(), folder, ancestors(folder, toy.decisive), Followers(*followers), stop), folder


@dataclass
class Run:
    """A run, and what it has told."""

    folder: Path
    trained: Trained | None = None
    losses: list[dict[str, float]] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    samples: dict[int, Any] = field(default_factory=dict)
    drawn: list[int] = field(default_factory=list)

    def metrics(self, values: dict[str, float], step: float) -> None:
        """See `training.followers.Follower`."""
        assert step == values.get("step", values["epoch"])
        (self.losses if "step" in values else self.validation).append(values)

    def sample(self, grid: Any, epoch: int) -> None:
        """See `training.followers.Follower`."""
        self.samples[epoch] = grid
        self.drawn.append(epoch)


class Teller:
    """A follower that calls a function with each row."""

    def __init__(self, metrics: Callable[[dict[str, float]], Any]) -> None:
        self._metrics = metrics

    def metrics(self, values: dict[str, float], step: float) -> None:  # noqa: ARG002
        """See `training.followers.Follower`."""
        self._metrics(values)

    def sample(self, grid: Any, epoch: int) -> None:
        """See `training.followers.Follower`."""


# ---- what a run leaves ----


def newest(folder: Path) -> Path:
    """The checkpoint of the highest step."""
    return max(folder.glob("step-*"), key=lambda path: int(path.name.split("-")[1]))


def steps_saved(folder: Path) -> list[int]:
    """The steps after which there is a checkpoint."""
    return sorted(int(path.name.split("-")[1]) for path in folder.glob("step-*"))


def state_of(folder: Path) -> dict[str, np.ndarray]:
    """Every tensor of the newest checkpoint: networks, moving averages, optimisers, memory."""
    reader = tf.train.load_checkpoint(str(newest(folder) / "state"))
    names = [name for name in reader.get_variable_to_shape_map() if name != "_CHECKPOINTABLE_OBJECT_GRAPH"]
    return {name: np.asarray(reader.get_tensor(name)) for name in names}


def told_by(folder: Path) -> dict[str, Any]:
    """What the newest checkpoint says of the run, less what is the session's: times, memory, the occasion."""
    record = json.loads((newest(folder) / "progress.json").read_text())
    samples = {path.name: path.read_bytes() for path in (newest(folder) / "samples").glob("*")}
    own = {"fingerprint", "seconds", "peak_memory_gb", "why", "saved"}
    return {name: value for name, value in record.items() if name not in own} | samples


def assert_same_run(first: Path, second: Path, trained: Trained, others: Trained) -> None:
    """Two runs, by their folders and what they gave back: all weights and moments, rows, pictures, products."""
    expected, found = state_of(first), state_of(second)
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name].tobytes() != found[name].tobytes()] == []
    assert told_by(first) == told_by(second)
    ours, theirs = trained.progress, others.progress
    assert (ours.losses, ours.validation) == (theirs.losses, theirs.validation)
    assert (ours.step, ours.images) == (theirs.step, theirs.images)
    assert list(ours.samples) == list(theirs.samples)
    for one, other in zip(ours.samples.values(), theirs.samples.values(), strict=True):
        np.testing.assert_array_equal(one, other)
    for products in ("selected", "last"):
        assert getattr(trained, products).keys() == getattr(others, products).keys()
        for name, model in getattr(trained, products).items():
            same_weights(model, getattr(others, products)[name])
    assert trained.epoch == others.epoch


def same_weights(first: keras.Model, second: keras.Model) -> None:
    """Two networks have the same weights."""
    for ours, theirs in zip(first.weights, second.weights, strict=True):
        # A dropout's seed state is set before each step; it is no part of what was learned.
        assert "seed_generator" in ours.path or np.array_equal(ours, theirs), ours.path


def sums_of_shared_terms(run: Callable[[], object]) -> list[str]:
    """The sums in the graphs of a function's first run whose last bits depend on what is computed first.

    TensorFlow's `AddN` starts with a term that nobody else needs any more. With more than two terms the order decides
    how the sum is rounded.
    """
    from tensorflow.python.eager import context

    with context.collect_graphs(optimized=True) as graphs:
        run()
    assert graphs, "the function has run before"
    return [name for graph in graphs for name in _sums_of_shared_terms(graph)]


def _sums_of_shared_terms(graph: tf.compat.v1.GraphDef) -> list[str]:
    zeros = _zeros(graph)
    terms = {
        node.name: [term for term in node.input if not term.startswith("^") and term not in zeros]
        for node in graph.node
    }
    readers = Counter(term for each in terms.values() for term in each)
    sums = [node.name for node in graph.node if node.op in ("AddN", "_MklAddN") and len(terms[node.name]) > 2]
    return [name for name in sums if max(readers[term] for term in terms[name]) > 1]


def _zeros(graph: tf.compat.v1.GraphDef) -> set[str]:
    """The constants that are 0 everywhere, such as the gradient of a bias through a slope: they round no sum."""
    constants = (node for node in graph.node if node.op == "Const")
    return {node.name for node in constants if not np.any(tf.make_ndarray(node.attr["value"].tensor))}
