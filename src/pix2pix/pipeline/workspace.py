"""A workspace: a copy of the code in which the pipeline runs with other parameters. The checkout stays as it is.

The copy has outputs of its own; MLflow runs, checkpoints and logs go to the checkout's home.
"""

import copy
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pix2pix import params
from pix2pix.base.errors import ParamsError, UserError, number_of
from pix2pix.base.files import CHECKOUT, home, remove, whole, write_text
from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import ASKED, HELD_OUT, SEGMENTATION
from pix2pix.params.messages import nearest
from pix2pix.params.train import ADDRESSES
from pix2pix.pipeline import child
from pix2pix.reports import results

# `data/own` is a dependency of the download stage, whatever the data set, and `models/beside` one of the evaluation.
CODE = ("dvc.yaml", ".dvcignore", ".dvc/plots", "stages", "src", "data/own/README.md", "models/beside/README.md")
# The files by which a folder is known as a workspace, and as one in use.
_MARKER, _LOCK = ".pix2pix-workspace", ".lock"


class BusyError(UserError):
    """Another command is running in a folder."""


def overrides(words: list[str], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, by path, that words such as `--model.lambda_l1 10 --epochs 5` set.

    A name without a section is sought in `model` and `train` first, and then in the other sections.

    Args:
        words: the words of a command line.
        base: the content of the parameters file in which the values are set.

    Raises:
        ParamsError: the words are no pairs of a name and a value, or the file has no such parameter.
    """
    if len(words) % 2 or any(not word.startswith("--") for word in words[::2]):
        raise ParamsError(f"a parameter is given as --NAME VALUE; this is not: {' '.join(words)}")
    given = zip(words[::2], words[1::2], strict=True)
    paths = _paths(base)
    return {_path(name.removeprefix("--"), paths): _value(name, text) for name, text in given}


def is_parameter(name: str, base: Mapping[str, Any]) -> bool:
    """Return whether a file has a parameter of this name, given with its section or without."""
    return any(path == name or path.endswith(f".{name}") for path in _paths(base))


def assigned(words: Sequence[str], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, by path, that words such as `data.image_size=128 epochs=10` set; see `overrides`.

    Raises:
        ParamsError: a word has no `=`, or names no parameter of the file.
    """
    pairs = [word.partition("=") for word in words]
    if odd := [word for word, (_, sign, _) in zip(words, pairs, strict=True) if not sign]:
        raise ParamsError(f"a parameter is given as NAME=VALUE; this is not: {' '.join(odd)}")
    return overrides([part for name, _, value in pairs for part in (f"--{name}", value)], base)


def overridden(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a parameters file with some values changed."""
    content = copy.deepcopy(base)
    for path, value in changes.items():
        section, _, key = path.rpartition(".")
        (content[section] if section else content)[key] = value
    return content


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Make the folder, or use the folder of an earlier run, and keep other commands out of it within the block.

    Raises:
        BusyError: another command is using it.
        UserError: the folder contains something else.
    """
    _refuse_other(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(folder / _LOCK).acquire(blocking=False)
    except Timeout:
        raise BusyError(f"{folder}: another command is running there; wait until it has ended") from None
    with lock:
        write_text(folder / _MARKER, "A copy of the code that runs with other parameters; it may be deleted.\n")
        yield


def _refuse_other(folder: Path) -> None:
    """Raise `UserError` if a folder contains something, and is no workspace."""
    # Before the marker there is the lock, then the marker's temporary file: another command has just begun, or a kill
    # came.
    begun = (_LOCK, f".{_MARKER}.*.part")
    found = [path for path in folder.iterdir() if not any(map(path.match, begun))] if folder.exists() else []
    if found and not (folder / _MARKER).exists():
        raise UserError(f"{folder}: exists already, and is no copy of this project; name another folder")


def make(folder: Path, content: dict[str, Any], share_cache: bool) -> None:
    """Copy the code and write the parameters; outputs of earlier runs stay, so that DVC can reuse them.

    Values are written as they were read (30, not 30.0), because DVC's run cache tells these apart.

    Args:
        folder: the workspace.
        content: the parameters, by section.
        share_cache: whether to use the checkout's DVC cache instead of one in the workspace.
    """
    content = overridden(content, absolute(content))
    for name in CODE:
        source, target = CHECKOUT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        remove(target)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    with whole(folder / "params.yaml") as temporary:
        YAML(typ="safe", pure=True).dump(content, temporary)
    (folder / ".dvc").mkdir(exist_ok=True)
    settings = ["[core]", "no_scm = true", "analytics = false", "check_update = false"]
    if share_cache:
        settings += ["[cache]", f"dir = {CHECKOUT / '.dvc' / 'cache'}"]
    write_text(folder / ".dvc" / "config", "\n".join(settings) + "\n")


def absolute(content: dict[str, Any]) -> dict[str, str]:
    """Return the absolute paths, by key, of files that stay in the checkout: own pairs, other models and weights."""
    places = {}
    if content["data"]["dataset"] == "custom":
        places["data.path"] = content["data"]["path"]
    if content["evaluate"]["beside"] != params.Params().evaluate.beside:
        places["evaluate.beside"] = content["evaluate"]["beside"]
    for section, key in (("segmenter", "weights"), ("model", "vgg_weights"), ("evaluate", "inception_weights")):
        if (weights := content[section].get(key)) not in (None, "imagenet"):
            places[f"{section}.{key}"] = weights
    start = content["train"]["start_from"]
    if start is not None and not start.startswith(ADDRESSES):
        places["train.start_from"] = start
    return {key: str(CHECKOUT / place) for key, place in places.items()}


def repro(folder: Path, command: str, *stages: str) -> None:
    """Run `dvc repro` in the workspace, with the checkout as home.

    Args:
        folder: the workspace.
        command: the command line that asks for this; the run's record names it.
        stages: the last stages to run; without any, all run.

    Raises:
        UserError: a stage failed; it has printed its own message.
        StoppedError: a signal asked this process to stop.
    """
    around = environment(PIX2PIX_CHECKOUT=str(CHECKOUT), PIX2PIX_COMMAND=command)
    words = ["dvc", "repro", *stages]
    status = child.status([sys.executable, "-m", *words], folder, around, again=command)
    if status:
        raise UserError(f"`{' '.join(words)}` in {folder} ended with status {status}; see its message above")


def environment(**more: str) -> dict[str, str]:
    """Return the environment for DVC in another folder: the checkout's home and tools, and `more` variables."""
    environment = os.environ | more | {"PIX2PIX_HOME": str(home()), "PYTHONUNBUFFERED": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    for name in ("PYTHONPATH", "DVC_ROOT"):
        environment.pop(name, None)
    uri = environment.get("MLFLOW_TRACKING_URI", "")
    if uri.startswith("sqlite:///") and not uri.startswith("sqlite:////"):
        # `mlflow run` names a store by a path relative to the checkout.
        environment["MLFLOW_TRACKING_URI"] = f"sqlite:///{CHECKOUT / uri.removeprefix('sqlite:///')}"
    return environment


def report(folder: Path, chosen: params.Params) -> results.Figures:
    """Print the scores, and where the report, the runs and the curves are; return the scores."""
    classes = chosen.data.palette != "none" and chosen.data.has_pairs
    group = measures.ranking(sampled=not chosen.data.has_input, paired=chosen.data.has_pairs)
    scores = results.scores(folder / "metrics/evaluate.json", classes, group, bool(chosen.data.class_names))
    floor = results.floor(folder / "metrics/segmenter.json", classes)
    print(f"\nScores on {chosen.data.evaluation_split}, {number_of(int(scores['pairs']), chosen.data.example)}")
    shown = measures.headlines()
    ranks = [each for each in shown if each.group is group] or measures.of(group)
    print(f"  {'   '.join(f'{each.title} {each.show(scores[each.key])}' for each in ranks)}")
    for each in measures.of(ASKED) if chosen.data.class_names else ():
        print(f"  {each.title} {each.show(scores[each.key])}, real pictures {each.show(scores[each.figure(HELD_OUT)])}")
    if classes:
        print(f"  {'':20}{'generated':>11}{'segmenter on real pictures':>27}{'commonest class':>18}")
        for each in (each for each in shown if each.group is SEGMENTATION):
            row = (scores[each.figure()], scores[each.figure("real")], floor[each.figure("constant")])
            print(f"  {each.title:20}{row[0]:>11.3f}{row[1]:>27.3f}{row[2]:>18.3f}")
    if chosen.data.dataset in params.DRAWN:
        print("  These are drawn pictures: a check that everything works, not a result.")
    print(f"Report   {folder / 'reports/index.html'}")
    print(f"Runs     mlflow ui, in {home()}")
    print(f"Curves   tensorboard --logdir {home() / 'logs'}")
    return scores


def _paths(content: Mapping[str, Any]) -> list[str]:
    """Return the paths of all values in a parameters file."""
    return [
        path
        for section, value in content.items()
        for path in ([f"{section}.{key}" for key in value] if isinstance(value, Mapping) else [section])
    ]


def _path(name: str, paths: Sequence[str]) -> str:
    """Return the path that a name on the command line stands for."""
    if name in paths:
        return name
    found = [path for path in paths if path.endswith(f".{name}")]
    found = [path for path in found if path in (f"model.{name}", f"train.{name}")] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise ParamsError(f"{name}: several sections have this key; give the whole path: {' or '.join(found)}")
    near = nearest(name, paths)
    advice = f"did you mean {near}?" if near else "params.yaml has all names, such as train.epochs"
    raise ParamsError(f"{name}: unknown parameter; {advice}")


def _value(name: str, text: str) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        raise ParamsError(f"{name.removeprefix('--')} = {text!r}: not a YAML value") from None
