"""The migration of an older parameters file: it lacks newer keys, or has keys by other names or in other sections."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

from pix2pix.base.errors import ParamsError
from pix2pix.params import recipes
from pix2pix.params.file import DEFAULTS, edited, parsed
from pix2pix.params.messages import listed
from pix2pix.params.model import SYSTEMS
from pix2pix.params.renamed import MOVED, RENAMED, old_keys
from pix2pix.params.sections import check

_SCHEDULE = "learning_rate_schedule"
# The keys that an old file of pix2pix lacks, each with the key that comes before it in a new file.
_NEW = {
    "data.task": "dataset",
    "data.classes": "task",
    "data.attribute": "classes",
    "data.attribute_share": "attribute",
    "data.name": "attribute_share",
    "data.ignore": "palette",
    "data.inputs": "label_half",
    "data.targets": "inputs",
    "data.label_folder": "targets",
    "data.instances": "label_folder",
    "data.fit": "image_size",
    "data.input_channels": "fit",
    "data.target_channels": "input_channels",
    "data.input_bits": "target_channels",
    "data.target_bits": "input_bits",
    "model.system": "",
    "model.noise_size": "lambda_l1",
    "model.lambda_diversity": "noise_size",
    "model.adversarial": "lambda_diversity",
    "model.gradient_penalty": "adversarial",
    "model.label_smoothing": "gradient_penalty",
    "model.label_noise": "label_smoothing",
    "model.label_noise_direction": "label_noise",
    "model.label_flips": "label_noise_direction",
    "model.instance_noise": "label_flips",
    "model.diff_augment": "instance_noise",
    "model.discriminator_dropout": "diff_augment",
    "model.discriminator_learning_rate": "discriminator_dropout",
    "model.spectral_norm": "discriminator_learning_rate",
    "model.ema": "spectral_norm",
    "model.label_input": "ema",
    "model.colour_space": "label_input",
    "model.generator_depth": "generator_filters",
    "model.upsampling": "generator_depth",
    "model.decoder_norm": "bottleneck_norm",
    "train.decay_epochs": "epochs",
    "train.start_from": "decay_epochs",
    "train.replicas": "batch_size",
    "train.rotation": "resize",
    "train.zoom": "rotation",
    "train.colour": "zoom",
    "train.cutout": "colour",
    "train.sample_epochs": "log_every",
    "segmenter.replicas": "batch_size",
    "segmenter.precision": "learning_rate",
    "segmenter.log_every": "precision",
    "segmenter.checkpoint_minutes": "log_every",
    "evaluate.steps": "repeats",
    "evaluate.solver": "steps",
    "evaluate.inception_weights": "beside",
    "evaluate.inception_sha256": "inception_weights",
    "tracking.model_name": "experiment",
}
_KEY = re.compile(r"""( *)["']?(\w+)["']? *:(?:\s|$)""")
# A # that begins a comment: it follows a space or begins a line, and stands in no quotes.
_COMMENT = re.compile(r"""(?:[^"'#]|(?<=\w)["']|"[^"]*"|'[^']*'|(?<=\S)#)*+#""")
# The lines of each key, with the comments above them. The lines before the first key have the key "".
_Chunks = dict[str, list[str]]
Value = TypeVar("Value")


def migrated(text: str, name: str = "params.yaml") -> tuple[str, list[str]]:
    """Turn the text of an old parameters file into that of a new one.

    Args:
        text: the text of the old file.
        name: the name of the file in messages.

    Returns:
        The text of the new file, and the changes in words, one line each. Comments move with their keys if every key
        has a line of its own. A file that has the new form already is returned unchanged, with no lines.

    Raises:
        ParamsError: the text is not YAML, or its values are impossible: one line for each problem, with the path that
            the key has in the new file.
    """
    old = parsed(text, name)
    new, told = _renewed(old, name) if isinstance(old, dict) else (old, [])
    check(new, name)
    if not told:
        return text, []
    with suppress(ParamsError):
        result = _rearranged(text, new)
        if parsed(result, name) == new:
            return result, told
    lost = ["comments are left out, because not every key has a line of its own"] if _COMMENT.match(text) else []
    return edited(new), [*told, *lost]


def _renewed(old: Mapping[str, Any], name: str) -> tuple[dict[str, Any], list[str]]:
    """Return the new content, and the changes in words; none for a content that has the new form already."""
    new = {name: dict(value) if isinstance(value, dict) else value for name, value in old.items()}
    told = [*_renamed(new), *_moved(new, old_keys(old), name)]
    system = _system(new)
    added = [
        path
        for path in _newer(system)
        if isinstance(new.get(_section(path)), dict) and _key(path) not in new[_section(path)]
    ]
    for path in added:
        new[_section(path)][_key(path)] = _values(_section(path), system)[_key(path)]
    return new, [*told, f"new keys, at their defaults: {listed(added)}"] if added else told


def _system(content: Mapping[str, Any]) -> str:
    """Return the known system that the section `model` names; pix2pix if it names none."""
    model = content.get("model")
    system = model.get("system") if isinstance(model, dict) else None
    return system if isinstance(system, str) and system in SYSTEMS else "pix2pix"


def _source(section: str, system: str) -> str:
    """Return the text of a file with all keys of a section: the defaults, or for `model` the recipe of the system."""
    if section == "model" and system != "pix2pix":
        return recipes.text(system)
    return DEFAULTS.read_text(encoding="utf-8")


@cache
def _values(section: str, system: str) -> dict[str, Any]:
    """Return what a section has there."""
    values: dict[str, Any] = parsed(_source(section, system), "the defaults")[section]
    return values


def _newer(system: str) -> Mapping[str, str]:
    """Return the keys that an old file of this system may lack, each with the key that comes before it."""
    if system == "pix2pix":
        return _NEW
    others = {path: before for path, before in _NEW.items() if _section(path) != "model"}
    return others | {f"model.{key}": before for before, key in pairwise(["", *_values("model", system)])}


def _moved(new: dict[str, Any], paths: list[str], name: str) -> list[str]:
    """Move these keys of a content to where they belong now; return the changes in words."""
    told = [f"{path} is {MOVED[path]} now" for path in paths]
    if paths:
        new["model"] = {_key(path): new["train"].pop(_key(path)) for path in paths}
        if _SCHEDULE in new["train"]:
            told.append(_reschedule(new["train"], name))
    return told


def _renamed(new: dict[str, Any]) -> list[str]:
    """Give keys of a content their new names, in their places; return the changes in words."""
    told = []
    for path, now in RENAMED.items():
        section = new.get(_section(path))
        if isinstance(section, dict) and _key(path) in section and _key(now) not in section:
            new[_section(path)] = _rekeyed(section, _key(path), _key(now))
            told.append(f"{path} is {now} now")
    return told


def _reschedule(train: dict[str, Any], name: str) -> str:
    """Replace the schedule by `decay_epochs` so that each epoch keeps its learning rate; return the change in words."""
    if "decay_epochs" in train:
        raise ParamsError(
            f"{name}: train.decay_epochs = {train['decay_epochs']!r} replaces train.{_SCHEDULE} = "
            f"{train[_SCHEDULE]!r}, and the file has both: remove one of them"
        )
    schedule, epochs = train.pop(_SCHEDULE), train.get("epochs")
    train["decay_epochs"] = 0
    if schedule == "linear_decay" and type(epochs) is int:
        train |= {"epochs": epochs - epochs // 2, "decay_epochs": epochs // 2}
    elif schedule not in ("constant", "linear_decay"):
        raise ParamsError(f"{name}: train.{_SCHEDULE} = {schedule!r}: must be constant or linear_decay")
    now = f"train.epochs: {train.get('epochs')}, train.decay_epochs: {train['decay_epochs']}"
    return f"train.{_SCHEDULE}: {schedule} and train.epochs: {epochs} are {now} now"


def _rearranged(text: str, new: Mapping[str, Any]) -> str:
    """Return the lines of the old text in the order of the new file, with lines for the new keys."""
    old = {name: _opened(lines) for name, lines in _chunks(_lines(text), "").items()}
    sections = {}
    for name, (head, body) in old.items():
        if name == "train" and "model" not in old:
            moved = {key: body.pop(key) for key in new["model"] if key in body}
            sections["model"] = ["\n", "model:\n"], {"": [], **moved}
            body.pop(_SCHEDULE, None)
        sections[name] = head, body
    for path, now in RENAMED.items():
        head, body = sections.get(_section(path), ([], {}))
        if _key(path) in body and _key(now) not in body:
            renamed = _rekeyed(body, _key(path), _key(now))
            renamed[_key(now)] = [_called(line, _key(path), _key(now)) for line in renamed[_key(now)]]
            sections[_section(path)] = head, renamed
    system = _system(new)
    for path, before in _newer(system).items():
        head, body = sections.get(_section(path), ([], {}))
        if body and _key(path) not in body:
            sections[_section(path)] = head, _inserted(body, path, before, _source(_section(path), system))
    _, train = sections.get("train", ([], {}))
    for key in {"epochs", "decay_epochs"} & train.keys():
        train[key] = _numbered(train[key], key, new["train"][key])
    return "".join(line for head, body in sections.values() for lines in (head, *body.values()) for line in lines)


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.splitlines()]


def _chunks(lines: list[str], indent: str) -> _Chunks:
    """Return the lines of each key that has this indentation."""
    chunks: _Chunks = {"": []}
    name = ""
    waiting: list[str] = []
    for line in lines:
        found = _KEY.match(line)
        if found and found[1] == indent:
            name = found[2]
            chunks[name], waiting = [*waiting, line], []
        elif not line.strip() or line.startswith(f"{indent}#"):
            waiting.append(line)  # the next line decides whether it belongs to this key or to the next one
        else:
            chunks[name] += [*waiting, line]
            waiting = []
    chunks[name] += waiting
    return chunks


def _opened(section: list[str]) -> tuple[list[str], _Chunks]:
    """Return a section's lines up to its name, and the lines of each of its keys."""
    names = [number for number, line in enumerate(section) if _KEY.match(line)]
    if not names:
        return section, {}
    head, body = section[: names[0] + 1], section[names[0] + 1 :]
    return head, _chunks(body, _indent(body))


def _indent(body: list[str]) -> str:
    """Return the indentation of a section's keys."""
    return next((found[1] for line in body if (found := _KEY.match(line))), "  ")


def _inserted(body: _Chunks, path: str, before: str, source: str) -> _Chunks:
    """Return the body with a new key after the key `before`, and with its lines from the text of a new file."""
    indent = _indent([line for lines in body.values() for line in lines])
    chunk = [f"{indent}{line.lstrip()}" for line in _explained(path, source)]
    place = list(body).index(before) + 1 if before in body else len(body)
    items = [*body.items()]
    return dict([*items[:place], (_key(path), chunk), *items[place:]])


def _explained(path: str, source: str) -> list[str]:
    """Return the lines of a key in the text of a new file."""
    sections = _chunks(_lines(source), "")
    return _opened(sections[_section(path)])[1][_key(path)]


def _rekeyed(entries: Mapping[str, Value], old: str, new: str) -> dict[str, Value]:
    """Return entries, one of which has another key, in the same order."""
    return {new if key == old else key: value for key, value in entries.items()}


def _called(line: str, old: str, new: str) -> str:
    """Return the line of a key with another name of the key; other lines stay as they are."""
    return re.sub(rf"""^( *["']?){old}(["']? *:)""", rf"\g<1>{new}\g<2>", line)


def _numbered(lines: list[str], key: str, number: Any) -> list[str]:
    """Return the lines of a key with another number as its value."""
    value = re.compile(rf"""^( *["']?{key}["']? *: *)[^#\s][^#\n]*?(?=\s*(?:#|$))""")
    return [value.sub(rf"\g<1>{number}", line) for line in lines]


def _section(path: str) -> str:
    return path.partition(".")[0]


def _key(path: str) -> str:
    return path.partition(".")[2]
