"""The parameters of a step in the cluster: the values that decide its result, as JSON text, and back again.

A cluster's cache takes a step for done if its parameters, its image and the names of its inputs are as before: it does
not look at what the inputs hold. So a step is given all values that its inputs follow from, too.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pix2pix.base.errors import ParamsError, one_line
from pix2pix.params.file import DEFAULTS, read
from pix2pix.params.model import SYSTEMS
from pix2pix.params.sections import check
from pix2pix.pipeline.kubeflow.graph import Stage, upstream

# The list of a stage's code, in code.json, depends on the image and on this value alone.
_CODE = "model.system"


def text(stage: Stage, known: Mapping[str, Stage], content: Mapping[str, Any]) -> str:
    """Return the values of params.yaml that a stage and the stages before it depend on, as JSON by section.

    JSON text keeps 32 a whole number. A number of Kubeflow's own is always a fraction. A section that is impossible
    with the defaults of its other keys is there as a whole.

    Args:
        stage: the stage.
        known: all stages by name.
        content: the content of params.yaml.
    """
    before = [known[name] for name in upstream(stage, known)]
    if any(each.whole_params for each in before):
        return _dumped(content)
    chosen = _chosen({_CODE}.union(*(each.params for each in before)), content)
    filled = _overlaid(chosen)
    return _dumped(chosen | {section: content[section] for section in chosen if _is_refused(section, filled)})


def whole(given: str) -> dict[str, Any]:
    """Return the content of a params.yaml in which every value is either given or a default.

    Args:
        given: JSON as `text` returns it. The keys of `model` are those of the system that it names.

    Raises:
        ParamsError: it is no such JSON.
    """
    try:
        return _overlaid(json.loads(given))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParamsError(f"parameters of the step: no JSON of this project's sections: {one_line(error)}") from None


def _overlaid(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chosen values, and defaults for all others."""
    content = dict(_defaults()) | {"model": SYSTEMS[chosen["model"]["system"]].model_validate({}).model_dump()}
    for section, values in chosen.items():
        content[section] = content[section] | values if isinstance(values, Mapping) else values
    return content


@cache
def _defaults() -> Mapping[str, Any]:
    return read(DEFAULTS)


def _chosen(names: set[str], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the named values of a content: of whole sections, and of single keys such as `data.path`."""
    chosen: dict[str, Any] = {}
    for section, values in content.items():
        if section in names:
            chosen[section] = values
        elif own := {key: values[key] for key in _keys(values) if f"{section}.{key}" in names}:
            chosen[section] = own
    return chosen


def _keys(values: Any) -> Iterable[str]:
    return values if isinstance(values, Mapping) else ()


def _is_refused(section: str, filled: Mapping[str, Any]) -> bool:
    """Whether a section is impossible with the defaults of the keys that were not chosen.

    The data set `bricks` is refused with the default of `data.task`, even by a stage that does not name that key.
    """
    try:
        check(filled, "params.yaml", section)
    except ParamsError:
        return True
    return False


def _dumped(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, allow_nan=False, ensure_ascii=False)
