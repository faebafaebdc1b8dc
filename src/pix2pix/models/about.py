"""The description of a model in its folder, `about.json`. Training writes it; it is checked whenever it is read."""

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, PositiveInt, StringConstraints, ValidationError, model_validator

from pix2pix.base.errors import DataError, one_line
from pix2pix.data.labels import Palette, colours_of_ids, palette_of
from pix2pix.data.tasks import TURNED, Fields, Task, halves, task
from pix2pix.params import Data, Fit, Half, Params, TaskName
from pix2pix.params.palette import Colour, InFile, agree, entries
from pix2pix.params.walk import Walk

FORMAT: Literal[2] = 2
# The name of a model that turns targets into inputs; all others turn inputs into targets.
BACK = "back"

Words = Annotated[str, StringConstraints(min_length=1)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class About(BaseModel):
    """The purpose of a generator, and its training.

    Attributes:
        format: the format of this file.
        system: the name of the system, such as `pix2pix`.
        fields: the field `input` that it reads, if it reads any, and the field `target` that it makes.
        back: whether it turns the targets of its data set into the inputs: its `input` is their target.
        made_for: the task, as in `data.task`; a model that learned without pairs is made for pairs, too.
        halves: the half of an archive's picture from which each field came; None if each had files of its own.
        palette: the classes of the label maps, as in `data.palette`.
        ignore: the pixels that have no class, as in `data.ignore`.
        fingerprint: the fingerprint of its training.
        epoch: the epoch, from 1, whose weights it has.
        selected_by: the value of `train.select`, which chose the epoch.
        settings: the section `model` of the training: its networks and losses.
        fit: how pictures of another size were brought to that of the fields, as in `data.fit`.
        noise: the number of values of the noise from which it makes pictures; None if it reads a picture.
        classes: the names of the classes of whole pictures, one of which it is asked for; none if it knows no classes.
        walk: how it makes a picture in several steps, unless it is asked for others; None if it makes it at once.
        architecture_sha256, weights_sha256: the hashes of the folder's other files; None before they are written.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: Literal[2]
    system: Words
    fields: Fields
    back: bool = False
    made_for: TaskName = "pairs"
    halves: dict[str, Half] | None = None
    palette: InFile
    ignore: int | list[int] | None = None
    fingerprint: Words
    epoch: PositiveInt
    selected_by: Words
    settings: dict[str, JsonValue]
    fit: Fit = "resize"
    noise: PositiveInt | None = None
    classes: list[Words] = []
    walk: Walk | None = None
    architecture_sha256: Sha256 | None = None
    weights_sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _agree(self) -> "About":
        agree(self.palette, self.ignore)
        return self

    @property
    def task(self) -> Task:
        """The task: the fields that the model reads and makes."""
        return Task(self.fields)

    @property
    def label_classes(self) -> Palette | None:
        """The palette of the label maps; None if there are none."""
        return palette_of(self.palette, self.ignore)

    @property
    def colours_of_ids(self) -> dict[int, Colour] | None:
        """See `labels.colours_of_ids`."""
        return colours_of_ids(self.palette, self.ignore)

    def told(self) -> dict[str, Any]:
        """Return the description as a JSON object."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def expect(self, data: Data) -> None:
        """Check that the model was made for the data that the `data` section describes.

        Raises:
            DataError: the model was made for other data.
        """
        for name, there, asked in (
            ("data.task", self.made_for, _made_for(data)),
            ("the halves", _listed(self.halves), _listed(_halves(data, self.back))),
            ("the classes", ", ".join(self.classes) or "none", ", ".join(data.class_names) or "none"),
            ("the fields", str(self.task), str(_task(data, self.back))),
            ("the palette", *_apart(self.palette, data.palette)),
            ("the pixels without a class", str(self.ignore), str(data.ignore)),
        ):
            if there != asked:
                raise DataError(
                    f"the generator was made for {name} {one_line(there)}, params.yaml says {one_line(asked)}; "
                    "run `dvc repro train`"
                )


def _apart(there: Any, asked: Any) -> tuple[str, str]:
    """Return the first class in which two palettes differ, as each has it; twice the same word if in none."""
    pairs = zip_longest(_classes(there), _classes(asked), fillvalue="no more classes")
    return next((pair for pair in pairs if pair[0] != pair[1]), ("equal", "equal"))


def _classes(palette: Any) -> list[str]:
    """Return the classes in their order, each in words."""
    if isinstance(palette, str):
        return [palette]
    return [
        f"{name}: {list(entry.colour)}" if entry.id is None else f"{name}: id {entry.id}, colour {list(entry.colour)}"
        for name, entry in entries(palette).items()
    ]


def of(params: Params, fingerprint: str, epoch: int, selected_by: str, product: str = "generator") -> About:
    """Describe a generator that was trained with these parameters.

    Args:
        params: the sections data and model.
        fingerprint: the fingerprint of its training.
        epoch: the epoch, from 1, whose weights it has.
        selected_by: the value of `train.select`, which chose the epoch.
        product: its name; `BACK` for the one that turns targets into inputs.
    """
    back = product == BACK
    return About(
        format=FORMAT,
        system=params.model.system,
        fields=_task(params.data, back).fields,
        back=back,
        made_for=_made_for(params.data),
        halves=_halves(params.data, back),
        palette=params.data.palette,
        ignore=params.data.ignore,
        fit=params.data.fit,
        fingerprint=fingerprint,
        epoch=epoch,
        selected_by=selected_by,
        noise=params.model.noise,
        classes=list(params.data.class_names),
        walk=params.model.walk,
        settings=params.model.model_dump(mode="json", exclude={"system"}),
    )


def read(told: Any, path: Path) -> About:
    """Read the contents of an `about.json`.

    Args:
        told: the contents as JSON.
        path: the path of the file, for the message.

    Raises:
        DataError: the file has another format, or values that no generator can have.
    """
    there = told.get("format") if isinstance(told, dict) else None
    if there != FORMAT:
        said = "no format" if there is None else f"format {one_line(there)}"
        raise DataError(f"{path}: has {said}, and this version reads generators of format {FORMAT}; train it anew")
    try:
        about = About.model_validate(told)
    except ValidationError as error:
        wrong = error.errors()[0]
        why = one_line(" ".join([*map(str, wrong["loc"]), wrong["msg"]]))
        raise DataError(f"{path}: describes no generator of this project: {why}") from None
    fields = {field.name for field in about.fields}
    needed = {"target"} if about.noise else {"input", "target"}
    if names := needed - (fields if about.halves is None else fields & about.halves.keys()):
        raise DataError(f"{path}: describes no generator of this project: it has no {' and no '.join(sorted(names))}")
    return about


def _made_for(data: Data) -> TaskName:
    """Return the task; pictures of either side are the same with pairs and without."""
    return data.task if data.single else "pairs"


def _task(data: Data, back: bool) -> Task:
    return task(data).turned() if back else task(data)


def _halves(data: Data, back: bool = False) -> dict[str, Half] | None:
    """Return the half of each field; an input that is made of the target is of the same half."""
    if not data.halved:
        return None
    cut = halves(data)
    found = {field.name: cut.get(field.name, cut["target"]) for field in task(data).fields}
    return {name: found[other] for name, other in TURNED.items()} if back else found


def _listed(values: Mapping[str, Any] | None) -> str:
    """Write values as `input: right, target: left`."""
    return "none" if values is None else ", ".join(f"{name}: {value}" for name, value in values.items())
