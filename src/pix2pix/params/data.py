"""The section `data`: the examples, the meaning of their parts, and the splits."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from pix2pix.base.files import CHECKOUT
from pix2pix.params import palette as palettes
from pix2pix.params import picture_classes, words
from pix2pix.params.image_size import ImageSize, sides
from pix2pix.params.messages import ProblemError
from pix2pix.params.palette import OWN_PAIRS
from pix2pix.params.section import WHEREABOUTS, Neutral, Section
from pix2pix.params.values import Count, Sha256, Whole, is_there

Direction = Literal["left_to_right", "right_to_left"]
Half = Literal["left", "right"]
LabelFolder = Literal["inputs", "targets"]
Fit = Literal["resize", "crop", "pad"]
TaskName = Literal["pairs", "unpaired", "pictures", "colourise", "labelled"]
Dataset = Literal[
    "facades", "cityscapes", "maps", "edges2shoes", "edges2handbags", "night2day", "sample", "bricks", "custom"
]
AUTO = "auto"
# The tasks whose examples are single pictures, and the data sets that have no pairs.
SINGLE: tuple[TaskName, ...] = ("pictures", "colourise", "labelled")
_WITHOUT_PAIRS: tuple[Dataset, ...] = ("bricks",)
# The tasks whose examples have no input.
_WITHOUT_INPUT: tuple[TaskName, ...] = ("pictures", "labelled")
# The data sets that are drawn here.
DRAWN: tuple[Dataset, ...] = ("sample", "bricks")
# What `auto` stands for, by data set: labels -> photo, photo -> map, edges -> photo, day -> night. Of your own pairs
# nobody else knows it.
_ITS_OWN: dict[Dataset, dict[str, str]] = {
    "facades": {"direction": "right_to_left", "palette": "cmp", "label_half": "right"},
    "sample": {"direction": "right_to_left", "palette": "cmp", "label_half": "right"},
    "cityscapes": {"direction": "right_to_left", "palette": "none", "label_half": "right"},
    "maps": {"direction": "left_to_right", "palette": "none", "label_half": "right"},
    "edges2shoes": {"direction": "left_to_right", "palette": "none", "label_half": "left"},
    "edges2handbags": {"direction": "left_to_right", "palette": "none", "label_half": "left"},
    "night2day": {"direction": "left_to_right", "palette": "none"},
    "bricks": {"direction": "left_to_right", "palette": "none"},
    "custom": {},
}
# The direction in which the target is a photo, where that is another one: an aerial photo, a photo by day.
_TO_PHOTOS: dict[Dataset, dict[str, str]] = {
    "maps": {"direction": "right_to_left"},
    "night2day": {"direction": "right_to_left"},
}


def _one_of(*allowed: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value not in allowed:
            raise ValueError(f"must be {' or '.join(allowed)} ({OWN_PAIRS})")
        return value

    return BeforeValidator(check)


def _place(value: str | None) -> str | None:
    if value is None:
        return None
    *folders, last = value.split("/")
    if not value or any(not part or part in (".", "..") or "*" in part for part in folders) or last.count("*") > 1:
        raise ValueError("must be a folder such as trainA, `*` with an ending such as *_label.png, both, or null")
    return value


def _address(value: str | None) -> str | None:
    scheme = (value or "").partition("://")[0]
    if value is None or ("://" in value and scheme in ("http", "https") and value.isprintable()):
        return value
    if scheme in ("s3", "gs"):
        return _in_bucket(value)
    if scheme != "file" or not value.startswith("file:///"):
        raise ValueError("must be an address that starts with http://, https://, s3://, gs:// or file:///, or null")
    if not is_there(unquote(urlsplit(value).path), Path.is_file):
        raise ValueError("must name a file that exists")
    return value


def _in_bucket(value: str) -> str:
    bucket, _, key = value.partition("://")[2].partition("/")
    if not (bucket and key) or key.endswith("/") or not value.isprintable():
        raise ValueError("must name an archive in a bucket, such as s3://BUCKET/pairs.tar.gz")
    return value


def refused_place(path: str) -> str | None:
    """What the place of own pairs must be, in words, if `path` cannot be one; None if it can."""
    # DVC watches the path for every dataset, and does not expand ~.
    if not path or path.startswith("~") or not is_there(path, _is_readable):
        return "a folder or an archive that exists, its name written out (no ~)"
    return "another place than what the pipeline makes, such as data/own" if _is_made_here(Path(path)) else None


def _is_readable(path: Path) -> bool:
    """Whether a path is a folder or a file, and no device or pipe, which might never end."""
    return path.is_dir() or path.is_file()


def _is_made_here(path: Path) -> bool:
    """Whether a path is, holds, or lies in a folder that a stage makes: DVC takes no output as an input."""
    place = path.resolve()
    made = [CHECKOUT / name for name in ("data/raw", "data/records")]
    return any(place == each or place in each.parents or each in place.parents for each in made)


def _split(value: str) -> str:
    if value in ("train", "val", "test", "none"):
        return value
    name, _, count = value.partition(":")
    if name != "train" or not count.isdecimal() or int(count) < 1:
        raise ValueError("must be train, val, test, none, or train:N for N examples taken out of training")
    return value


Split = Annotated[str, AfterValidator(_split)]


def _resolved(content: dict[str, Any]) -> dict[str, Any]:
    """The section without `auto` wherever that stands for something."""
    # Of an unknown data set the message is about its name alone.
    own = dict(next((own for name, own in _ITS_OWN.items() if name == content.get("dataset")), _ITS_OWN["facades"]))
    if content.get("task") in SINGLE:
        # Nobody has to say how single pictures are divided. Of a pair, the picture is what would be the target.
        own = {"direction": "left_to_right"} | own | {"palette": "none"}
    if content.get("task") == "colourise":
        content = content | _of_colours(content, own)
    if content.get("task") == "labelled" and content.get("attribute") is not None:
        content = content | _of_photos(content, own)
    palette = own.get("palette") if content.get("palette") == AUTO else content.get("palette")
    if palette == "none":
        own |= {"label_half": "right", "label_folder": "inputs"}  # of no effect, so nobody has to say them
    if content.get("inputs") is not None:
        own |= _as_halves(own.get("label_folder", content.get("label_folder")))
    else:
        own["label_folder"] = "inputs"
    return content | {key: value for key, value in own.items() if content.get(key) == AUTO}


def _of_colours(content: dict[str, Any], own: dict[str, str]) -> dict[str, Any]:
    """The values of the keys that colourisation decides: the half that is a photo, and the grey input."""
    grey = {"input_channels": 1} if content.get("input_channels") == 3 else {}
    return _of_photos(content, own) | {key: value for key, value in grey.items() if key in content}


def _of_photos(content: dict[str, Any], own: dict[str, str]) -> dict[str, Any]:
    """The values of the keys about halves with which the target is the photo."""
    to_photos = next((way for name, way in _TO_PHOTOS.items() if name == content.get("dataset")), {})
    decided = {"direction": own["direction"], "label_half": AUTO, "label_folder": AUTO} | to_photos
    return {key: value for key, value in decided.items() if key in content}  # a missing key is told by `Section`


def _as_halves(label_folder: Any) -> dict[str, Any]:
    """The values of the keys about halves with which the input counts as the left half, and the target as the right."""
    return {"direction": "left_to_right", "label_half": "right" if label_folder == "targets" else "left"}


class Data(Section):
    """The examples, the meaning of their parts, and the splits. `params.yaml` explains the keys."""

    dataset: Dataset = "facades"
    task: Annotated[TaskName, Neutral("pairs")] = "pairs"
    classes: Annotated[list[str] | None, AfterValidator(picture_classes.listed_names), Neutral(None)] = None
    attribute: Annotated[str | None, AfterValidator(picture_classes.class_of_cmp), Neutral(None)] = None
    attribute_share: Annotated[float, Field(gt=0, lt=1), Neutral(0.02)] = 0.02
    name: Annotated[str | None, AfterValidator(words.word), WHEREABOUTS] = None
    direction: Annotated[Direction, _one_of("left_to_right", "right_to_left")] = "right_to_left"
    palette: Annotated[Literal["cmp", "none"] | dict[str, Any], PlainValidator(palettes.checked)] = "cmp"
    ignore: Annotated[int | list[int] | None, Neutral(None)] = None
    label_half: Annotated[Half, _one_of("left", "right")] = "right"
    inputs: Annotated[str | None, AfterValidator(_place), WHEREABOUTS] = None
    targets: Annotated[str | None, AfterValidator(_place), WHEREABOUTS] = None
    label_folder: Annotated[LabelFolder, _one_of("inputs", "targets"), WHEREABOUTS] = "inputs"
    instances: Annotated[str | None, AfterValidator(_place), WHEREABOUTS] = None
    image_size: ImageSize = 256
    fit: Annotated[Fit, Neutral("resize")] = "resize"
    input_channels: Annotated[int, Field(ge=1, le=16), Neutral(3)] = 3
    target_channels: Annotated[Literal[1, 3, 4], Neutral(3)] = 3
    input_bits: Annotated[Literal[8, 16], Neutral(8)] = 8
    target_bits: Annotated[Literal[8, 16], Neutral(8)] = 8
    evaluation_split: Split = "test"
    selection_split: Split = "val"
    url: Annotated[str | None, AfterValidator(_address), WHEREABOUTS] = None
    sha256: Annotated[Sha256 | None, WHEREABOUTS] = None
    path: Annotated[str, WHEREABOUTS] = "data/own"
    sample_seed: Annotated[Whole, WHEREABOUTS] = 0
    sample_train: Annotated[Count, WHEREABOUTS] = 64
    sample_val: Annotated[Whole, WHEREABOUTS] = 16
    sample_test: Annotated[Whole, WHEREABOUTS] = 16

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures that the networks see, in pixels."""
        return sides(self.image_size)

    @property
    def size_in_words(self) -> str:
        """Width and height, as pictures' sizes are written everywhere: `512x256`."""
        return "{1}x{0}".format(*self.size)

    @property
    def has_pairs(self) -> bool:
        """Whether input and target of an example belong together; training may tear them apart all the same.

        Of a set without pairs each side has files of its own. Halves of one picture are pairs in any task.
        """
        return self.task != "unpaired" or self.inputs is None

    @property
    def single(self) -> bool:
        """Whether an example is made from one picture, and not from a pair."""
        return self.task in SINGLE

    @property
    def example(self) -> Literal["pair", "picture"]:
        """The word for an example: a picture if it is made from one, or if no other one is known to belong to it."""
        return "picture" if self.single or not self.has_pairs else "pair"

    @property
    def has_input(self) -> bool:
        """Whether an example has an input, and not only a target."""
        return self.task not in _WITHOUT_INPUT

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes of whole pictures, by class id; none for a task without them."""
        return picture_classes.names(self.classes, self.attribute)

    @property
    def halved(self) -> bool:
        """Whether the archive's pictures have two halves, which stand side by side."""
        return self.inputs is None and not (self.single and self.dataset in ("custom", *_WITHOUT_PAIRS))

    @property
    def label_field(self) -> Literal["input", "target"] | None:
        """The field that has the label maps; None if there are no classes."""
        if self.palette == "none":
            return None
        return "input" if (self.label_half == "left") == (self.direction == "left_to_right") else "target"

    @model_validator(mode="before")
    @classmethod
    def _known(cls, content: Any) -> Any:
        """The section with the data set's own values in place of `auto`, so that nobody else meets that word."""
        return _resolved(content) if isinstance(content, dict) else content

    @model_validator(mode="after")
    def _agree(self) -> "Data":
        self._check_task()
        picture_classes.agree(self.task, self.dataset, self.classes, self.attribute)
        self._check_palette()
        self._check_places()
        self._check_label_map()
        self._check_instances()
        self._check_splits()
        watched = self.dataset == "custom" or self.path != Data.model_fields["path"].default
        if watched and (allowed := refused_place(self.path)):
            raise ProblemError("path", self.path, allowed)
        if not words.called(self.dataset, self.name, self.url, self.path):
            raise ProblemError("name", self.name, "a word, as the place of the pairs has no letter to make a name of")
        return self

    def _check_task(self) -> None:
        """Check that the data set has what the task needs, and that single pictures have no classes and no partner."""
        if self.task != "pictures" and self.dataset in _WITHOUT_PAIRS:
            allowed = f"pictures, because {self.dataset} has single pictures in grey, without classes"
            raise ProblemError("task", self.task, allowed)
        if not self.single:
            return
        if self.palette != "none":
            raise ProblemError("palette", self.palette, f"none, because data.task: {self.task} has no label maps")
        for key in ("inputs", "targets"):
            if (value := getattr(self, key)) is not None:
                raise ProblemError(key, value, f"null, because an example of data.task: {self.task} is one picture")
        if self.task == "colourise":
            self._check_colours()

    def _check_colours(self) -> None:
        """Check that the input can be the grey of the target."""
        for key, value, needed, why in (
            ("input_channels", self.input_channels, 1, "the input is the photo's grey"),
            ("target_channels", self.target_channels, 3, "the target is the photo's colours"),
            ("input_bits", self.input_bits, self.target_bits, "the input is made of the target: data.target_bits"),
        ):
            if value != needed:
                raise ProblemError(key, value, f"{needed}, because with data.task: colourise {why}")

    def _check_palette(self) -> None:
        if self.palette == "cmp" and self.dataset not in ("facades", "sample", "custom"):
            raise ProblemError("palette", "cmp", f"none, or a list of the classes of {self.dataset}")
        palettes.agree(self.palette, self.ignore)

    def _check_places(self) -> None:
        """Check where the fields lie, if each has files of its own."""
        for key, other in (("inputs", self.targets), ("targets", self.inputs)):
            if getattr(self, key) is None and other is not None:
                raise ProblemError(key, None, "given, too: each field of a pair has a file of its own")
        if self.inputs is None:
            if palettes.has_ids(self.palette):
                raise ProblemError("palette", self.palette, "colours: ids need data.inputs and data.targets")
            return
        if self.dataset != "custom":
            raise ProblemError("inputs", self.inputs, f"null: the pairs of {self.dataset} are halves of one picture")
        if self.inputs == self.targets:
            raise ProblemError("targets", self.targets, "another place than data.inputs")
        for key, value in _as_halves(self.label_folder).items():
            if getattr(self, key) != value and not (key == "label_half" and self.palette == "none"):
                raise ProblemError(key, getattr(self, key), "auto, because data.inputs and data.targets are given")

    def _check_label_map(self) -> None:
        """Refuse label maps that are no 8-bit RGB: the palette's colours are."""
        label = self.label_field
        for key, needed in ((f"{label}_channels", 3), (f"{label}_bits", 8)) if label else ():
            if (value := getattr(self, key)) != needed:
                why = f"{needed}, because the {label} is a label map, with data.palette's colours; or `palette: none`"
                raise ProblemError(key, value, why)

    def _check_instances(self) -> None:
        """Refuse instance maps where no label map is the input, and where an example has none of its own."""
        if self.instances is None:
            return
        if self.inputs is None or self.task != "pairs":
            allowed = "null, except with data.task: pairs, data.inputs and data.targets"
        elif self.label_field != "input":
            allowed = "null, because the input is no label map with classes (data.palette, data.label_folder)"
        elif self.instances in (self.inputs, self.targets):
            allowed = "another place than data.inputs and data.targets"
        else:
            return
        raise ProblemError("instances", self.instances, allowed)

    def _check_splits(self) -> None:
        if self.evaluation_split == "none":
            raise ProblemError("evaluation_split", "none", "train, val, test or train:N")
        # Two splits train:N never share pairs, because evaluation takes its pairs first.
        if self.evaluation_split == self.selection_split and ":" not in self.selection_split:
            raise ProblemError(
                "selection_split",
                self.selection_split,
                "another split than data.evaluation_split (pictures that choose the model flatter it), or none",
            )
        if self.dataset in DRAWN:
            for key in ("evaluation_split", "selection_split"):
                split = getattr(self, key)
                if split in ("val", "test") and getattr(self, f"sample_{split}") == 0:
                    raise ProblemError(key, split, f"a split that is drawn, and data.sample_{split} is 0")
