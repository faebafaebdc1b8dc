"""What a model folder says of its model, in `about.json`: written by training, checked whenever it is read."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, PositiveInt, StringConstraints, ValidationError

from pix2pix.base.errors import DataError, one_line
from pix2pix.data.labels import Palette, classes_of
from pix2pix.data.tasks import Fields, Task, halves, task
from pix2pix.params import Data, Half, Params

FORMAT: Literal[2] = 2

Words = Annotated[str, StringConstraints(min_length=1)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class About(BaseModel):
    """What a generator was made for, and how it came to be.

    Attributes:
        format: of this file.
        system: what was trained, `pix2pix`.
        fields: `input`, which it reads, and `target`, which it makes.
        halves: the half of an archive's picture that each field was.
        palette: the classes of the label maps, as `data.palette` says them.
        fingerprint: of its training.
        epoch: whose weights these are, from 1.
        selected_by: what chose that epoch, `train.select`.
        settings: the section `model`: what the networks and losses were.
        architecture_sha256, weights_sha256: of the folder's other files; None before it is written.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: Literal[2]
    system: Words
    fields: Fields
    halves: dict[str, Half]
    palette: Literal["cmp", "none"] | dict[str, list[int]]
    fingerprint: Words
    epoch: PositiveInt
    selected_by: Words
    settings: dict[str, JsonValue]
    architecture_sha256: Sha256 | None = None
    weights_sha256: Sha256 | None = None

    @property
    def task(self) -> Task:
        """The fields it reads and makes."""
        return Task(self.fields)

    @property
    def classes(self) -> Palette | None:
        """The palette of the label maps; None if there are none."""
        return classes_of(Data(palette=self.palette))

    def told(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return self.model_dump(mode="json", exclude_none=True)

    def expect(self, data: Data) -> None:
        """Check that the model was made for what the `data` section describes.

        Raises:
            DataError: it was made for something else.
        """
        for name, there, asked in (
            ("the halves", _listed(self.halves), _listed(halves(data))),
            ("the fields", str(self.task), str(task(data))),
            ("the palette", one_line(self.palette), one_line(data.palette)),
        ):
            if there != asked:
                raise DataError(
                    f"the generator was made for {name} {there}, params.yaml says {asked}; run `dvc repro train`"
                )


def of(params: Params, fingerprint: str, epoch: int, selected_by: str) -> About:
    """What is to be said of a generator that was trained as the parameters say.

    Args:
        params: all of them.
        fingerprint: of its training.
        epoch: whose weights these are, from 1.
        selected_by: what chose that epoch.
    """
    return About(
        format=FORMAT,
        system=params.model.system,
        fields=task(params.data).fields,
        halves=halves(params.data),
        palette=params.data.palette,
        fingerprint=fingerprint,
        epoch=epoch,
        selected_by=selected_by,
        settings=params.model.model_dump(mode="json", exclude={"system"}),
    )


def read(told: Any, path: Path) -> About:
    """What an `about.json` says.

    Args:
        told: its content.
        path: of the file, for the message.

    Raises:
        DataError: it is of another format, or says what cannot be.
    """
    there = told.get("format") if isinstance(told, dict) else None
    if there != FORMAT:
        said = "no format" if there is None else f"format {one_line(there)}"
        raise DataError(f"{path}: says {said}, and this version reads generators of format {FORMAT}; train it anew")
    try:
        about = About.model_validate(told)
        Data(palette=about.palette)
    except ValidationError as error:
        wrong = error.errors()[0]
        why = one_line(" ".join([*map(str, wrong["loc"]), wrong["msg"]]))
        raise DataError(f"{path}: no generator is made for that: {why}") from None
    if names := {"input", "target"} - ({field.name for field in about.fields} & about.halves.keys()):
        raise DataError(f"{path}: no generator is made for that: it has no {' and no '.join(sorted(names))}")
    return about


def _listed(values: dict[str, Any]) -> str:
    """`input: right, target: left`."""
    return ", ".join(f"{name}: {value}" for name, value in values.items())
