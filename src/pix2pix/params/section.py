"""The base class of the sections, and the mark of keys that do not decide a training."""

import difflib
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from pix2pix.params.messages import MissingError
from pix2pix.params.renamed import earlier
from pix2pix.params.walk import Walk

# The context in which a parameters file is validated: a file has to name every key, code need not.
FROM_FILE = "a parameters file"


class Neutral:
    """Marks a key that decides nothing about a training if it has one of `values`; without `values` it never does."""

    def __init__(self, *values: Any) -> None:
        self.values = values


# The mark of a key that says when to save: neither weights nor measurements depend on it.
SAVING = Neutral()
# The mark of a key that says where the pairs come from: the digest of the records says what they are.
WHEREABOUTS = Neutral()


class Section(BaseModel):
    """One section. In code every key has a default; a parameters file has to name all keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, content: Any, info: ValidationInfo) -> Any:
        if info.context == FROM_FILE and isinstance(content, dict):
            unknown = [str(key) for key in content if key not in cls.model_fields]
            for key in cls.model_fields:
                if not (key in content or difflib.get_close_matches(key, unknown) or earlier(key) & {*unknown}):
                    raise MissingError(key)
        return content

    @classmethod
    def neutral(cls, key: str) -> Neutral | None:
        """Return the mark of a key, if it has one."""
        return next((mark for mark in cls.model_fields[key].metadata if isinstance(mark, Neutral)), None)

    @classmethod
    def deciding_keys(cls) -> frozenset[str]:
        """Return the keys that decide a training, at least at some of their values."""
        return frozenset(key for key in cls.model_fields if not (mark := cls.neutral(key)) or mark.values)

    def decisive(self) -> dict[str, Any]:
        """Return the values that decide a training, by key, as JSON has them, without keys at their neutral values."""
        values = self.model_dump(mode="json", include=set(self.deciding_keys()))
        return {key: value for key, value in values.items() if not (m := self.neutral(key)) or value not in m.values}


class SystemSection(Section):
    """The section `model` of a system, with what messages, pages and advice ask of any system.

    Attributes:
        system: the name of the system.
        against_winner: the loss to try instead of the present one, by its name, if a judging player wins.
        against_guesser: the loss to try instead of the present one, by its name, if a judging player guesses.
        tasks: the tasks that the system can learn, as `data.task` names them.
        sampled: the columns of its sample pictures, in words.
        reads_instances: whether its networks can read instance maps (`data.instances`).
    """

    against_winner: ClassVar[Mapping[str, str]] = {}
    against_guesser: ClassVar[Mapping[str, str]] = {}
    tasks: ClassVar[tuple[str, ...]] = ("pairs", "colourise")
    sampled: ClassVar[tuple[str, ...]] = ("input", "generated", "real")
    reads_instances: ClassVar[bool] = False

    system: str

    @property
    def objective(self) -> str:
        """The loss in words, for names of runs."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """The networks and the loss in words, for a line of a log."""
        raise NotImplementedError

    @property
    def lede(self) -> str:
        """What was trained, and what judged it, in sentences for the head of the report."""
        raise NotImplementedError

    @property
    def noise(self) -> int | None:
        """The number of values of the noise from which the generator makes pictures; None if it reads a picture."""
        return None

    @property
    def walk(self) -> Walk | None:
        """How the model makes a picture in several steps; None if it makes it at once."""
        return None

    @property
    def reads_classes(self) -> bool:
        """Whether the networks see the classes of the input, which is a label map, instead of its colours."""
        return False

    def check_input(self, label_map: bool) -> None:
        """Check that the input is of a kind that the networks can read; by default they can read all.

        Args:
            label_map: whether the input is a label map with classes.

        Raises:
            ProblemError: a network cannot read it.
        """

    def check_channels(self, given: int, made: int) -> None:
        """Check that the networks can read pictures of `given` channels and make those of `made`; by default they can.

        Raises:
            ProblemError: a network cannot.
        """

    def check_size(self, image_size: int | list[int]) -> None:
        """Check that pictures of this `data.image_size` are large enough.

        Raises:
            ProblemError: a network cannot take them.
        """
        raise NotImplementedError
