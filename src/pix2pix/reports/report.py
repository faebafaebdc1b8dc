"""The page of a run in one HTML file: its parameters, its results, and how to make it again.

`report.html` has the words; this file reads the run and prepares its pictures, curves and tables.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from pix2pix.data import tasks
from pix2pix.data.labels import classes_of
from pix2pix.evaluation import distances, measures, pair_pictures
from pix2pix.evaluation.measure import ANSWERS, APPEARANCE, COLOUR, CYCLE, LIKENESS, PATTERN, SEGMENTATION, Measure
from pix2pix.evaluation.ranking import ranked
from pix2pix.params import Params
from pix2pix.reports import film, layout, parts, sample_report, scoreboard
from pix2pix.reports.layout import Gallery, Order, Picture, Tile
from pix2pix.reports.results import Manifest
from pix2pix.reports.run import Run, read_run
from pix2pix.reports.scoreboard import Board

# The contents of the left and the right halves of each known data set. Of other pictures the task says what they are.
HALVES = {
    "facades": ("photos", "label maps"),
    "sample": ("photos", "label maps"),
    "cityscapes": ("photos", "label maps"),
    "maps": ("aerial photos", "maps"),
    "edges2shoes": ("edges", "shoes"),
    "edges2handbags": ("edges", "handbags"),
    "night2day": ("photos by day", "photos by night"),
}
# The segmenters that look at no photo, by the prefix of their scores.
_NAIVE = {
    "constant_": "segmenter: always the commonest class",
    "prior_": "segmenter: the commonest class of each place",
}


def page(params: Params, root: Path = Path()) -> str:
    """Return the page as HTML.

    Args:
        params: the parameters of the run.
        root: the workspace.

    Raises:
        DataError: an input is missing or damaged, a value in it is impossible, or the scores are not of the
            manifest's pairs.
    """
    run = read_run(root)
    return sample_report.of_run(params, run) if run.sampled else _render(params, run)


def _render(params: Params, run: Run) -> str:
    source, target = _halves(params)
    ids = layout.spread(run.ranked, len(_kinds(run)), run.size)
    return layout.render(
        "report.html",
        **parts.shared(params, run),
        source=source,
        target=target,
        rank=run.rank,
        way_back=_way_back(run),
        by_colour=tasks.task(params.data).target.is_label,
        boards=_boards(run),
        cautions=distances.cautions(len(run.images), run.scores),
        shown=_tile(run, run.ranked[len(run.images) // 2]),
        gallery_=Gallery(
            [_tile(run, pair) for pair in ids], _orders(run), params.report.gallery_pairs, len(run.images)
        ),
        answers=_answers(run),
        film=film.strips(run, params.model.sampled),
        epochs=film.compared(run, params.model.sampled),
        classes={name: _classes(counts) for name, counts in run.confusions.items()},
        segmenter_warning=run.segmenter_warning,
        shares=_shares(run.manifest),
        colours=layout.colours(classes_of(params.data)),
    )


def _halves(params: Params) -> tuple[str, str]:
    """Return the kinds of the input and of the target, in words."""
    task = tasks.task(params.data)
    if params.data.task == "colourise":
        return "grey photos", "photos in colour"
    if tasks.places(params.data) is not None and task.input.kind == task.target.kind:
        return "inputs", "targets"
    if params.data.dataset in HALVES or task.input.kind == task.target.kind:
        left, right = HALVES.get(params.data.dataset, ("left halves", "right halves"))
        return (left, right) if tasks.halves(params.data)["input"] == "left" else (right, left)
    return f"{task.input.kind}s", f"{task.target.kind}s"


def _boards(run: Run) -> dict[str, Board]:
    """Return the tables of scores: segmentation, likeness, colours, pattern, distances, answers, cycles."""
    subjects = [(key, run.subject(key)["name"], run.subject(key)) for key in run.subjects.index]
    naive = [(prefix, name, _naive(run, prefix)) for prefix, name in _NAIVE.items()]
    return {
        "segmentation": scoreboard.board([*subjects, *naive], measures.of(SEGMENTATION), "generated"),
        "likeness": scoreboard.board(subjects, measures.of(LIKENESS), "generated"),
        "colours": scoreboard.board(subjects, measures.of(COLOUR, APPEARANCE), "generated"),
        "pattern": scoreboard.board(subjects, measures.of(PATTERN), "generated"),
        "distances": scoreboard.board(subjects, measures.SETS, "generated"),
        "answers": scoreboard.board(subjects, measures.of(ANSWERS), "generated"),
        "cycles": scoreboard.board(subjects, measures.of(CYCLE), "generated"),
    }


def _answers(run: Run) -> list[tuple[str, list[Picture]]]:
    """Return the inputs whose answers are saved: the id, and the input, its answers and the real picture."""

    def told(pair: str) -> list[Picture]:
        (cells,) = layout.cells(run.picture(pair, pair_pictures.ANSWERS), run.size)
        answers = [Picture(f"answer {number}", uri) for number, uri in enumerate(cells, start=1)]
        ends = {kind: Picture(kind, layout.data_uri(run.picture(pair, kind))) for kind in ("input", "real")}
        return [ends["input"], *answers, ends["real"]]

    return [(str(pair), told(str(pair))) for pair in run.images.index if run.has(str(pair), pair_pictures.ANSWERS)]


def _way_back(run: Run) -> dict[str, Any] | None:
    """Return the tables of scores of the way back, and its best, middle and worst pictures; None if there is none."""
    if run.back is None:
        return None
    table = run.back.subjects
    subjects = [(str(key), str(row["name"]), _known(row)) for key, row in table.iterrows()]
    naive = [(prefix, name, _naive(run, prefix)) for prefix, name in _NAIVE.items()]
    ids = ranked(run.back.images)
    return {
        "boards": {
            "Classes, by the nearest colour of the palette": scoreboard.board(
                [*subjects, *naive] if run.classes else [], measures.of(SEGMENTATION), "generated"
            ),
            "Likeness to the real picture": scoreboard.board(subjects, measures.of(LIKENESS), "generated"),
            "Distances between sets of pictures": scoreboard.board(subjects, measures.SETS, "generated"),
            "There and back again": scoreboard.board(subjects, measures.of(CYCLE), "generated"),
        },
        "rows": [
            (f"{place}: {pair}", [_picture_back(run, pair, kind) for kind in ("input", "generated", "real", "again")])
            for place, pair in {"best": ids[0], "middle": ids[len(ids) // 2], "worst": ids[-1]}.items()
        ],
        "absent": run.back.absent,
    }


def _picture_back(run: Run, pair: str, kind: str) -> Picture:
    return Picture(_CAPTIONS.get(kind, kind), layout.data_uri(run.picture_back(pair, kind)), hidden=False)


def _known(row: "pd.Series[Any]") -> dict[str, Any]:
    return {str(key): value for key, value in row.dropna().items()}


def _naive(run: Run, prefix: str) -> dict[str, float]:
    """Return the scores of a segmenter that looks at no photo, by the keys of the measures."""
    return {key.removeprefix(prefix): value for key, value in run.segmenter.items() if key.startswith(prefix)}


def _kinds(run: Run) -> dict[str, bool]:
    """Return the kinds of pictures of a pair, and for each whether it is shown only when the pair is enlarged."""
    classes = {"segmentation": False, "truth": True} if run.classes else {}
    error = {"error": False} if run.manifest.paired else {}
    again = {"again": False} if run.back else {}
    return {"input": False, "generated": False, "real": False, **classes, **error, **again, "nearest": True}


# The captions of pictures whose kind is no plain word for people.
_CAPTIONS = {
    "segmentation": "classes read in it",
    "truth": "true classes",
    "error": "error map",
    "nearest": "nearest training picture",
    "again": "back again",
}


def _tile(run: Run, pair: str) -> Tile:
    row = run.image(pair)
    likeness = [measure for measure in (*_likeness(), *measures.of(CYCLE)) if pd.notna(row.get(measure.key))]
    figures = {measure.title: measure.show(row[measure.key]) for measure in likeness}
    shown = [each for each in likeness if each.headline or each is run.rank]
    words = " · ".join(f"{each.short} {each.show(row[each.key])}" for each in shown)
    if run.classes:
        figures["right class, generated"] = f"{row['generated_pixel_accuracy']:.0%}"
        figures["right class, real picture"] = f"{row['real_pixel_accuracy']:.0%}"
        words += f" · right class {row['generated_pixel_accuracy']:.0%}, real {row['real_pixel_accuracy']:.0%}"
    figures["nearest in training"] = f"{row['nearest']}, L1 {row['nearest_l1']:.3f}"
    return Tile(
        id=pair,
        values={order.key: row[order.key] for order in _orders(run)},
        words=words,
        figures=figures,
        pictures=[
            Picture(_CAPTIONS.get(kind, kind), layout.data_uri(run.picture(pair, kind)), hidden)
            for kind, hidden in _kinds(run).items()
        ],
    )


def _orders(run: Run) -> list[Order]:
    """Return the ways to order the pairs, by columns of the ranked images."""
    read = [Order("generated_pixel_accuracy", "Right class", "Most of the right class", "Least of the right class")]
    return [
        *(_order(measure) for measure in _ordering(run)),
        *(read if run.classes else []),
        Order("place", "Id", "First by id", "Last by id", descending=False),
    ]


def _ordering(run: Run) -> list[Measure]:
    """Return the measures by which pairs can be ordered; the one that ranks comes first."""
    if run.manifest.paired:
        return [measure for measure in _likeness() if measure.compared]
    return sorted(measures.of(CYCLE), key=lambda measure: not measure.leads)


def _likeness() -> list[Measure]:
    """Return the measures of likeness; the one that ranks comes first."""
    return sorted(measures.of(LIKENESS), key=lambda measure: not measure.leads)


def _order(measure: Measure) -> Order:
    """Return the order by a measure, the best pair first."""
    best, worst = ("Best", "Worst") if measure.higher_is_better else ("Lowest", "Highest")
    name = measure.short
    return Order(measure.key, name, f"{best} {name}", f"{worst} {name}", descending=measure.higher_is_better)


def _classes(confusion: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each class: name, share of all pixels, IoU, and the shares of the classes read in it."""
    true, read = confusion.sum(axis=1), confusion.sum(axis=0)
    right = pd.Series({name: confusion.loc[name, name] for name in confusion.index}, dtype=float)
    table = pd.DataFrame({"share": true / true.sum(), "iou": right / (true + read - right)})
    shares = confusion.div(true, axis=0)
    return [{"name": name, **table.loc[name], "read": shares.loc[name].to_dict()} for name in confusion.index]


def _shares(manifest: Manifest) -> dict[str, dict[str, float]]:
    """Return the mean share of each class among the pixels, by role; empty without classes."""
    shares = {role: entry.shares for role, entry in manifest.roles.items()}
    return {role: told for role in ("train", "selection", "evaluation") if (told := shares.get(role))}
