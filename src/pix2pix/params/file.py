"""Reading a parameters file, and editing its text."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from pix2pix.base.errors import ParamsError, one_line

# A parameters file has four levels: a section, a palette and its colours, in the whole.
_DEEPEST = 9
# The whole file with every key at its default. params.yaml begins as a copy of it and is its user's to edit.
DEFAULTS = Path(__file__).with_name("defaults.yaml")


def read(path: Path) -> Any:
    """The unchecked content of a parameters file.

    Raises:
        ParamsError: it is absent or is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run from the project's root, or restore it from git") from None
    except (OSError, ValueError) as error:
        raise ParamsError(f"{path}: cannot be read: {one_line(error)}") from None
    return parsed(text, str(path))


def parsed(text: str, name: str) -> Any:
    """The content of a YAML text; `name` is what messages call it.

    Raises:
        ParamsError: it is not YAML.
    """
    try:
        # The parser DVC uses (YAML 1.2), so that both read the same: `2e-4` is a number, `off` a word.
        _check_shape(text, name)
        return YAML(typ="safe", pure=True).load(text)
    except ParamsError:
        raise
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ParamsError(f"{name}: line {line}: not YAML: {one_line(error.problem)}") from None
    except Exception as error:  # at tags such as `!!bool x` the parser lets KeyError, IndexError and more out
        raise ParamsError(f"{name}: cannot be read: {one_line(error)}") from None


def editable(text: str) -> Any:
    """The content of a YAML text with its comments, for `edited`."""
    return _editor().load(text)


def edited(content: Any) -> str:
    """The text of a content that was `editable`, its comments in place; of any other content in block style."""
    text = io.StringIO()
    _editor().dump(content, text)
    return text.getvalue()


def _editor() -> YAML:
    editor = YAML()
    editor.width = 10**6  # lines stay as long as they are
    editor.Representer = _Representer
    return editor


class _Representer(RoundTripRepresenter):
    """Writes null as a word; by itself it would write nothing."""

    def represent_null(self, _: None) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_null)


def _check_shape(text: str, name: str) -> None:
    """Refuse what makes a few bytes of YAML into a value that fills the memory, or takes hours to read."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if isinstance(event, AliasEvent) or depth > _DEEPEST:
            what = "lists or mappings too deep in each other" if depth > _DEEPEST else "an alias: write the value out"
            raise ParamsError(f"{name}: line {event.start_mark.line + 1}: {what}")
