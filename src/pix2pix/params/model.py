"""The section `model`: `system` chooses what else stands there."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from pix2pix.params.messages import ProblemError, listed
from pix2pix.params.section import Section
from pix2pix.params.systems.pix2pix import Pix2pix

# What `model.system` may be, and the section it chooses.
SYSTEMS: Mapping[str, type[Section]] = {"pix2pix": Pix2pix}


def chosen(content: Any) -> type[Section]:
    """The section that the content of `model` chooses; pix2pix where it names no system.

    Raises:
        ProblemError: the system is unknown.
    """
    system = content.get("system", "pix2pix") if isinstance(content, dict) else "pix2pix"
    if not isinstance(system, str) or system not in SYSTEMS:
        raise ProblemError("system", system, f"a known system: {listed(SYSTEMS)}")
    return SYSTEMS[system]


def validated(value: Any, info: ValidationInfo) -> Any:
    """The section that the content of `model` describes."""
    if isinstance(value, tuple(SYSTEMS.values())):
        return value
    return chosen(value).model_validate(value, context=info.context)


# The union of all systems. (Pydantic's discriminated union wants at least two members.)
Model = Annotated[Pix2pix, BeforeValidator(validated)]
