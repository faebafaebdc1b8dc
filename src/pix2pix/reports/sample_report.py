"""The page of a run whose generator makes pictures from noise. `sample_report.html` has the words."""

from typing import Any

import pandas as pd

from pix2pix.evaluation import distances, measures
from pix2pix.evaluation.asked_class import class_figure
from pix2pix.evaluation.intervals import BOUNDS
from pix2pix.evaluation.measure import ASKED, HELD_OUT, Measure
from pix2pix.params import Params
from pix2pix.reports import layout, parts, scoreboard
from pix2pix.reports.layout import Gallery, Order, Picture, Tile
from pix2pix.reports.results import Figures
from pix2pix.reports.run import Run

_FRAMES = 8  # the most epochs whose samples are shown
_OPENING = 8  # the pictures at the top of the page
_SHOWN = 48  # the pictures that the gallery shows at first
_ORDERS = [
    Order("place", "Number", "First", "Last", descending=False),
    Order("nearest_l1", "Distance", "Nearest to training", "Farthest from training", descending=False),
]
_BY_CLASS = Order("right", "Class", "Asked class read", "Another class read", descending=True)


def of_run(params: Params, run: Run) -> str:
    """Return the page as HTML.

    Raises:
        DataError: an input is missing or damaged, or a value in it is impossible.
    """
    ids = layout.spread(run.ranked, 2, run.size)
    film, scored = _film(run), measures.of_noise(bool(run.about.classes))
    subjects = [(key, run.subject(key)["name"], run.subject(key)) for key in run.subjects.index]
    return layout.render(
        "sample_report.html",
        **parts.shared(params, run),
        rank=run.rank,
        scored=scored,
        ceilings={measure.key: measure.figure(_ceiling(measure)) for measure in scored},
        lead_of_asked=measures.lead(ASKED),
        matrices={name: _matrix(run.confusions[name]) for name in run.confusions if run.about.classes},
        each_class=_each_class(run),
        board_=scoreboard.board(subjects, scored, "generated"),
        boards={"distances": scoreboard.board(subjects, measures.SETS, "generated")},
        cautions=distances.cautions(len(run.images), run.scores),
        opening=[layout.data_uri(run.picture(id_, "generated")) for id_ in run.images.index[:_OPENING]],
        asked=run.images["class"][:_OPENING].tolist() if run.about.classes else [],
        gallery_=Gallery(
            [_tile(run, id_) for id_ in ids], _orders(run), _SHOWN, len(run.images), columns=2, small=True
        ),
        interpolations=layout.cells(run.interpolations(), run.size),
        film=film,
        by_class=film[-1]["rows"] if film and run.about.classes else [],
        way_back=None,
        segmenter_warning=run.segmenter_warning if run.about.classes else "",
        shares={},
        colours={},
        classes={},
        by_colour=False,
    )


def _ceiling(measure: Measure) -> str:
    """Return the real pictures that are the ceiling of a measure."""
    return HELD_OUT if measure.group is ASKED else "real"


def _orders(run: Run) -> list[Order]:
    return [*_ORDERS, *([_BY_CLASS] if run.about.classes else [])]


def _matrix(confusion: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each class: name, number of pictures, and the shares of the classes read in them."""
    asked = confusion.sum(axis=1)
    shares = confusion.div(asked, axis=0)
    return [
        {"name": name, "pictures": int(asked[name]), "read": shares.loc[name].to_dict()} for name in confusion.index
    ]


def _each_class(run: Run) -> list[dict[str, Any]]:
    """Return a row for each class: its name, and the figures of generated and of real pictures, with their bounds."""
    names = run.about.classes
    return [
        {"name": name, "of": {of: _bounded(run.scores, f"{prefix}accuracy_{figure}") for of, prefix in _OF.items()}}
        for number, name in enumerate(names)
        for figure in [class_figure(names, number)]
    ]


_OF = {"generated": "", "real": f"{HELD_OUT}_"}


def _bounded(figures: Figures, name: str) -> list[float | None]:
    return [figures.get(f"{name}{bound}") for bound in BOUNDS]


def _tile(run: Run, id_: str) -> Tile:
    row = run.image(id_)
    distance = f"{row['nearest_l1']:.3f}"
    asked = {"class asked for": row["class"], "class read": row["read"]} if run.about.classes else {}
    row["right"] = int(bool(asked) and row["class"] == row["read"])
    words = f"{row['class']}, read as {row['read']} · " if asked else ""
    return Tile(
        id=f"sample {row['place'] + 1}",
        values={order.key: row[order.key] for order in _orders(run)},
        words=f"{words}L1 {distance}",
        figures={**asked, "nearest in training": row["nearest"], "L1 to it": distance},
        pictures=[
            Picture("generated", layout.data_uri(run.picture(id_, "generated"))),
            Picture("nearest training picture", layout.data_uri(run.picture(id_, "nearest")), hidden=True),
        ],
    )


def _film(run: Run) -> list[dict[str, Any]]:
    """Return the samples from the same noise after some epochs, first to last: `{"epoch": int, "rows": rows of URIs}`.

    A model that knows classes has a row for each; others have their first row.
    """
    count = len(run.about.classes) or 1
    epochs = list(run.samples)
    spread = sorted({round(i * (len(epochs) - 1) / (_FRAMES - 1)) for i in range(_FRAMES)}) if epochs else []
    return [{"epoch": epochs[i], "rows": layout.cells(run.sample(epochs[i]), run.size)[:count]} for i in spread]
