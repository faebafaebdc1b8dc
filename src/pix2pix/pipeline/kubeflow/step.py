"""A stage as a step in a cluster: it runs in a container, in a copy of the image's code."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pix2pix.base import program
from pix2pix.base.errors import StoppedError, UserError, give_up, giving_up
from pix2pix.base.files import read_json, remove
from pix2pix.pipeline import child, stopping, workspace
from pix2pix.pipeline.kubeflow import graph, image, parameters

# An object store keeps files, and no empty folders.
_EMPTY = ".empty-folder"


class Artifact(Protocol):
    """What Kubeflow hands to a component for an input or an output."""

    @property
    def path(self) -> str:
        """The file or folder in this container."""


def run(stage: str, given: str, inputs: Mapping[str, Artifact], outputs: Mapping[str, Artifact], code: str) -> None:
    """Run a stage as DVC would, and take its outputs to where Kubeflow wants them.

    An error ends the process with the stage's own message and exit status.

    Args:
        stage: the stage's name.
        given: the values of the parameters that decide its result, as `parameters.text` returns them.
        inputs: the artifacts of other stages, by the paths that they have in a checkout.
        outputs: the artifacts to write, by their paths in a checkout.
        code: the `image.code_digest` of the code that the pipeline was compiled from.
    """
    program.end_at_once()
    try:
        with giving_up(), stopping.raised_signals(), tempfile.TemporaryDirectory(prefix="pix2pix-") as name:
            expect_code(code)
            folder = Path(name)
            content = parameters.whole(given)
            workspace.make(folder, content, share_cache=False)
            for path, each in inputs.items():
                _lay(Path(each.path), folder / path)
            execute(graph.stages(content)[stage], folder, {})
            for path, each in outputs.items():
                _take(folder / path, each)
    except stopping.Stopped as stopped:
        give_up(StoppedError(f"stopped by {stopped.signal.name}; nothing is lost but this step", stopped.signal))


def expect_code(code: str) -> None:
    """Check that the image holds the code that the pipeline was compiled from.

    Raises:
        UserError: its `image.code_digest` is another one.
    """
    if image.code_digest() != code:
        raise UserError(
            "the image holds other code than the pipeline was compiled from, so its cache would mix both; build the "
            "image anew, or compile the pipeline with `pix2pix kubeflow` in the checkout of the image"
        )


def execute(stage: graph.Stage, folder: Path, more: Mapping[str, str]) -> None:
    """Run a stage's command in a folder. A stage that fails has printed its own message, and its exit status is ours.

    Args:
        stage: the stage.
        folder: a copy of the code, in which the stage's inputs lie.
        more: variables to add to the environment.
    """
    around = workspace.environment(PIX2PIX_COMMAND=f"pix2pix kubeflow, step {stage.name}", **more)
    if "PIX2PIX_HOME" not in os.environ:
        print("PIX2PIX_HOME is not set: checkpoints and logs end with this container", flush=True)
        around["PIX2PIX_HOME"] = str(folder)
    if status := child.status(shlex.split(stage.command), folder, around, again=stage.command):
        sys.exit(status)


def _lay(source: Path, target: Path) -> None:
    """Put an input to its place in the folder: a link, because a data set may be large."""
    if source.is_dir():
        (source / _EMPTY).unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source.absolute())


def _take(made: Path, artifact: Artifact) -> None:
    """Move an output to the place of its artifact; the numbers of a metrics file become metrics of Kubeflow's, too."""
    if not made.exists():
        raise UserError(f"{made.name}: the stage has not made it, though dvc.yaml says so")
    if made.is_dir() and not any(made.iterdir()):
        (made / _EMPTY).touch()
    if log := getattr(artifact, "log_metric", None):
        for key, value in read_json(made).items():
            log(key, value)
    target = Path(artifact.path)
    remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, target)
