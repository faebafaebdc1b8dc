"""Which files make an example: one picture, with both halves or whole, or a file for each field; and its split."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, permutations
from pathlib import PurePosixPath
from typing import NamedTuple

from pix2pix.base.errors import DataError, first_names, number_of
from pix2pix.data.picture_files import ALIKE, KEEP_ONE, SPLITS, SUFFIXES, caseless
from pix2pix.data.tasks import HALVES_LAYOUT, layout, places
from pix2pix.params import Data

# The name of a file that holds both halves, among the files of its pair.
BOTH = "both"
# Folders that well-known codes and data sets have for inputs and targets.
_KNOWN = (
    ("A", "B"),
    ("label", "img"),
    ("label", "photo"),
    ("labels", "photos"),
    ("labels", "images"),
    ("input", "target"),
    ("inputs", "targets"),
    ("masks", "images"),
    ("annotations", "images"),
)
# Folders of other names are taken for these if so few files are without partner, as a share of those with one; and only
# so many folders are compared.
_FEW, _MOST_FOLDERS = 0.1, 8

# The key that says where the files of a field are, and the word for one of them.
_SAID = {"input": "data.inputs", "instances": "data.instances", "target": "data.targets"}
_ONE = {"input": "input", "instances": "instance map", "target": "target"}

# The files of each pair: pair id -> field (or `BOTH`) -> name in the archive.
Pairs = dict[str, dict[str, str]]
# The entries of the list files, by split.
Lists = Mapping[str, Sequence[str]]


# The pictures of each side of a set without pairs: field -> id, which begins with the split -> name in the archive.
Sides = Mapping[str, Mapping[str, str]]


class Layout(NamedTuple):
    """The files of every pair, and what is odd about the others, in lines; or, of a set without pairs, its sides."""

    pairs: Pairs
    remarks: list[str]
    sides: Sides | None = None


def arranged(names: Sequence[str], lists: Lists, data: Data, archive: str) -> Layout:
    """Find the pairs among the pictures of an archive.

    Args:
        names: the names of the pictures, with / between their parts.
        lists: the entries of the files train.txt, val.txt and test.txt.
        data: the `data` section.
        archive: what messages call the archive.

    Raises:
        DataError: pictures lie elsewhere than in the layout that `data` says, or lack their partner.
    """
    where = places(data)
    if where is None:
        return Layout(_halves(names, archive, data), [])
    if not names:
        raise DataError(f"{archive}: holds no pictures; {layout(data)}")
    found = {field: _found(field, each, names, archive) for field, each in where.items()}
    used = {name for files in found.values() for name in files.values()}
    others = [name for name in names if name not in used]
    count = number_of(len(others), "picture")
    places_said = f"neither in {' nor in '.join(_SAID[field] for field in where)}"
    left = [f"{count} {places_said}: {first_names(sorted(others))}"] if others else []
    if not data.single:
        _refuse_shared(found, archive)
    if not data.has_pairs:
        if lists:
            raise DataError(f"{archive}: {next(iter(lists))}.txt lists pairs; without pairs, folders say the splits")
        return Layout({}, left, {field: _side(files, archive) for field, files in found.items()})
    if not data.single:
        _refuse_alone(found, archive)
    pairs, remarks = _in_splits(found, lists, archive)
    return Layout(pairs, [*remarks, *left])


# --- Both halves in one picture ----------------------------------------------------------------------------


def _halves(names: Sequence[str], archive: str, data: Data) -> Pairs:
    """The pairs of an archive whose pictures hold both halves. The id is the path below the top folder.

    One's own pictures may also lie in one folder without a split. They are in train then.

    Raises:
        DataError: there are no pictures, or some lie where they do not belong.
    """
    paths = {name: PurePosixPath(name).parts for name in names}
    if data.dataset == "custom" and _are_flat(names):
        paths = {name: ("train", parts[-1]) for name, parts in paths.items()}
    astray = [name for name, parts in paths.items() if len(parts) not in (2, 3) or parts[-2] not in SPLITS]
    tops = sorted({"/".join(parts[:-2]) for parts in paths.values()})
    if astray or not names or len(tops) > 1:
        what = (
            f"{number_of(len(astray), 'picture lies', 'pictures lie')} elsewhere: {first_names(astray)}"
            if astray
            else f"top folders: {first_names([top or 'none' for top in tops])}"
        )
        where = f"{HALVES_LAYOUT}, or all in one folder" if data.dataset == "custom" else HALVES_LAYOUT
        raise DataError(f"{archive}: {what if names else 'holds no pictures'}; {where}{_suggestion(names)}")
    _refuse_twins(names, lambda name: str(PurePosixPath(name).with_suffix("")))
    return {str(PurePosixPath(*parts[-2:]).with_suffix("")): {BOTH: name} for name, parts in paths.items()}


def _are_flat(names: Sequence[str]) -> bool:
    """Whether all pictures lie in one folder, below no split, and are not files of their own for inputs and targets."""
    paths = [PurePosixPath(name) for name in names]
    folders, stems = {path.parts[:-1] for path in paths}, {path.stem for path in paths}
    if len(folders) != 1 or not {*SPLITS}.isdisjoint(*folders):
        return False
    return len(stems) == len(names) or _fitting(names) is None  # without equal names nothing fits


def _refuse_twins(names: Iterable[str], key: Callable[[str], str]) -> None:
    """Refuse two files of one kind that have the same key, so that they would be the same part of the same pair."""
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(caseless(key(name)), name)
        if twin is not name:
            same = key(twin) == key(name)
            why = "the same name but for the suffix, which is no part of its name" if same else ALIKE
            raise DataError(f"{twin} and {name}: {why}; {KEEP_ONE}")


# --- A file for each field ---------------------------------------------------------------------------------


class _Key(NamedTuple):
    """What the files of a pair share: the split in their path, None if there is none, and the rest of the path."""

    split: str | None
    rest: tuple[str, ...]


class Place(NamedTuple):
    """Where the files of a field are: consecutive folders of their path, and what surrounds the `*` of the file name.

    Attributes:
        folders: none for any folder.
        before, after: None for any file name.
    """

    folders: tuple[str, ...]
    before: str | None = None
    after: str = ""

    def key(self, name: str) -> _Key | None:
        """What a file shares with the other files of its pair; None if the file is not in this place."""
        *folders, file = PurePosixPath(name).parts
        stem = self._stem(file)
        inside = self._without(tuple(folders))
        if stem is None or inside is None:
            return None
        split, rest = inside
        splits = [folder for folder in rest if folder in SPLITS]
        if split is None and len(splits) == 1:
            split = splits[0]
            rest = tuple(folder for folder in rest if folder != split)
        return _Key(split, (*rest, stem))

    def _stem(self, file: str) -> str | None:
        stem = PurePosixPath(file).stem
        if self.before is None:
            return stem
        whole = file if f".{self.after.rpartition('.')[2]}".lower() in SUFFIXES else stem
        fits = len(whole) > len(self.before) + len(self.after)
        if fits and whole.startswith(self.before) and whole.endswith(self.after):
            return whole[len(self.before) : len(whole) - len(self.after)]
        return None

    def _without(self, folders: tuple[str, ...]) -> _Key | None:
        """The folders of a file without those of this place."""
        wanted = len(self.folders)
        if not wanted:
            return _Key(None, folders)
        for start in range(len(folders) - wanted + 1):
            if folders[start : start + wanted] == self.folders:
                return _Key(None, folders[:start] + folders[start + wanted :])
        if wanted == 1:
            for number, folder in enumerate(folders):
                if split := _split_of(folder, self.folders[0]):
                    return _Key(split, folders[:number] + folders[number + 1 :])
        return None


def place(said: str) -> Place:
    """Read a value of `data.inputs`, `data.targets` or `data.instances`."""
    *folders, last = said.split("/")
    if "*" not in last:
        return Place((*folders, last))
    before, _, after = last.partition("*")
    return Place(tuple(folders), before, after)


def _split_of(folder: str, word: str) -> str | None:
    """The split in a folder's name that also says the field, such as trainA, train_label or A_train."""
    names = "|".join(SPLITS)
    found = re.fullmatch(rf"({names})[_-]?{re.escape(word)}|{re.escape(word)}[_-]?({names})", folder)
    return found[1] or found[2] if found else None


def _found(field: str, said: str, names: Sequence[str], archive: str) -> dict[_Key, str]:
    """The files of a field, whose place is `said`, by what they share with their partners.

    Raises:
        DataError: there are none, or two files have the same key.
    """
    where = place(said)
    keys = {name: key for name in names if (key := where.key(name)) is not None}
    if not keys:
        folders = sorted({"/".join(PurePosixPath(name).parts[:-1]) or "no folder" for name in names})
        raise DataError(
            f"{archive}: no picture is where {_SAID[field]}: {said} says; the pictures lie in {first_names(folders)}"
        )
    _refuse_twins(keys, lambda name: "/".join([keys[name].split or "", *keys[name].rest]))
    return {key: name for name, key in keys.items()}


def _refuse_shared(found: Mapping[str, Mapping[_Key, str]], archive: str) -> None:
    for one, other in combinations(found, 2):
        if shared := {*found[one].values()} & {*found[other].values()}:
            raise DataError(
                f"{archive}: both in {_SAID[one]} and in {_SAID[other]}: {first_names(sorted(shared))}; name places "
                "that do not overlap"
            )


def _refuse_alone(found: Mapping[str, Mapping[_Key, str]], archive: str) -> None:
    """Refuse files without a partner."""
    lines = []
    for field, other in ((one, two) for one, two in permutations(found, 2) if "input" in (one, two)):
        alone = sorted(name for key, name in found[field].items() if key not in found[other])
        if alone:
            partner = f"{'a' if other == 'target' else 'an'} {_ONE[other]}"
            lines.append(f"{number_of(len(alone), _ONE[field])} without {partner}: {first_names(alone)}")
    if lines:
        what = f"partners have the same path, but for the folders and endings that {_and(found)} name"
        none = "" if "instances" in found else "; data.task: unpaired needs no partners"
        raise DataError(f"{archive}: {'; '.join(lines)}; {what}{none}")


def _and(fields: Iterable[str]) -> str:
    """The keys of fields: `data.inputs and data.targets`."""
    *others, last = (_SAID[field] for field in fields)
    return f"{', '.join(others)} and {last}"


# --- Splits of pairs whose fields have files of their own ---------------------------------------------------


def _in_splits(found: Mapping[str, Mapping[_Key, str]], lists: Lists, archive: str) -> tuple[Pairs, list[str]]:
    """Give every pair its id, which begins with its split."""
    names_of = next(iter(found.values()))
    keys = list(names_of)
    what = "pair" if len(found) > 1 else "picture"
    without = _outside_splits(names_of, what, archive)
    top = _shared_folders([key.rest for key in keys])
    paths = {key: key.rest[top:] for key in keys}
    splits = {key: key.split or "train" for key in keys}
    remarks: list[str] = []
    if without and lists:
        splits, remarks = _listed(paths, _names(found), lists, archive, what)
    elif lists:
        remarks = [f"{', '.join(f'{split}.txt' for split in lists)} not used: the folders say the splits"]
    ids = {key: f"{split}/{'-'.join(paths[key])}" for key, split in splits.items()}
    _refuse_joined(ids.values(), what, archive)
    return {id_: {field: files[key] for field, files in found.items()} for key, id_ in ids.items()}, remarks


def _outside_splits(files: Mapping[_Key, str], what: str, archive: str) -> list[_Key]:
    """Return the keys without a split: all of them or none."""
    without = [key for key in files if key.split is None]
    if without and len(without) < len(files):
        names = sorted(files[key] for key in without)
        raise DataError(f"{archive}: some {what}s lie in train, val or test, and others do not: {first_names(names)}")
    return without


def _refuse_joined(ids: Iterable[str], what: str, archive: str) -> None:
    if twice := [id_ for id_, count in Counter(ids).items() if count > 1]:
        raise DataError(f"{archive}: folders and names that join to the same {what}: {first_names(twice)}; rename one")


def _side(files: Mapping[_Key, str], archive: str) -> dict[str, str]:
    """Give every picture of a side its id, which begins with its split."""
    _outside_splits(files, "picture", archive)
    top = _shared_folders([key.rest for key in files])
    ids = {key: f"{key.split or 'train'}/{'-'.join(key.rest[top:])}" for key in files}
    _refuse_joined(ids.values(), "picture", archive)
    return {ids[key]: name for key, name in files.items()}


def _shared_folders(paths: Sequence[tuple[str, ...]]) -> int:
    """How many folders all paths begin with in common."""
    count = 0
    while all(len(path) > count + 1 and path[count] == paths[0][count] for path in paths):
        count += 1
    return count


def _names(found: Mapping[str, Mapping[_Key, str]]) -> dict[str, _Key]:
    """The pairs by the names of their files without suffix, whole and without the folders that all of them lie in."""
    parts = {PurePosixPath(name).parts: key for files in found.values() for key, name in files.items()}
    top = _shared_folders(list(parts))
    return {
        str(PurePosixPath(*each).with_suffix("")): key for path, key in parts.items() for each in (path, path[top:])
    }


def _listed(
    paths: Mapping[_Key, tuple[str, ...]], names: Mapping[str, _Key], lists: Lists, archive: str, what: str
) -> tuple[dict[_Key, str], list[str]]:
    """The split of every example that a list names, by its path or by one of its files; and a line about the others.

    Raises:
        DataError: a list names what is no example, or two lists name the same example.
    """
    pairs = {"/".join(path): key for key, path in paths.items()}
    known = {**names, **pairs, **{"/".join(key.rest): key for key in paths}}
    splits: dict[_Key, str] = {}
    for split, entries in lists.items():
        keys = {entry: known.get(entry) or known.get(str(PurePosixPath(entry).with_suffix(""))) for entry in entries}
        if unknown := [entry for entry, key in keys.items() if key is None]:
            raise DataError(
                f"{archive}: {split}.txt names what is no {what}: {first_names(unknown)}; a line names a {what}, such "
                f"as {next(iter(pairs))}, or one of its files"
            )
        for entry, key in keys.items():
            if key and splits.setdefault(key, split) != split:
                raise DataError(f"{archive}: {entry} is both in {splits[key]}.txt and in {split}.txt; leave it in one")
    unlisted = ["/".join(path) for key, path in paths.items() if key not in splits]
    told = f"{number_of(len(unlisted), what)} in no list and not used: {first_names(sorted(unlisted))}"
    return splits, [told] if unlisted else []


def _suggestion(names: Sequence[str]) -> str:
    """Say what to set if the files lie as in a well-known layout of inputs and targets that have files of their own."""
    if fitting := _fitting(names):
        inputs, targets = fitting
        return (
            f"; these look like files of their own for inputs and targets: set data.inputs: {inputs!r} and "
            f"data.targets: {targets!r}, or the other way round"
        )
    return (
        "; if inputs and targets have files of their own, set data.inputs and data.targets; photos without partners "
        "can be learned from with data.task: colourise"
        if names
        else ""
    )


def _fitting(names: Sequence[str]) -> tuple[str, str] | None:
    """Return the values of `data.inputs` and `data.targets` by which the files are pairs, if there are such."""
    known = (*_KNOWN, ("*.png", "*.jpg"))
    for inputs, targets in (*known, *combinations(_folders(names), 2)):
        first, second = ({place(each).key(name) for name in names} - {None} for each in (inputs, targets))
        # Folders of unknown names, such as those of two data sets, may have some names in common by chance.
        both, alone = len(first & second), len(first ^ second)
        if both and ((inputs, targets) in known or alone <= _FEW * both):
            return inputs, targets
    return None


def _folders(names: Sequence[str]) -> list[str]:
    """The names of a few folders that pictures lie in, but for those of splits."""
    found = {part for name in names for part in PurePosixPath(name).parts[:-1]} - {*SPLITS}
    return sorted(found)[:_MOST_FOLDERS]
