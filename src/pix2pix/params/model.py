"""The section `model`. Its key `system` decides which other keys it has."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny, ValidationInfo

from pix2pix.params.messages import ProblemError, listed
from pix2pix.params.section import SystemSection
from pix2pix.params.systems.bridge import Bridge
from pix2pix.params.systems.cgan import Cgan
from pix2pix.params.systems.cyclegan import CycleGAN
from pix2pix.params.systems.dcgan import Dcgan
from pix2pix.params.systems.oasis import Oasis
from pix2pix.params.systems.pix2pix import Pix2pix
from pix2pix.params.systems.pix2pixhd import Pix2pixHD

# The section of each system, by `model.system`.
SYSTEMS: Mapping[str, type[SystemSection]] = {
    "bridge": Bridge,
    "cgan": Cgan,
    "cyclegan": CycleGAN,
    "dcgan": Dcgan,
    "oasis": Oasis,
    "pix2pix": Pix2pix,
    "pix2pixhd": Pix2pixHD,
}


def chosen(content: Any) -> type[SystemSection]:
    """Return the section of the system that the content of `model` names; of pix2pix if it names none.

    Raises:
        ProblemError: the system is unknown.
    """
    system = content.get("system", "pix2pix") if isinstance(content, dict) else "pix2pix"
    if not isinstance(system, str) or system not in SYSTEMS:
        raise ProblemError("system", system, f"a known system: {listed(SYSTEMS)}")
    return SYSTEMS[system]


def validated(value: Any, info: ValidationInfo) -> Any:
    """Check the content of `model`, and return it as a section."""
    if isinstance(value, tuple(SYSTEMS.values())):
        return value
    return chosen(value).model_validate(value, context=info.context)


# The section of any system. `SerializeAsAny` keeps the keys that only this system has.
Model = Annotated[SerializeAsAny[SystemSection], BeforeValidator(validated)]
