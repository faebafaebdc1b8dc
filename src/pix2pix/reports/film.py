"""The sampled pairs as the training went on, and one of them epoch by epoch, beside what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pix2pix.base.pictures import GAP, Image
from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import Measure
from pix2pix.reports import layout
from pix2pix.reports.run import Run

_FRAMES = 8  # the most epochs whose samples are shown, besides those that a measure would choose
MOST_ROWS = 4  # the most rows of an epoch's samples that are shown
# The columns of the sample pictures of most systems, and those that no epoch changes.
USUAL, _KEPT = ("input", "generated", "real"), {"input", "real"}


@dataclass(frozen=True)
class Frame:
    """One picture after an epoch.

    Attributes:
        epoch: the epoch, from 1; None for the input and the real picture.
        name: what the picture is.
        picture: its data URI.
        figures: what was measured after the epoch, each in words.
        marks: why the epoch stands out, in words: a measure would choose it, or it is the model.
    """

    epoch: int | None
    name: str
    picture: str
    figures: list[str]
    marks: list[str]


@dataclass(frozen=True)
class Compared:
    """The epochs compared on the first sampled pair.

    Attributes:
        frames: the input, the pictures after some epochs, and the real picture.
        unseen: the epochs that a measure would choose and after which nothing was drawn, in words.
    """

    frames: list[Frame]
    unseen: list[str]


def strips(run: Run, names: Sequence[str] = USUAL) -> list[dict[str, Any]]:
    """Return the sampled pairs side by side: what stays the same, and what was generated after some epochs.

    Args:
        run: the run.
        names: the columns of the sample pictures, in words.

    Returns:
        Strips from top to bottom, each with `names`, `epoch` (None for what stays the same), and `rows`, a list of data
        URIs for each name. The first column that stays comes first, the others last.
    """
    if not run.samples:
        return []
    columns = {epoch: _columns(run.sample(epoch), run.size, names) for epoch in _shown(list(run.samples), ())}
    last = columns[max(columns)]
    kept = [{"names": [name], "epoch": None, "rows": [last[name]]} for name in names if name in _KEPT]
    return [*kept[:1], *(_strip(epoch, found) for epoch, found in columns.items()), *kept[1:]]


def _strip(epoch: int, columns: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the strip of an epoch: the columns that the epoch has changed."""
    changed = {name: uris for name, uris in columns.items() if name not in _KEPT}
    return {"names": list(changed), "epoch": epoch, "rows": list(changed.values())}


def compared(run: Run, names: Sequence[str] = USUAL) -> Compared | None:
    """Compare epochs on the first sampled pair; None if no pairs were put aside, or none were drawn.

    Args:
        run: the run.
        names: the columns of the sample pictures, in words.
    """
    if not run.samples or run.validation.empty:
        return None
    best = {row: _best(run, row) for row in _watched(run)}
    shown = _shown(list(run.samples), [epoch for epoch in best.values() if epoch in run.samples])
    columns = {epoch: _columns(run.sample(epoch), run.size, names, most=1) for epoch in shown}
    last = {name: uris[0] for name, uris in columns[max(columns)].items()}
    made = {epoch: found["generated"][0] for epoch, found in columns.items()}
    return Compared(
        [
            Frame(None, "input", last["input"], [], []),
            *(
                Frame(epoch, f"after epoch {epoch}", uri, _figures(run, epoch), _marks(run, epoch, best))
                for epoch, uri in made.items()
            ),
            Frame(None, "real", last["real"], [], []),
        ],
        [f"{row.short} would choose epoch {epoch}" for row, epoch in best.items() if epoch not in run.samples],
    )


def _shown(drawn: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Return at most `_FRAMES` of the drawn epochs, early ones more densely, and all that are wanted."""
    early = [epoch for epoch in drawn if epoch == drawn[-1] or str(epoch).rstrip("0") in ("1", "2", "5")]
    kept = early if len(drawn) > _FRAMES and len(early) > 2 else drawn
    spread = {round(number * (len(kept) - 1) / (_FRAMES - 1)) for number in range(_FRAMES)}
    return sorted({*(kept[number] for number in spread), *wanted})


def _watched(run: Run) -> list[Measure]:
    """Return the measures that were taken after each epoch."""
    return [row for row in measures.MEASURES if _column(row) in run.validation]


def _column(row: Measure) -> str:
    """Return the column of a measure in `validation.csv`; see `training.watched.column`."""
    return f"validation_{row.key}"


def _best(run: Run, row: Measure) -> int:
    """Return the epoch that a measure would choose: the first with the best value."""
    values = run.validation[_column(row)]
    return int(run.validation["epoch"].iloc[int(values.argmax() if row.higher_is_better else values.argmin())])


def _figures(run: Run, epoch: int) -> list[str]:
    found = run.validation[run.validation["epoch"] == epoch]
    return [f"{row.short} {row.show(float(found[_column(row)].iloc[0]))}" for row in _watched(run) if len(found)]


def _marks(run: Run, epoch: int, best: dict[Measure, int]) -> list[str]:
    ends = [f"best {row.short}" for row, chosen in best.items() if chosen == epoch]
    return [*ends, *(["the model"] if epoch == run.about.epoch else [])]


def _columns(sheet: Image, size: tuple[int, int], names: Sequence[str], most: int = MOST_ROWS) -> dict[str, list[str]]:
    """Return the pictures of a sample grid (see `pictures.grid`) by column.

    Args:
        sheet: uint8 RGB.
        size: width and height of a picture.
        names: the columns.
        most: the most rows.
    """
    width, height = size
    tops = range(GAP, sheet.shape[0] - height + 1, height + GAP)[:most]
    lefts = {name: GAP + number * (width + GAP) for number, name in enumerate(names)}
    return {
        name: [layout.data_uri(sheet[top : top + height, left : left + width]) for top in tops]
        for name, left in lefts.items()
    }
