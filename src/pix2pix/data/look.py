"""What a folder or an archive would be taken for: the checks of `prepare`, with nothing written but a picture."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from pix2pix import params
from pix2pix.base import files, pictures
from pix2pix.base.errors import DataError, number_of, one_line
from pix2pix.data import archive, caption, decoding, folders, inspection, picture_classes, splits, tasks
from pix2pix.data.inspection import Facts, Inspected
from pix2pix.data.labels import FAR
from pix2pix.data.picture_files import converted, passed_over
from pix2pix.data.splits import Role
from pix2pix.data.survey import Survey

Image = NDArray[np.uint8]
# So many pairs are drawn, and so many pictures are asked for the colours of their halves.
_DRAWN = 6
# Colours that make up this share of a half are all it has, but for edges; a label map has few.
_MOST, _FEW, _SHOWN = 0.95, 40, 12
_SAMPLED = 256
# So many sizes are named, the commonest ones.
_SIZES = 5
_TITLE = 16


class Look(NamedTuple):
    """What was seen.

    Attributes:
        lines: lines for people.
        refused: the lines that `prepare` would refuse with.
        picture: some examples, uint8 RGB; None if no picture can be used.
        shows: what the picture shows, in words.
    """

    lines: list[str]
    refused: list[str]
    picture: Image | None
    shows: str


def look(path: Path, data: params.Data, limits: params.Prepare) -> Look:
    """Inspect every picture of a folder or an archive, as `prepare` does.

    Args:
        path: the folder or archive.
        data: the `data` section that it is to be used with.
        limits: the `prepare` section.

    Raises:
        DataError: it is no archive that can be read, or holds no pictures in splits.
    """
    with _opened(path, data, limits) as (found, others), decoding.warnings_are_damage():
        survey = Survey(found.files, data)
        examples: dict[str, dict[str, Image]] = {}
        drawn = _spread(list(found.files))
        results = inspection.inspected(found, data, limits.max_pixels, found.files)
        for pair, result in zip(found.files, results, strict=True):
            survey.add(pair, result.facts if isinstance(result, Inspected) else result)
            if isinstance(result, Inspected) and pair in drawn:
                examples[pair] = result.example
        colours = _colours(found, [pair for pair in drawn if pair in examples], data, limits.max_pixels)
        roles, refused = _roles(found)
    refused += survey.refusals(roles)
    odd = survey.remarks(roles) if roles and not refused else []
    counted = _counted(path, data, survey, list(found.files)) if data.has_pairs else _sides(path, survey, found)
    lines = [*counted, *_meanings(data, survey, colours)]
    lines += [f"warning: {remark}" for remark in (*passed_over(others), *found.remarks, *odd)]
    return Look(lines, refused, _drawn(examples, data) if examples else None, _shows(data))


@contextmanager
def _opened(path: Path, data: params.Data, limits: params.Prepare) -> Iterator[tuple[archive.Pictures, list[str]]]:
    """The pictures of a folder or an archive, and the names of the files that packing a folder passes over."""
    with TemporaryDirectory() as folder:
        scratch, others = Path(folder), list[str]()
        packed = scratch / "archive" if path.is_dir() else files.regular(path)
        if path.is_dir():
            others = folders.pack(path, packed, data, limits)
        with archive.Pictures(packed, data, limits, scratch, str(path)) as found:
            yield found, others


def _roles(found: archive.Pictures) -> tuple[dict[Role, list[str]], list[str]]:
    """The ids of every role, and why there are none."""
    try:
        return found.roles(), []
    except DataError as error:
        return {}, [str(error)]


def _counted(path: Path, data: params.Data, survey: Survey, ids: list[str]) -> Iterator[str]:
    what = "picture" if data.halved else data.example
    yield f"{one_line(path)}: {number_of(len(ids), what)}: {splits.counted(ids)}"
    sizes = Counter((facts.width, facts.height, facts.input_size) for facts in survey.facts.values())
    for (width, height, given), count in sizes.most_common(_SIZES):
        if given is None:
            halves = f", halves of {width // 2}x{height}" if data.halved else ""
            yield f"  {number_of(count, 'picture')} of {width}x{height}{halves}"
        else:
            yield f"  {number_of(count, 'pair')} with inputs of {given[0]}x{given[1]} and targets of {width}x{height}"
    yield from _other_sizes(sizes, what)
    yield from (f"  {line}" for line in converted(survey.notes))


def _sides(path: Path, survey: Survey, found: archive.Pictures) -> Iterator[str]:
    """Count the pictures of each side of a set without pairs, in all, by role and by size.

    The records join a picture of each side, and repeat those of the smaller side.
    """
    sizes: dict[str, dict[str, tuple[int, int]]] = {"input": {}, "target": {}}
    for pair, facts in survey.facts.items():
        for field, name in found.files[pair].items():
            given = facts.input_size if field == "input" else None
            sizes[field][name] = given or (facts.width, facts.height)
    counts = {field: len({files[field] for files in found.files.values()}) for field in sizes}
    yield f"{one_line(path)}: {_both(counts)}, which need not belong together"
    yield from (f"  {role}: {_both(counts)}" for role, counts in found.counts.items())
    for field, each in sizes.items():
        by_size = Counter(each.values())
        for (width, height), count in by_size.most_common(_SIZES):
            yield f"  {number_of(count, field)} of {width}x{height}"
        yield from _other_sizes(by_size, field)
    yield from (f"  {line}" for line in converted(survey.notes))


def _other_sizes(sizes: Counter[Any], what: str) -> Iterator[str]:
    if others := sizes.most_common()[_SIZES:]:
        count = sum(count for _, count in others)
        yield f"  {number_of(count, what)} of {number_of(len(others), 'other size')}"


def _both(counts: Mapping[str, int]) -> str:
    return " and ".join(number_of(count, field) for field, count in counts.items())


def _meanings(data: params.Data, survey: Survey, colours: Mapping[str, str]) -> Iterator[str]:
    """What each part of a pair would be, how far it is from the palette, and its colours; then the classes."""
    task, found, where = tasks.task(data), list(survey.facts.values()), tasks.places(data)
    for name, half in sorted(tasks.halves(data).items(), key=lambda item: item[1]):
        place = f"{half} halves: {name}" if where is None else f"{_named(where[name])}: {name}"
        channels = "" if task[name].asked.is_plain else f" in {task[name].asked}"
        yield f"  {place}, {task[name].kind}{channels}{_far(name, found)}{colours.get(name, '')}"
    if where and task.has_instances:
        yield f"  {where['instances']}: instances, instance map"
    if data.single and task.given:
        yield f"  their grey: input, {task.given.kind}{colours.get('input', '')}"
    shares = [facts.shares for facts in found if facts.shares]
    for name in shares[0] if shares else ():
        yield f"  class {name}: {np.mean([each[name] for each in shares]):.1%}"
    known = [number for number in survey.class_ids.values() if number is not None]
    for name, count in picture_classes.counted(known, data.class_names).items():
        yield f"  class {name}: {number_of(count, 'picture')}"


def _named(place: str) -> str:
    return "all pictures" if place == tasks.ANYWHERE else place


def _far(name: str, found: Sequence[Facts]) -> str:
    far = [facts.far[name] for facts in found if facts.far]
    return f"; {np.mean(far):.0%} of pixels farther than {FAR} from all colours of the palette" if far else ""


def _colours(found: archive.Pictures, pairs: Sequence[str], data: params.Data, max_pixels: int) -> dict[str, str]:
    """Whether the fields of some pairs have few colours, as label maps have, and which these are."""
    counts: dict[str, Counter[tuple[int, ...]]] = {field.name: Counter() for field in tasks.task(data).fields}
    for pair in pairs:
        for name, full in inspection.read_pair(found.read(pair), data, max_pixels).to_look_at().items():
            _count(full, counts[name])
    return {name: _told(count) for name, count in counts.items() if count}


def _count(part: Image, counts: Counter[tuple[int, ...]]) -> None:
    """Add the pixels of a part of a picture to the counts of their colours."""
    sampled = pictures.resized(part, _SAMPLED, _SAMPLED, label=True)
    values, numbers = np.unique(sampled.reshape(-1, 3), axis=0, return_counts=True)
    counts.update(dict(zip(map(tuple, values.tolist()), numbers.tolist(), strict=True)))


def _told(count: Counter[tuple[int, ...]]) -> str:
    total, most = count.total(), count.most_common(_FEW)
    if len(count) > _FEW and all(len({*colour}) == 1 for colour in count):
        return f"; {len(count)} levels of grey"  # grey has few colours in any case
    if sum(number for _, number in most) < _MOST * total:
        return f"; {len(count):,} colours"
    shown = ", ".join(f"{list(colour)} {number / total:.0%}" for colour, number in most[:_SHOWN])
    return f"; few colours, as a label map has: {shown}{', …' if len(most) > _SHOWN else ''}"


def _spread(pairs: Sequence[str]) -> list[str]:
    count = min(_DRAWN, len(pairs))
    return [pairs[number * len(pairs) // count] for number in range(count)]


def _drawn(examples: Mapping[str, Mapping[str, Image]], data: params.Data) -> Image:
    """Examples below each other, input beside target, under a line that names them; single pictures in one row.

    The class of a single picture stands below it.
    """
    if names := data.class_names:
        return pictures.grid(
            [[caption.labelled(each["target"], names[int(each["class"])]) for each in examples.values()]]
        )
    if tasks.task(data).given is None:
        return pictures.grid([[example["target"] for example in examples.values()]])
    fields = ("input", "target")
    paper = pictures.grid([[example[name] for name in fields] for example in examples.values()])
    title = PillowImage.new("RGB", (paper.shape[1], _TITLE), "white")
    pen, task = ImageDraw.Draw(title), tasks.task(data)
    for number, name in enumerate(fields):
        words = f"{name}: {_source(name, data)}, {task[name].kind}"
        pen.text((pictures.GAP + number * paper.shape[1] // 2, 2), words, fill="black")
    return np.concatenate([np.asarray(title), paper])


def _shows(data: params.Data) -> str:
    """Say what is drawn."""
    if not data.has_input:
        return "some pictures"
    if not data.has_pairs:
        return "some inputs, each beside a target that need not belong to it"
    return f"some {data.example}s, input beside target"


def _source(name: str, data: params.Data) -> str:
    """Say in a few words where the values of a field come from."""
    cut, where = tasks.halves(data), tasks.places(data)
    if name not in cut:
        return "grey"
    return f"{cut[name]} half" if where is None else _named(where[name])
