"""The page of a run whose generator makes pictures from noise. `sample_report.html` has the words."""

from typing import Any

from pix2pix.base.pictures import GAP, Image
from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import SAMPLES
from pix2pix.params import Params
from pix2pix.reports import layout, parts, scoreboard
from pix2pix.reports.layout import Gallery, Order, Picture, Tile
from pix2pix.reports.run import Run

_FRAMES = 8  # the most epochs whose samples are shown
_OPENING = 8  # the pictures at the top of the page
_SHOWN = 48  # the pictures that the gallery shows at first
_ORDERS = [
    Order("place", "Number", "First", "Last", descending=False),
    Order("nearest_l1", "Distance", "Nearest to training", "Farthest from training", descending=False),
]


def of_run(params: Params, run: Run) -> str:
    """Return the page as HTML.

    Raises:
        DataError: an input is missing or damaged, or a value in it is impossible.
    """
    ids = layout.spread(run.ranked, 2, run.size)
    subjects = [(key, run.subject(key)["name"], run.subject(key)) for key in run.subjects.index]
    return layout.render(
        "sample_report.html",
        **parts.shared(params, run),
        rank=run.ranking,
        scored=measures.of(SAMPLES),
        board_=scoreboard.board(subjects, measures.of(SAMPLES), "generated"),
        opening=[layout.data_uri(run.picture(id_, "generated")) for id_ in run.images.index[:_OPENING]],
        gallery_=Gallery([_tile(run, id_) for id_ in ids], _ORDERS, _SHOWN, len(run.images), columns=2, small=True),
        interpolations=_rows(run.interpolations(), run.size),
        film=_film(run),
        way_back=None,
        segmenter_warning="",
        shares={},
        colours={},
        classes={},
        by_colour=False,
    )


def _tile(run: Run, id_: str) -> Tile:
    row = run.image(id_)
    distance = f"{row['nearest_l1']:.3f}"
    return Tile(
        id=f"sample {row['place'] + 1}",
        values={order.key: row[order.key] for order in _ORDERS},
        words=f"L1 {distance}",
        figures={"nearest in training": row["nearest"], "L1 to it": distance},
        pictures=[
            Picture("generated", layout.data_uri(run.picture(id_, "generated"))),
            Picture("nearest training picture", layout.data_uri(run.picture(id_, "nearest")), hidden=True),
        ],
    )


def _film(run: Run) -> list[dict[str, Any]]:
    """Return the samples from the same noise after some epochs: `{"epoch": int, "pictures": URIs}`, first to last."""
    epochs = list(run.samples)
    spread = sorted({round(i * (len(epochs) - 1) / (_FRAMES - 1)) for i in range(_FRAMES)}) if epochs else []
    return [{"epoch": epochs[i], "pictures": _rows(run.sample(epochs[i]), run.size)[0]} for i in spread]


def _rows(sheet: Image, size: tuple[int, int]) -> list[list[str]]:
    """Return the pictures of a sheet (see `pictures.grid`) row by row; `size` is width and height of a picture."""
    width, height = size
    tops = range(GAP, sheet.shape[0] - height + 1, height + GAP)
    lefts = range(GAP, sheet.shape[1] - width + 1, width + GAP)
    return [[layout.data_uri(sheet[top : top + height, left : left + width]) for left in lefts] for top in tops]
