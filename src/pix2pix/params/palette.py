"""The values of `data.palette` and `data.ignore`: the classes of label maps, their colours, and their ids in files."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from pix2pix.params.messages import ProblemError

Colour = tuple[int, int, int]
OWN_PAIRS = "auto: only for known data sets; `pix2pix look PATH` shows what your own pairs are"
_KINDS = (
    "cmp, none, or a mapping of class names to colours such as {road: [128, 64, 128]}, to the ids that the files have "
    "such as {road: 7}, or to both such as {road: {id: 7, colour: [128, 64, 128]}}"
)
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_LARGEST_ID = 65535
# The classes of the published façades, `cmp`, by the most frequent colour of each over all train and val label halves.
CMP: dict[str, Colour] = {
    "background": (0, 0, 222),
    "facade": (0, 48, 255),
    "window": (0, 128, 255),
    "door": (1, 207, 255),
    "cornice": (32, 255, 224),
    "sill": (112, 254, 142),
    "balcony": (192, 255, 63),
    "blind": (255, 240, 1),
    "deco": (255, 159, 0),
    "molding": (255, 80, 0),
    "pillar": (254, 0, 0),
    "shop": (174, 0, 1),
}
# Where files have ids, pixels without a class get the first of these colours that no class has.
_NO_CLASS: tuple[Colour, ...] = ((0, 0, 0), (255, 255, 255), (128, 128, 128))


class Entry(NamedTuple):
    """A class: its id in the files, None where they have its colour; and its colour, RGB of 0 to 255."""

    id: int | None
    colour: Colour


class Ignored(NamedTuple):
    """The pixels that have no class: their ids in the files, none where these have the colour; and their colour."""

    ids: frozenset[int]
    colour: Colour


def checked(value: Any) -> Any:
    """Return a value of `data.palette`.

    Raises:
        ValueError: it is neither a word nor a mapping of names to classes.
    """
    if value in ("cmp", "none"):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"must be {_KINDS} ({OWN_PAIRS})")
    check_names(value)
    for name, entry in value.items():
        _check_entry(name, entry)
    return value


def check_names(names: Iterable[Any]) -> None:
    """Check the names of classes.

    Raises:
        ValueError: one is no word that can be shown, or two look the same.
    """
    known = [*names]
    for name in known:
        if not isinstance(name, str):
            raise ValueError(f"must have words for the names of classes, not {name!r}")
        if not _is_name(name):
            raise ValueError(f"must have names of classes with letters and no control characters, not {name!a}")
    if twice := [name for name, count in Counter(map(_folded, known)).items() if count > 1]:
        raise ValueError(f"must have another name for every class, and {twice[0]!r} is there twice")


def _check_entry(name: str, entry: Any) -> None:
    if isinstance(entry, list):
        if not is_colour(entry):
            raise ProblemError(name, entry, "three whole numbers from 0 to 255: [red, green, blue]")
    elif isinstance(entry, dict):
        if set(entry) != {"id", "colour"} or not _is_id(entry["id"]) or not is_colour(entry["colour"]):
            raise ProblemError(name, entry, "an id and a colour, such as {id: 7, colour: [128, 64, 128]}")
    elif not _is_id(entry):
        raise ProblemError(name, entry, f"a colour [red, green, blue], or an id from 0 to {_LARGEST_ID}")


def _is_name(name: str) -> bool:
    """Whether a page, a table and a terminal show a name as it is; words of many scripts have joiners."""
    return bool(name.strip()) and all(letter.isprintable() or letter in _JOINERS for letter in name)


def _folded(name: str) -> str:
    """One form for names that look the same."""
    return " ".join(unicodedata.normalize("NFC", name).translate(dict.fromkeys(map(ord, _JOINERS))).split())


def is_colour(value: Any) -> bool:
    """Whether a value is a list of three whole numbers from 0 to 255."""
    return isinstance(value, list) and len(value) == 3 and all(type(c) is int and 0 <= c <= 255 for c in value)


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST_ID


def entries(palette: dict[str, Any]) -> dict[str, Entry]:
    """Return the classes of a palette in their order. A class whose colour is not given gets one by its place."""
    return {name: _entry(place, entry) for place, (name, entry) in enumerate(palette.items())}


def _entry(place: int, entry: Any) -> Entry:
    if isinstance(entry, list):
        return Entry(None, _colour(entry))
    if isinstance(entry, dict):
        return Entry(entry["id"], _colour(entry["colour"]))
    return Entry(entry, _colour_of_place(place))


def _colour(value: Sequence[int]) -> Colour:
    red, green, blue = value
    return red, green, blue


def _colour_of_place(place: int) -> Colour:
    """The colour of a class by its place from 0: the colour map of PASCAL VOC, after its black."""
    colour, rest = [0, 0, 0], place + 1
    for shift in range(7, -1, -1):
        for channel in range(3):
            colour[channel] |= (rest >> channel & 1) << shift
        rest >>= 3
    return _colour(colour)


def has_ids(palette: Any) -> bool:
    """Whether the files of label maps have class ids instead of colours."""
    return isinstance(palette, dict) and any(entry.id is not None for entry in entries(palette).values())


def ignored(palette: Any, ignore: Any) -> Ignored | None:
    """Return the pixels that have no class, as checked values of `data.palette` and `data.ignore` say it."""
    if ignore is None:
        return None
    classes = entries(palette)
    if not has_ids(palette):
        return Ignored(frozenset(), _colour(ignore))
    used = {entry.colour for entry in classes.values()}
    free = next(colour for colour in _NO_CLASS if colour not in used)
    return Ignored(frozenset([ignore] if isinstance(ignore, int) else ignore), free)


def _from_file(value: Any) -> Any:
    return dict(value) if isinstance(value, list) and all(isinstance(e, list) and len(e) == 2 for e in value) else value


def _to_file(value: Any) -> Any:
    return [[name, entry] for name, entry in value.items()] if isinstance(value, dict) else value


# A value of `data.palette` in a JSON file. There a list of names and classes keeps their order: mappings are sorted.
InFile = Annotated[Any, BeforeValidator(_from_file), AfterValidator(checked), PlainSerializer(_to_file)]


def agree(palette: Any, ignore: Any) -> None:
    """Check the classes against each other and against the pixels without a class.

    Raises:
        ProblemError: they contradict each other.
    """
    classes = entries(palette) if isinstance(palette, dict) else {}
    if classes:
        _check_classes(palette, classes)
    _check_ignore(palette, classes, ignore)


def _check_classes(palette: dict[str, Any], classes: dict[str, Entry]) -> None:
    ids = [entry.id for entry in classes.values()]
    if not 2 <= len(classes) <= 255:
        raise ProblemError("palette", palette, "two to 255 classes")
    if has_ids(palette) and None in ids:
        raise ProblemError("palette", palette, "ids for all classes or for none")
    if has_ids(palette) and len(set(ids)) < len(ids):
        raise ProblemError("palette", palette, "a different id for every class")
    if len({entry.colour for entry in classes.values()}) < len(classes):
        raise ProblemError("palette", palette, "a different colour for every class")


def _check_ignore(palette: Any, classes: dict[str, Entry], ignore: Any) -> None:
    if ignore is None:
        return
    if not classes:
        raise ProblemError("ignore", ignore, "null, except with a palette of your own")
    if not has_ids(palette):
        if not is_colour(ignore) or _colour(ignore) in {entry.colour for entry in classes.values()}:
            raise ProblemError("ignore", ignore, "null, or the colour of pixels without a class: [red, green, blue]")
        return
    ids = ignore if isinstance(ignore, list) else [ignore]
    if not ids or not all(map(_is_id, ids)) or {*ids} & {entry.id for entry in classes.values()}:
        raise ProblemError("ignore", ignore, "null, or the id of pixels without a class, or a list of such ids")
    if {*_NO_CLASS} <= {entry.colour for entry in classes.values()}:
        raise ProblemError("palette", "black, white and grey", "without one of these colours: data.ignore needs it")
