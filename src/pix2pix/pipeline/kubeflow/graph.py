"""The stages of dvc.yaml: what each one takes from others, what it makes, and which parameters it names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pix2pix.base.errors import UserError
from pix2pix.base.files import CHECKOUT
from pix2pix.params.file import read
from pix2pix.pipeline.stage import OUTPUTS

_PARAMS_FILE = "params.yaml"


@dataclass(frozen=True)
class Stage:
    """A stage of dvc.yaml.

    Attributes:
        name: its name.
        purpose: its description, one line.
        command: its command line.
        params: the names under `params:`, sections or single keys of params.yaml.
        whole_params: whether the whole of params.yaml is a dependency.
        outputs: what it makes: paths below the checkout.
        metrics: the outputs that are metrics.
        inputs: the outputs of other stages that it depends on, with the stages that make them.
        noted: of the inputs, those of which it names a value under `params:`, and that are no file it depends on.
        sources: its other dependencies. No stage makes them, so they belong to the checkout.
    """

    name: str
    purpose: str
    command: str
    params: tuple[str, ...]
    whole_params: bool
    outputs: tuple[str, ...]
    metrics: frozenset[str]
    inputs: Mapping[str, str]
    noted: frozenset[str]
    sources: tuple[str, ...]


def stages(content: Mapping[str, Any]) -> dict[str, Stage]:
    """Return the stages of the checkout's dvc.yaml by name, every stage after those that it takes inputs from.

    Args:
        content: the content of params.yaml, whose values stand for `${…}` in dvc.yaml.

    Raises:
        UserError: dvc.yaml cannot be read, or a stage comes before one that it takes inputs from.
    """
    described = read(CHECKOUT / "dvc.yaml")["stages"]
    makers = {out: name for name, stage in described.items() for out in _listed(stage, *OUTPUTS)}
    found: dict[str, Stage] = {}
    for name, stage in described.items():
        found[name] = _stage(name, stage, makers, content)
        if early := set(found[name].inputs.values()) - found.keys():
            raise UserError(f"dvc.yaml: stage {name} stands before {min(early)}, whose outputs it reads; put it after")
    return found


def upstream(stage: Stage, known: Mapping[str, Stage]) -> set[str]:
    """Return the names of the stages whose files a stage depends on, directly or indirectly, and its own name."""
    makers = {maker for path, maker in stage.inputs.items() if path not in stage.noted}
    return {stage.name}.union(*(upstream(known[maker], known) for maker in makers))


def _stage(name: str, described: Mapping[str, Any], makers: Mapping[str, str], content: Mapping[str, Any]) -> Stage:
    named = described.get("params", [])
    files = {path for each in named if isinstance(each, dict) for path in each}
    deps = [_filled(dep, content) for dep in described.get("deps", [])]
    needed = {dep: [out for out in makers if _overlap(out, dep)] for dep in deps}
    read_whole = {out for outs in needed.values() for out in outs}
    return Stage(
        name=name,
        purpose=described.get("desc", ""),
        command=described["cmd"],
        params=tuple(each for each in named if isinstance(each, str)),
        whole_params=_PARAMS_FILE in deps,
        outputs=tuple(_listed(described, *OUTPUTS)),
        metrics=frozenset(_listed(described, "metrics")),
        inputs={out: maker for out, maker in makers.items() if out in read_whole | files},
        noted=frozenset(files - read_whole),
        sources=tuple(dep for dep, outs in needed.items() if not outs and dep != _PARAMS_FILE),
    )


def _listed(described: Mapping[str, Any], *keys: str) -> Iterator[str]:
    return (path for key in keys for path in described.get(key, []))


def _overlap(out: str, dep: str) -> bool:
    """Whether a dependency is an output, lies in it, or holds it."""
    made, read_ = PurePosixPath(out), PurePosixPath(dep)
    return made.is_relative_to(read_) or read_.is_relative_to(made)


def _filled(text: str, content: Mapping[str, Any]) -> str:
    """Return a dependency with the values of params.yaml in place of `${section.key}`."""

    def value(place: re.Match[str]) -> str:
        section, _, key = place[1].partition(".")
        return str(content[section][key])

    return re.sub(r"\$\{([^}]+)\}", value, text)
