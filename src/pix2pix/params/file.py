"""Reading a parameters file, and editing its text."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from pix2pix.base import files
from pix2pix.base.errors import DataError, ParamsError, one_line

# A parameters file needs four levels: the file, a section, a palette, a colour.
_DEEPEST = 9
# The whole file with every key at its default. params.yaml begins as a copy of it, which its user edits.
DEFAULTS = Path(__file__).with_name("defaults.yaml")


def read(path: Path) -> Any:
    """Return the unchecked content of a parameters file.

    Raises:
        ParamsError: the file is missing or is not YAML.
    """
    try:
        text = files.regular(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run from the project's root, or restore it from git") from None
    except (OSError, ValueError, DataError) as error:
        raise ParamsError(f"{path}: cannot be read: {one_line(error)}") from None
    return parsed(text, str(path))


def parsed(text: str, name: str) -> Any:
    """Return the content of a YAML text, which messages call `name`.

    Raises:
        ParamsError: the text is not YAML.
    """
    try:
        # This is the parser of DVC (YAML 1.2), so both read the same: `2e-4` is a number, `off` is a word.
        _check_shape(text, name)
        return YAML(typ="safe", pure=True).load(text)
    except ParamsError:
        raise
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ParamsError(f"{name}: line {line}: not YAML: {one_line(error.problem)}") from None
    except Exception as error:  # for tags such as `!!bool x` the parser raises KeyError, IndexError and more
        raise ParamsError(f"{name}: cannot be read: {one_line(error)}") from None


def editable(text: str) -> Any:
    """Return the content of a YAML text with its comments, for `edited`."""
    return _editor().load(text)


def edited(content: Any) -> str:
    """Write a content as YAML: an `editable` one with its comments, any other one in block style."""
    text = io.StringIO()
    _editor().dump(content, text)
    return text.getvalue()


def _editor() -> YAML:
    editor = YAML()
    editor.width = 10**6  # lines stay as long as they are
    editor.Representer = _Representer
    return editor


class _Representer(RoundTripRepresenter):
    """Writes null as a word; the base class would write nothing."""

    def represent_null(self, _: None) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_null)


def _check_shape(text: str, name: str) -> None:
    """Refuse constructs by which a few bytes of YAML fill the memory or take hours to read."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if isinstance(event, AliasEvent) or depth > _DEEPEST:
            what = "lists or mappings are nested too deeply" if depth > _DEEPEST else "an alias; write the value itself"
            raise ParamsError(f"{name}: line {event.start_mark.line + 1}: {what}")
