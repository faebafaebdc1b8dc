"""Whether pictures are what `params.yaml` says they are: single ones, or pairs; label maps in the palette's colours.

The limits are from the 500 published façades (docs/data.md): of a label map 23% of the pixels are far from every
colour of the palette on average and 54% in the worst one, of a photo at least 99.9%; the halves of a pair differ by 84
levels at least.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np

from pix2pix.base.errors import number_of
from pix2pix.data.fit import STRETCHED, changes_proportions
from pix2pix.data.inspection import Facts
from pix2pix.data.labels import FAR, WORST_FAR, Palette, classes_of
from pix2pix.data.tasks import halves, places, task
from pix2pix.params import Data, Fit

# Label maps of which more is far from the palette are none, on average; see `WORST_FAR` for each by itself.
_MOST_FAR = 0.6
# So many pixels of a grey label map may have the exact colour of no class.
MOST_ASTRAY = 0.05
# If more is far than usual, and the other half is nearer to the palette by so much, that one holds the label maps.
_UNUSUAL, _NEARER = 0.4, 0.2
# Halves that differ by less are one picture twice; JPEG moves a picture by less.
_SAME = 2.0
# Halves that are this much narrower than the proportions of data.image_size do not stand side by side.
_NARROWEST = 0.25
# What each rule does to pictures of other proportions, and what would not.
_FITS: dict[Fit, str] = {
    "resize": "changes their proportions; crop and pad do not",
    "crop": "cuts off what is beyond them",
    "pad": "continues their edges",
}
# A class with more of all pixels is nearly everything.
_NEARLY_ALL = 0.95
# Grey label maps with no more values are taken for maps of class ids.
_MOST_IDS = 64
# How far lossy compression moves colours, Euclidean in RGB: if two classes are so far apart, JPEG of quality 75 makes
# at most 1% of the pixels within a patch nearer to the other colour (docs/data.md). Those of cmp are 58 apart at least.
_LOSSY_NOISE = 25
# 16-bit pictures whose largest value is a smaller part of the range have fewer bits, most likely.
_BRIGHT = 0.25
NAMED = 5


def refusals(found: Sequence[Facts], data: Data) -> list[str]:
    """Why pictures cannot be meant as `data` says, in lines that say what was seen and what to do; none if they can.

    Args:
        found: the facts about every pair of the archive.
        data: the `data` section.
    """
    size = data.size if places(data) is None else None
    labels = list(_wrong_labels(found, data)) or list(_one_class(found)) or list(_astray(found, data))
    return [*labels, *_no_pairs(found, size, data)]


def remarks(found: Sequence[Facts], data: Data) -> list[str]:
    """What is odd about the training pairs and no reason to refuse them, in lines.

    Args:
        found: the facts about the training pairs.
        data: the `data` section.
    """
    shares = _mean_shares(found)
    never = [name for name, share in shares.items() if share == 0]
    lines = [
        f"class {name} has {share:.1%} of all training pixels: scores of classes say little"
        for name, share in shares.items()
        if share > _NEARLY_ALL
    ]
    if never:
        lines.append(f"{number_of(len(never), 'class', 'classes')} never in training: {named(never)}")
    same = [facts.id for facts in found if _are_same(facts)]
    if same:
        lines.append(_told_same(same, data))
    return [*lines, *_dark(found), *_bleeding(found, classes_of(data))]


def _dark(found: Sequence[Facts]) -> Iterator[str]:
    """Fields of 16 bits whose values use a small part of the range."""
    tops = [facts.tops for facts in found if facts.tops]
    for name in tops[0] if tops else ():
        top = max(each[name] for each in tops)
        if top < _BRIGHT * 65535:
            yield (
                f"{name}: the largest value of all training pictures is {top:,} of 65,535, so the networks see "
                f"{top / 65535:.0%} of the range, and the pictures are shown dark; multiply the values, "
                "all by one number, if they have fewer bits than 16"
            )


def proportions(found: Sequence[Facts], data: Data) -> list[str]:
    """How many pairs have other proportions than `data.image_size`, and what `data.fit` does to them: a line, or none.

    Args:
        found: the facts about the pairs of all roles.
        data: the `data` section.
    """
    others = [
        facts.id
        for facts in found
        if any(changes_proportions(size, data.size, by=STRETCHED) for size in _sizes(facts, data))
    ]
    if not others:
        return []
    what = "halves" if places(data) is None else "pictures"
    of = number_of(len(found), data.example)
    return [
        f"{what} of other proportions than {data.size_in_words} in {len(others)} of {of}: "
        f"{named(others)}; data.fit: {data.fit} {_FITS[data.fit]}"
    ]


def _sizes(facts: Facts, data: Data) -> Iterator[tuple[int, int]]:
    """Yield the height and width of a half, or of each field's own file."""
    parts_of_one = 2 if places(data) is None else 1
    yield facts.height, facts.width // parts_of_one
    if facts.input_size is not None:
        width, height = facts.input_size
        yield height, width


def _bleeding(found: Sequence[Facts], palette: Palette | None) -> Iterator[str]:
    """Classes whose colours lossy compression does not keep apart, where label maps were compressed so."""
    lossy = [facts.id for facts in found if facts.lossy]
    if palette is None or not lossy:
        return
    classes = zip(palette.names, palette.colours.astype(float), strict=True)
    for (one, colour), (other, neighbour) in combinations(classes, 2):
        apart = float(np.linalg.norm(colour - neighbour))
        if apart < _LOSSY_NOISE:
            yield (
                f"classes {one} and {other} are {apart:.0f} apart in colour, and lossy "
                f"compression (JPEG and the like) moves colours by up to {_LOSSY_NOISE}, so pixels of one count as the "
                f"other in {number_of(len(lossy), 'training picture')}: {named(lossy)}; save label maps as PNG, or in "
                "colours that are farther apart"
            )


def named(names: Sequence[str]) -> str:
    """At most five names, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _wrong_labels(found: Sequence[Facts], data: Data) -> Iterator[str]:
    """Label maps that have not the palette's colours."""
    if data.palette == "none":
        return
    label, other = task(data).label.name, task(data).photo.name
    far = {name: float(np.mean([facts.far[name] for facts in found if facts.far])) for name in (label, other)}
    if far[label] > _UNUSUAL and far[other] < far[label] - _NEARER:
        seen = f"{_share(far[other])} against {_share(far[label])}"
        yield (
            f"the {parts(data, other)} have the palette's colours, the {parts(data, label)} do not ({seen} of the "
            f"pixels are far from all of them): set {_swapped(data, label, other)}"
        )
    elif far[label] > _MOST_FAR:
        yield (
            f"the {parts(data, label)} do not have the palette's colours: {_share(far[label])} of their pixels are "
            f"farther than {FAR} from all of them, and {_share(far[other])} in the {parts(data, other)}"
            f"{_ids(found)}; set data.palette to the colours of the label maps (`none` if there are none)"
        )
    else:
        each = {facts.id: facts.far[label] for facts in found if facts.far}
        wrong = [f"{pair} ({_share(share)})" for pair, share in each.items() if share > WORST_FAR]
        if wrong:
            yield (
                f"{number_of(len(wrong), 'label map')} without the palette's colours among the {parts(data, label)}, "
                f"by the share of pixels that are farther than {FAR} from all of them: {named(wrong)}; take them out, "
                "or add their colours to data.palette"
            )


def _astray(found: Sequence[Facts], data: Data) -> Iterator[str]:
    """Label maps in grey with values that no class has, such as class ids."""
    # Lossy compression moves the values of grey maps, too.
    shares = {facts.id: facts.astray for facts in found if facts.astray is not None and not facts.lossy}
    wrong = [f"{pair} ({_share(share)})" for pair, share in shares.items() if share > MOST_ASTRAY]
    if wrong:
        yield (
            f"{number_of(len(wrong), 'label map')} in grey among the {parts(data, task(data).label.name)}, by the "
            f"share of pixels that have the colour of no class: {named(wrong)}; class ids need a palette such as "
            "{road: 7, sky: 23}"
        )


def parts(data: Data, name: str) -> str:
    """What people call all values of a field in the archive: `left halves`, or `inputs`."""
    return f"{halves(data)[name]} halves" if places(data) is None else f"{name}s"


def _swapped(data: Data, label: str, other: str) -> str:
    """What to set if the label maps are where the photos should be."""
    if data.instances is not None:
        return "data.inputs and data.targets, which change places"
    if places(data) is not None:
        return f"data.label_folder: {other}s, or let data.inputs and data.targets change places"
    turned = "left_to_right" if data.direction == "right_to_left" else "right_to_left"
    return f"data.label_half: {halves(data)[other]}, and data.direction: {turned} if the {label} is to be the label map"


def _ids(found: Sequence[Facts]) -> str:
    """What label maps seem to be that are grey, with few values."""
    greys = [facts.greys for facts in found if facts.greys is not None and facts.greys <= _MOST_IDS]
    if 2 * len(greys) <= len(found):
        return ""
    most = number_of(max(greys), "value")
    return f"; they are grey with {most} at most: class ids need a palette such as {{road: 7, sky: 23}}"


def _one_class(found: Sequence[Facts]) -> Iterator[str]:
    shares = _mean_shares(found)
    if empty := [facts.id for facts in found if facts.shares and not any(facts.shares.values())]:
        yield (
            f"{number_of(len(empty), 'label map')} without a single pixel that has a class, because data.ignore leaves "
            f"all of them out: {named(empty)}; take them out"
        )
    for name, share in shares.items():
        if share == 1:
            yield (
                f"every pixel of every label map is nearest to the colour of {name}, so there is nothing to tell "
                f"apart{_ids(found)}; set data.palette to the colours of the label maps (`none` if there are none)"
            )


def _told_same(same: Sequence[str], data: Data) -> str:
    """Name the training pairs whose input is their target, or the photos whose colours are grey."""
    if data.task == "colourise":
        return f"no colour in {number_of(len(same), 'training picture')}, which teach nothing: {named(same)}"
    return f"input and target alike in {number_of(len(same), f'training {data.example}')}: {named(same)}"


def _no_pairs(found: Sequence[Facts], size: tuple[int, int] | None, data: Data) -> Iterator[str]:
    """Pictures that make no pairs; `size` is that of the halves, None if each field has files of its own."""
    narrow = [f"{facts.id} ({facts.width // 2}x{facts.height})" for facts in found if size and _is_narrow(facts, size)]
    if narrow:
        yield (
            f"{number_of(len(narrow), 'picture')} with absurdly narrow halves: {named(narrow)}; input and target "
            "stand side by side, not above each other"
        )
    for says, sign in _NO_COLOUR if data.task == "colourise" else _SIGNS:
        which = [facts.id for facts in found if sign(facts)]
        if 2 * len(which) > len(found):
            yield f"in {len(which)} of {number_of(len(found), data.example)} {says} ({named(which)})"


_Signs = tuple[tuple[str, Callable[[Facts], bool]], ...]
_NO_COLOUR: _Signs = (
    ("the photo has no colour, so there is nothing to learn; take photos in colour", lambda facts: _are_same(facts)),
)
_SIGNS: _Signs = (
    (
        "input and target are the same picture; they have to differ",
        lambda facts: _are_same(facts),
    ),
    (
        "the pixels go on across the middle, as in a single picture that is cut in two; put input and target side by "
        "side into one file, or set data.inputs and data.targets if they have files of their own; photos without "
        "partners can be learned from with data.task: colourise",
        lambda facts: facts.goes_on,
    ),
)


def _are_same(facts: Facts) -> bool:
    """Whether input and target are one picture twice."""
    return facts.difference is not None and facts.difference < _SAME


def _is_narrow(facts: Facts, size: tuple[int, int]) -> bool:
    height, width = size
    return facts.width / 2 * height <= _NARROWEST * facts.height * width


def _mean_shares(found: Sequence[Facts]) -> dict[str, float]:
    shares = [facts.shares for facts in found if facts.shares]
    return {name: float(np.mean([each[name] for each in shares])) for name in shares[0]} if shares else {}


def _share(value: float) -> str:
    return f"{value:.0%}"
