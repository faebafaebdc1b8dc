"""The charts of a training, drawn from its table of curves and from the measures of the pairs put aside."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import Measure
from pix2pix.reports.charts import Chart, Guide, chart, course
from pix2pix.reports.run import Run
from pix2pix.training.curves import ROLES, Curve, having


def of_run(run: Run) -> list[Chart]:
    """Return the charts of a run: its curves, some of them together, and then the measures of what was put aside."""
    groups: dict[str, list[Curve]] = {}
    for curve in _in_order(run.curves):
        if curve.caption.chart and not curve.measure:
            groups.setdefault(curve.caption.chart, []).append(curve)
    return [*(_together(run, title, group) for title, group in groups.items()), *_put_aside(run)]


def of_runs(runs: Mapping[str, Run]) -> list[Chart]:
    """Return charts that compare runs, which come by name: one chart for each curve that any run has.

    The loss of a player that judges is drawn as the mean of its terms, so that a run that adds them can be compared
    with a run that takes their mean. The terms themselves are left out.
    """
    curves = _in_order({curve.key: curve for run in runs.values() for curve in run.curves}.values())
    shown = [curve for curve in curves if curve.caption.chart and curve.role != "term"]
    watched = [row for row in measures.MEASURES if any(_watched(run, row) is not None for run in runs.values())]
    example = next(iter(runs.values())).example
    put_aside = (
        chart(
            f"{row.short} of {example}s put aside", row.note, {name: _watched(run, row) for name, run in runs.items()}
        )
        for row in watched
    )
    return [*put_aside, *(_across(runs, curve) for curve in shown)]


def _in_order(curves: Iterable[Curve]) -> list[Curve]:
    """Order curves by role; curves of one role keep their order."""
    return sorted(curves, key=lambda curve: ROLES.index(curve.role))


def _together(run: Run, title: str, group: list[Curve]) -> Chart:
    """Return the chart of several curves of a run."""
    first = group[0]
    lines = {curve.caption.line: course(run.losses, curve.key, curve.factor) for curve in group}
    return chart(title, first.caption.note, lines, _neutral(first), logarithmic=first.caption.logarithmic)


def _neutral(curve: Curve) -> Guide | None:
    """Return the value of a curve while the judging player cannot decide, with the words for it."""
    if curve.neutral is None:
        return None
    state, value = "guessing" if curve.role == "accuracy" else "undecided", curve.neutral
    words = f"{curve.neutral_name} = {value:.3f}" if curve.neutral_name else f"{value:g}"
    return Guide(value, f"{state}, {words}")


def _put_aside(run: Run) -> list[Chart]:
    """Return a chart for each measure of the pairs put aside, together with the same measure of the training pairs."""
    while_training = {curve.measure: curve for curve in run.curves if curve.measure}
    drawn = []
    for row in measures.MEASURES:
        lines = {}
        if curve := while_training.get(row.key):
            lines[curve.caption.line] = course(run.losses, curve.key, curve.factor)
        if (seen := _watched(run, row)) is not None:
            lines[f"on {run.manifest.roles['selection'].split}"] = seen
        if lines:
            drawn.append(chart(row.short, row.note, lines, mark=_selected(run, row)))
    return drawn


def _watched(run: Run, row: Measure) -> pd.DataFrame | None:
    """Return the course of a measure on the pairs put aside; None if it was not measured."""
    column = f"validation_{row.key}"
    return course(run.validation, column) if column in run.validation and len(run.validation) else None


def _selected(run: Run, row: Measure) -> tuple[float, str] | None:
    """Return the epoch to mark, with words, if this measure has chosen the epoch."""
    epoch = run.about.epoch
    return (epoch, f"epoch {epoch}, selected") if run.about.selected_by == f"validation_{row.key}" else None


def _across(runs: Mapping[str, Run], curve: Curve) -> Chart:
    """Return the chart of one curve of all runs. A run without the curve keeps its colour."""
    own = {name: _as_mean(run, curve.key) for name, run in runs.items()}
    lines = {name: course(runs[name].losses, each.key, each.factor) if each else None for name, each in own.items()}
    found = [each for each in own.values() if each]
    neutral = {_neutral(each) for each in found}
    notes = [each.caption.note for each in found]
    return chart(
        curve.caption.title,
        notes[0],
        lines,
        neutral.pop() if len(neutral) == 1 else None,
        logarithmic=curve.caption.logarithmic,
    )


def _as_mean(run: Run, key: str) -> Curve | None:
    """Return a curve of a run, comparable to that of other runs: a loss becomes the mean of its terms."""
    curve = next((each for each in run.curves if each.key == key), None)
    if curve is None:
        return None
    note = next((row.note for row in measures.MEASURES if row.key == curve.measure), curve.caption.note)
    terms = having(run.curves, "term", curve.player) if curve.role == "loss" else []
    if not terms or not curve.neutral or not terms[0].neutral:
        return replace(curve, caption=replace(curve.caption, note=note))
    neutral, name = terms[0].neutral, terms[0].neutral_name
    factor, note = neutral / curve.neutral, f"The mean of its {'two' if len(terms) == 2 else len(terms)} terms."
    caption = replace(curve.caption, note=note)
    return replace(curve, factor=factor, neutral=neutral, neutral_name=name, caption=caption)
