"""The class of each picture (`data.task: labelled`): its folder says it, a list, or the label map beside a photo."""

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath

from pix2pix.base.errors import DataError, first_names, number_of
from pix2pix.data import decoding, halves, tasks
from pix2pix.data.channels import Asked
from pix2pix.data.labels import CMP, FAR, WORST_FAR
from pix2pix.data.layouts import Pairs
from pix2pix.data.picture_files import TABLE
from pix2pix.data.splits import Role
from pix2pix.params import Data
from pix2pix.params.messages import listed

_FILE, _CLASS = "file", "class"
# Training has to see every class, and evaluation judges every class.
_NEED_ALL: tuple[Role, ...] = ("train", "evaluation")


def of_files(pictures: Pairs, tables: Mapping[str, bytes], data: Data, archive: str) -> dict[str, int]:
    """Return the class id of each picture by the picture's id, as folders or a list say; empty without `data.classes`.

    A list counts for all pictures. Without one, the class is the folder in the picture's path, at any depth, that has
    the name of a class.

    Args:
        pictures: the files of every example; see `layouts.Pairs`.
        tables: the lists (`picture_files.TABLE`) by their names in the archive.
        data: the `data` section.
        archive: what messages call the archive.

    Raises:
        DataError: a picture has no class or several, or a list cannot be used.
    """
    if data.classes is None:
        return {}
    files = {id_: parts["target"] for id_, parts in pictures.items()}
    if len(tables) > 1:
        raise DataError(f"{archive}: several lists of classes: {first_names(sorted(tables))}; leave one")
    if tables:
        ((name, contents),) = tables.items()
        named = _by_table(files, name, contents, data.classes)
    else:
        named = _by_folder(files, data.classes, archive)
    numbers = {_plain(name): number for number, name in enumerate(data.classes)}
    return {id_: numbers[_plain(name)] for id_, name in named.items()}


def _plain(name: str) -> str:
    """Return one form of a name: programs write the same accents in several ways."""
    return unicodedata.normalize("NFC", name)


def _by_folder(files: Mapping[str, str], classes: Sequence[str], archive: str) -> dict[str, str]:
    known = {*map(_plain, classes)}
    found = {id_: known & {*map(_plain, PurePosixPath(name).parts[:-1])} for id_, name in files.items()}
    for what, which in (
        ("no folder of a class", [files[id_] for id_, folders in found.items() if not folders]),
        ("folders of several classes", [files[id_] for id_, folders in found.items() if len(folders) > 1]),
    ):
        if which:
            raise DataError(
                f"{archive}: {number_of(len(which), 'picture')} in {what}: {first_names(sorted(which))}; the classes "
                f"are {listed(classes)} (data.classes); or list all pictures in {TABLE}, columns {_FILE} and {_CLASS}"
            )
    return {id_: folders.pop() for id_, folders in found.items()}


# --- A list of the pictures ---------------------------------------------------------------------------------


def _by_table(files: Mapping[str, str], name: str, contents: bytes, classes: Sequence[str]) -> dict[str, str]:
    """Return the class of each picture, by its id; a list names pictures by their paths from its own folder."""
    rows = _rows(name, contents)
    ids = _ids(files, PurePosixPath(name).parent)
    _refuse(name, "what is no picture", [file for file, _ in rows if file not in ids])
    counts = Counter(ids[file] for file, _ in rows)
    _refuse(name, "pictures twice", [files[id_] for id_, count in counts.items() if count > 1])
    known = {*map(_plain, classes)}
    unknown = [f"{class_ or 'no class'} ({file})" for file, class_ in rows if _plain(class_) not in known]
    _refuse(name, f"classes other than {listed(classes)} (data.classes)", unknown)
    if left := sorted(files[id_] for id_ in files.keys() - counts.keys()):
        raise DataError(f"{name}: {number_of(len(left), 'picture')} without a class: {first_names(left)}; add a line")
    return {ids[file]: class_ for file, class_ in rows}


def _refuse(name: str, what: str, which: list[str]) -> None:
    if which:
        raise DataError(f"{name}: names {what}: {first_names(which)}")


def _rows(name: str, contents: bytes) -> list[tuple[str, str]]:
    """Return the file and the class of each line."""
    try:
        table = csv.DictReader(io.StringIO(contents.decode("utf-8-sig"), newline=""), strict=True)
        header = [column.strip() for column in table.fieldnames or ()]
        table.fieldnames = header
        if not {_FILE, _CLASS} <= {*header}:
            raise DataError(
                f"{name}: its first line has the columns {first_names(header) or 'none'}; it needs {_FILE} and "
                f"{_CLASS}, with a comma between them"
            )
        return [(_path(row[_FILE] or ""), (row[_CLASS] or "").strip()) for row in table]
    except (UnicodeDecodeError, csv.Error):
        raise DataError(f"{name}: a list of classes that is no CSV in UTF-8") from None


def _path(file: str) -> str:
    return _plain(str(PurePosixPath(file.strip().replace("\\", "/"))))


def _ids(files: Mapping[str, str], home: PurePosixPath) -> dict[str, str]:
    """Return the id of each picture by its path from a folder, with and without its suffix."""
    paths = {id_: PurePosixPath(_plain(name)) for id_, name in files.items()}
    inside = {id_: path.relative_to(home) for id_, path in paths.items() if path.is_relative_to(home)}
    return {str(each): id_ for id_, path in inside.items() for each in (path.with_suffix(""), path)}


# --- The label map beside a photo ---------------------------------------------------------------------------


def by_label_map(picture: bytes, data: Data, max_pixels: int) -> int:
    """Return 1 if the class `data.attribute` covers at least `data.attribute_share` of a label map, otherwise 0.

    The pixels are those of the archive, before any resizing; each has the class of the nearest colour.

    Args:
        picture: the contents of the file with both halves.
        data: the `data` section.
        max_pixels: the most pixels that the file may have.

    Raises:
        DataError: the file cannot be decoded, or the half beside the photo is no label map.
    """
    half: tasks.Half = "left" if tasks.halves(data)["target"] == "right" else "right"
    label, _ = decoding.decode(picture, partial(halves.refuse, max_pixels), Asked(), half)
    classes = CMP.classes(label)
    if (far := CMP.far(label, classes)) > WORST_FAR:
        raise DataError(
            f"its {half} half is no label map: {far:.0%} of its pixels are farther than {FAR} from all colours of cmp"
        )
    return int(CMP.shares(classes)[CMP.names.index(str(data.attribute))] >= data.attribute_share)


# --- The classes of the roles -------------------------------------------------------------------------------


def counted(class_ids: Sequence[int], names: Sequence[str]) -> dict[str, int]:
    """Return how many of the pictures each class has, by its name."""
    counts = Counter(class_ids)
    return {name: counts[number] for number, name in enumerate(names)}


def refusals(class_ids: Mapping[str, int | None], roles: Mapping[Role, Sequence[str]], data: Data) -> Iterator[str]:
    """Yield a line for each class that training or evaluation has no picture of.

    Args:
        class_ids: the class of each picture, by its id.
        roles: the ids of every role.
        data: the `data` section.
    """
    for role in _NEED_ALL:
        for name in _lacking(class_ids, roles, role, data):
            split = "train" if role == "train" else data.evaluation_split
            cure = "another data.attribute_share" if data.attribute else "more pictures of it"
            yield f"no picture of the class {name} in {split}, which is for {role}; take another split, or {cure}"


def remarks(class_ids: Mapping[str, int | None], roles: Mapping[Role, Sequence[str]], data: Data) -> Iterator[str]:
    """Yield a line for each class that the selection has no picture of; see `refusals`."""
    for name in _lacking(class_ids, roles, "selection", data):
        yield f"no picture of the class {name} in {data.selection_split}, which chooses the epoch"


def _lacking(
    class_ids: Mapping[str, int | None], roles: Mapping[Role, Sequence[str]], role: Role, data: Data
) -> list[str]:
    there = {class_ids[id_] for id_ in roles.get(role, ())}
    return [name for number, name in enumerate(data.class_names) if number not in there and role in roles]
