"""The parameters of a step in the cluster: the values that decide its result, as JSON text, and back again.

A cluster's cache takes a step for done if its parameters, its image and the names of its inputs are as before: it does
not look at what the inputs hold. So a step is given all values that its inputs follow from, too.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pix2pix.base.errors import ParamsError, one_line
from pix2pix.params import Params
from pix2pix.params.model import SYSTEMS
from pix2pix.pipeline.kubeflow.graph import Stage, upstream

# The list of a stage's code, in code.json, depends on the image and on this value alone.
_CODE = "model.system"


def text(stage: Stage, known: Mapping[str, Stage], content: Mapping[str, Any]) -> str:
    """Return the values of params.yaml that a stage and the stages before it depend on, as JSON by section.

    JSON text keeps 32 a whole number. A number of Kubeflow's own is always a fraction.

    Args:
        stage: the stage.
        known: all stages by name.
        content: the content of params.yaml.
    """
    before = [known[name] for name in upstream(stage, known)]
    if any(each.whole_params for each in before):
        return _dumped(content)
    names = {_CODE}.union(*(each.params for each in before))
    chosen: dict[str, Any] = {}
    for section, key in _keys(content):
        if names & {section, f"{section}.{key}"}:
            if key is None:
                chosen[section] = content[section]
            else:
                chosen.setdefault(section, {})[key] = content[section][key]
    return _dumped(chosen)


def whole(given: str) -> dict[str, Any]:
    """Return the content of a params.yaml in which every value is either given or a default.

    Args:
        given: JSON as `text` returns it. The keys of `model` are those of the system that it names.

    Raises:
        ParamsError: it is no such JSON.
    """
    try:
        chosen = json.loads(given)
        content = Params().model_dump() | {"model": SYSTEMS[chosen["model"]["system"]]().model_dump()}
        for section, values in chosen.items():
            content[section] = content[section] | values if isinstance(values, dict) else values
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParamsError(f"parameters of the step: no JSON of this project's sections: {one_line(error)}") from None
    return content


def _keys(content: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield every section with each of its keys; None for a value without a section."""
    for section, values in content.items():
        if isinstance(values, Mapping):
            yield from ((section, key) for key in values)
        else:
            yield section, None


def _dumped(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, allow_nan=False, ensure_ascii=False)
