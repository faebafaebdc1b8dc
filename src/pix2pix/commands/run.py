"""`pix2pix run`: the whole pipeline in a copy of the code, with other parameters."""

import os
import shlex
from argparse import Namespace
from pathlib import Path
from typing import Any

from pix2pix import params
from pix2pix.base import framework
from pix2pix.base.errors import UsageError, one_line
from pix2pix.base.files import CHECKOUT
from pix2pix.params import Params, names, recipes
from pix2pix.params.file import parsed
from pix2pix.pipeline import workspace
from pix2pix.reports import results

# What follows the folder are parameters.
_BEFORE = ("--defaults", "--recipe", "--share-cache")


def run(options: Namespace) -> None:
    """Check the parameters, make the copy, run the pipeline there, and print the scores.

    Raises:
        UserError: the parameters are impossible, the folder is in use or holds something else, or a stage failed.
    """
    given = (word.partition("=")[0] for word in options.parameters)
    if late := next((name for name in given if name in _BEFORE), None):
        raise UsageError(f"{late}: has to stand before the folder, {one_line(options.folder)}")
    base = _base(options)
    name, sign, value = str(options.folder).partition("=")
    if sign and workspace.is_parameter(name, base):
        way = f"--{name} {value}, after the folder"
        raise UsageError(f"{one_line(options.folder)}: no folder; write a parameter as {way}")
    params.check(base)
    content = workspace.overridden(base, workspace.overrides(options.parameters, base))
    chosen = params.check(content, "parameters")
    folder = options.folder.resolve()
    with workspace.hold(folder):
        workspace.make(folder, content, options.share_cache)
        workspace.repro(folder, shlex.join(["pix2pix", *options.words]))
        scores = workspace.report(folder, chosen)
        if outer := os.environ.get("MLFLOW_RUN_ID"):
            _send(outer, scores, folder, names.experiment(chosen))


def _base(options: Namespace) -> Any:
    """Return the content of the parameters file with which the command line starts."""
    if options.recipe:
        return parsed(recipes.text(options.recipe), f"the recipe {options.recipe}")
    return Params().model_dump() if options.defaults else params.read(CHECKOUT / "params.yaml")


def _send(run: str, scores: results.Figures, folder: Path, experiment: str) -> None:
    """Give the scores to the run that `mlflow run` has opened."""
    framework.import_tensorflow()
    from pix2pix.tracking.results import summarise  # MLflow takes seconds to import

    about: results.Made = results.read_json(folder / "models/generator/about.json", "train", results.ABOUT)
    summarise(run, scores, about.fingerprint, experiment)
