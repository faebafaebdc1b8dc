"""The key `model.label_input` of systems whose networks may see a label map by its classes."""

from typing import Annotated, Literal

from pix2pix.params.messages import ProblemError
from pix2pix.params.section import Neutral

LabelInput = Annotated[Literal["colours", "one_hot"], Neutral("colours")]


class SeesLabels:
    """What a section with the key `label_input` answers; its class has it before `SystemSection` in its bases."""

    label_input: LabelInput

    @property
    def reads_classes(self) -> bool:
        """See `SystemSection.reads_classes`."""
        return self.label_input == "one_hot"

    def check_input(self, label_map: bool) -> None:
        """Check that there are classes, where they are read.

        Raises:
            ProblemError: there are none.
        """
        if self.reads_classes and not label_map:
            raise ProblemError(
                "model.label_input",
                self.label_input,
                "colours, because the input is no label map with classes (data.direction, data.palette)",
            )
