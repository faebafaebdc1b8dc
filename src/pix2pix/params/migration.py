"""An older params.yaml, whose section `train` has what `model` has now, turned into a new one."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pix2pix.base.errors import ParamsError
from pix2pix.params.file import DEFAULTS, edited, parsed
from pix2pix.params.messages import listed
from pix2pix.params.renamed import MOVED, old_keys
from pix2pix.params.sections import Params, check

NAME = "params.yaml"
_SCHEDULE = "learning_rate_schedule"
# The keys that an old file does not have, and the key that each follows in a new file.
_NEW = {
    "model.system": "",
    "train.decay_epochs": "epochs",
    "train.start_from": "decay_epochs",
    "segmenter.log_every": "learning_rate",
    "segmenter.checkpoint_minutes": "log_every",
}
KEY = re.compile(r"( *)(\w+) *:(?:\s|$)")
# A text by key: the lines of a key, with the comments above it. What stands before the first key is that of "".
_Chunks = dict[str, list[str]]


def migrated(text: str) -> tuple[str, list[str]]:
    """An old `params.yaml` as a new one.

    Args:
        text: of the old file.

    Returns:
        The text of the new file, and what was changed, a line a change. Comments go with their keys where every key
        has a line of its own. A file that has the new form already comes back as it is, with no line.

    Raises:
        ParamsError: the text is not YAML, or its values are impossible: one line for each problem, with the path that
            the key has in the new file.
    """
    old = parsed(text, NAME)
    if not isinstance(old, dict) or not (paths := old_keys(old)):
        check(old, NAME)
        return text, []
    new, told = _renewed(old, paths)
    check(new, NAME)
    with suppress(ParamsError):
        result = _rearranged(text, new)
        if parsed(result, NAME) == new:
            return result, told
    return edited(new), [*told, "comments are left out, because some keys share a line"]


def _renewed(old: Mapping[str, Any], paths: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The new content, and what is told of it."""
    new = {name: dict(value) if isinstance(value, dict) else value for name, value in old.items()}
    new["model"] = {}
    told = [f"{path} is {MOVED[path]} now" for path in paths]
    for path in paths:
        new["model"][_key(path)] = new["train"].pop(_key(path))
    if _SCHEDULE in new["train"]:
        told.append(_reschedule(new["train"]))
    defaults = Params().flat()
    for path in _NEW:
        section = new.get(_section(path))
        if isinstance(section, dict):
            section.setdefault(_key(path), defaults[path])
    return new, [*told, f"new keys, at their defaults: {listed(path for path in _NEW if path != 'train.decay_epochs')}"]


def _reschedule(train: dict[str, Any]) -> str:
    """Replace the schedule by `decay_epochs`, which has the same learning rate in every epoch; in words."""
    schedule, epochs = train.pop(_SCHEDULE), train.get("epochs")
    train["decay_epochs"] = 0
    if schedule == "linear_decay" and type(epochs) is int:
        train |= {"epochs": epochs - epochs // 2, "decay_epochs": epochs // 2}
    elif schedule not in ("constant", "linear_decay"):
        raise ParamsError(f"{NAME}: train.{_SCHEDULE} = {schedule!r}: must be constant or linear_decay")
    now = f"train.epochs: {train.get('epochs')}, train.decay_epochs: {train['decay_epochs']}"
    return f"train.{_SCHEDULE}: {schedule} and train.epochs: {epochs} are {now} now"


def _rearranged(text: str, new: Mapping[str, Any]) -> str:
    """The lines of the old text where the new file has them, with lines for the new keys."""
    old = {name: _opened(lines) for name, lines in _chunks(_lines(text), "").items()}
    sections = {}
    for name, (head, body) in old.items():
        if name == "train":
            moved = {key: body.pop(key) for key in new["model"] if key in body}
            sections["model"] = ["\n", "model:\n"], {"": [], **moved}
            body.pop(_SCHEDULE, None)
        sections[name] = head, body
    for path, before in _NEW.items():
        if _section(path) in sections:
            head, body = sections[_section(path)]
            sections[_section(path)] = head, _inserted(body, path, before)
    _, train = sections.get("train", ([], {}))
    for key in {"epochs", "decay_epochs"} & train.keys():
        train[key] = _numbered(train[key], key, new["train"][key])
    return "".join(line for head, body in sections.values() for lines in (head, *body.values()) for line in lines)


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.splitlines()]


def _chunks(lines: list[str], indent: str) -> _Chunks:
    """Lines by the keys that have that indentation."""
    chunks: _Chunks = {"": []}
    name = ""
    waiting: list[str] = []
    for line in lines:
        found = KEY.match(line)
        if found and found[1] == indent:
            name = found[2]
            chunks[name], waiting = [*waiting, line], []
        elif not line.strip() or line.startswith(f"{indent}#"):
            waiting.append(line)  # of this key or of the next one: the line after it tells
        else:
            chunks[name] += [*waiting, line]
            waiting = []
    chunks[name] += waiting
    return chunks


def _opened(section: list[str]) -> tuple[list[str], _Chunks]:
    """A section's lines up to its name, and the lines of its keys."""
    names = [number for number, line in enumerate(section) if KEY.match(line)]
    if not names:
        return section, {}
    head, body = section[: names[0] + 1], section[names[0] + 1 :]
    return head, _chunks(body, _indent(body))


def _indent(body: list[str]) -> str:
    """The indentation of a section's keys."""
    return next((found[1] for line in body if (found := KEY.match(line))), "  ")


def _inserted(body: _Chunks, path: str, before: str) -> _Chunks:
    """The body with a new key after another one, as the default parameters explain it."""
    if _key(path) in body:
        return body
    indent = _indent([line for lines in body.values() for line in lines])
    chunk = [f"{indent}{line.lstrip()}" for line in _explained(path)]
    place = list(body).index(before) + 1 if before in body else len(body)
    items = [*body.items()]
    return dict([*items[:place], (_key(path), chunk), *items[place:]])


def _explained(path: str) -> list[str]:
    """The lines of a key in the default parameters."""
    sections = _chunks(_lines(DEFAULTS.read_text(encoding="utf-8")), "")
    return _opened(sections[_section(path)])[1][_key(path)]


def _numbered(lines: list[str], key: str, number: Any) -> list[str]:
    """The lines of a key with another number as its value."""
    return [re.sub(rf"^( *{key} *: *)\d+", rf"\g<1>{number}", line) for line in lines]


def _section(path: str) -> str:
    return path.partition(".")[0]


def _key(path: str) -> str:
    return path.partition(".")[2]
