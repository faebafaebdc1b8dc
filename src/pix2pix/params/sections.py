"""All sections together, or the few that a stage needs. They are checked before any work, in a fraction of a second."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, create_model, model_validator

from pix2pix.base.errors import ParamsError
from pix2pix.params import messages
from pix2pix.params import palette as palettes
from pix2pix.params.data import Data
from pix2pix.params.download import Download
from pix2pix.params.evaluate import Evaluate
from pix2pix.params.file import read
from pix2pix.params.messages import ProblemError, listed
from pix2pix.params.model import SYSTEMS, Model, chosen
from pix2pix.params.prepare import Prepare
from pix2pix.params.renamed import old_keys
from pix2pix.params.report import Report
from pix2pix.params.section import FROM_FILE, Section
from pix2pix.params.segmenter import Segmenter
from pix2pix.params.systems.pix2pix import Pix2pix
from pix2pix.params.tracking import Tracking
from pix2pix.params.train import SELECTED, Train


class Sections(Section):
    """Some or all sections of `params.yaml`."""

    def flat(self) -> dict[str, Any]:
        """Return every value by its path, as MLflow shows them: `{"model.lambda_l1": 100.0, …}`."""
        flat: dict[str, Any] = {}
        for name, value in self.model_dump().items():
            flat.update({f"{name}.{key}": v for key, v in value.items()} if isinstance(value, dict) else {name: value})
        return flat


class Params(Sections):
    """All of `params.yaml`. Only here two sections are checked against each other."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    data: Data = Data()
    download: Download = Download()
    prepare: Prepare = Prepare()
    segmenter: Segmenter = Segmenter()
    model: Model = Pix2pix()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    report: Report = Report()
    tracking: Tracking = Tracking()

    @model_validator(mode="after")
    def _agree(self) -> "Params":
        self._check_task()
        self.model.check_size(self.data.image_size)
        self.model.check_input(self.data.label_field == "input")
        self.model.check_channels(self.data.input_channels, self.data.target_channels)
        self._check_instances()
        self._check_cutout()
        self._check_select()
        self._check_classifier()
        return self

    def _check_task(self) -> None:
        """Refuse a task that the system cannot learn, with the reason if that is its input."""
        system, task, tasks = self.model.system, self.data.task, " or ".join(self.model.tasks)
        if self.data.has_input and self.model.noise:
            raise ProblemError("data.task", task, f"{tasks}, because model.system: {system} makes pictures from noise")
        if not self.data.has_input and not self.model.noise:
            fitting = next(name for name, section in SYSTEMS.items() if task in section.tasks)
            allowed = (
                f"a system that makes pictures from noise, such as {fitting}, because data.task: {task} has no inputs"
            )
            raise ProblemError("model.system", system, allowed)
        if task not in self.model.tasks:
            raise ProblemError("data.task", task, f"{tasks} for model.system {system}")

    def _check_instances(self) -> None:
        """Refuse instance maps that no network would see."""
        if self.data.instances is not None and not self.model.reads_instances:
            reading = " and ".join(name for name, section in SYSTEMS.items() if section.reads_instances)
            allowed = f"null, because model.system: {self.model.system} reads no instance maps; {reading} do"
            raise ProblemError("data.instances", self.data.instances, allowed)

    def _check_select(self) -> None:
        """Refuse to choose an epoch by a measure that is not taken."""
        if self.train.select == "last":
            return
        if self.data.selection_split == "none":
            raise ProblemError("train.select", self.train.select, "last, as data.selection_split is none")
        if not self.data.has_pairs:
            raise ProblemError("train.select", self.train.select, "last, as a set without pairs measures no likeness")
        allowed = SELECTED[self.data.has_input]
        if self.train.select not in allowed:
            words = f"last, {' or '.join(allowed)}, because these are measured for data.task: {self.data.task}"
            raise ProblemError("train.select", self.train.select, words)

    def _check_cutout(self) -> None:
        """Refuse a black square where there is no input, and in an input of classes, unless black has no class."""
        if self.train.cutout and not self.data.has_input:
            raise ProblemError(
                "train.cutout", self.train.cutout, f"0, because data.task: {self.data.task} has no input"
            )
        without = palettes.ignored(self.data.palette, self.data.ignore)
        if self.model.reads_classes and self.train.cutout and (without is None or any(without.colour)):
            raise ProblemError(
                "train.cutout",
                self.train.cutout,
                "0, because the networks see classes and a black square would be one; or let data.ignore be black",
            )

    def _check_classifier(self) -> None:
        """Refuse a backbone of the segmenter that a classifier of whole pictures does not have."""
        if self.data.class_names and self.segmenter.backbone != "compact":
            raise ProblemError(
                "segmenter.backbone",
                self.segmenter.backbone,
                f"compact, because with data.task: {self.data.task} a classifier is trained, which has no other",
            )


def load(path: Path = Path("params.yaml"), *names: str) -> Params:
    """Read and check a parameters file; see `check`."""
    return check(read(path), str(path), *names)


def check(content: Any, name: str = "params.yaml", *names: str) -> Params:
    """Check the content of a parameters file.

    Args:
        content: the parsed content.
        name: the name of the file in messages.
        names: the sections to check, of which `seed` counts as one. Without names, all sections are checked, also
            against each other.

    Returns:
        The checked parameters. With names the object has only these sections: asking for another one raises
        `AttributeError`.

    Raises:
        ParamsError: one line for each problem, with the key's path, the value and what is allowed.
    """
    if not isinstance(content, dict):
        raise ParamsError(f"{name}: must be a mapping with the sections {listed(Params.model_fields)}")
    if old := old_keys(content):
        raise ParamsError(
            f"{name}: {old[0]} and others are in the section `model` now; `pix2pix migrate` brings an old parameters "
            "file up to date"
        )
    asked = {key: content[key] for key in names if key in content} if names else content
    try:
        return _kind(names).model_validate(asked, context=FROM_FILE)
    except ValidationError as error:
        lines = (messages.line(problem, _known(content)) for problem in error.errors())
        raise ParamsError("\n".join(f"{name}: {line}" for line in lines)) from None


def _kind(names: tuple[str, ...]) -> type[Params]:
    """Return `Params`, or a model with some of its fields. Type checkers take both for `Params`."""
    if not names:
        return Params
    fields: Any = {name: (Params.model_fields[name].annotation, Params.model_fields[name]) for name in names}
    kind: Any = create_model(f"Params({listed(names)})", __base__=Sections, **fields)
    return kind


def _known(content: dict[str, Any]) -> messages.Known:
    """Return all known keys by section; the keys of `model` are those of its system."""
    sections = {name: type(value) for name, value in Params() if isinstance(value, Section)}
    with suppress(ProblemError):  # this problem is reported anyway
        sections["model"] = chosen(content.get("model"))
    return {"": Params.model_fields} | {name: section.model_fields for name, section in sections.items()}
