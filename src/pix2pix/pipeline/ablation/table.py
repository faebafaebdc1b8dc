"""The table of an ablation, for programs and for people."""

import math
from collections.abc import Mapping
from typing import cast

import pandas as pd

from pix2pix.base.errors import number_of
from pix2pix.evaluation.differences import differences
from pix2pix.evaluation.intervals import BOUNDS, too_few
from pix2pix.evaluation.measure import Measure
from pix2pix.params import Pix2pix, names
from pix2pix.pipeline.ablation.results import Result, ranking
from pix2pix.pipeline.ablation.variants import GROUPS

_BETTER, _WORSE = "▲", "▼"
_HOW_TO_READ = (
    f"Value [95% interval, jackknife over the images]. {_BETTER} better, {_WORSE} worse than `default`: the 95% "
    "interval of their difference on the same images is wholly on one side of 0; without a mark they are not ranked. "
    "A row is one training of one seed, and the intervals do not cover those of other seeds."
)


def table(results: Mapping[str, Result]) -> pd.DataFrame:
    """Make the table, with the ceiling and the floor that all rows share.

    Returns:
        One row for each experiment, by name. The columns are `groups`, `words`, `seconds` (of training) and six for
        each measure: the value, its bounds (`_low`, `_high`), the difference to the default row (`_difference`), and
        its bounds (`_difference_low`, `_difference_high`). NaN marks a missing value, and the bounds of too few
        pictures.
    """
    default = results["default"]
    keys = [measure.key for measure in default.measures]
    own = pd.DataFrame({name: result.own for name, result in results.items()}).T
    own["words"] = [result.variant.words for result in results.values()]
    own["groups"] = [", ".join(group for group, rows in GROUPS.items() if name in rows) for name in results]
    own["seconds"] = [result.run.times.seconds for result in results.values()]
    for name, result in results.items():
        if name != "default":
            found = differences(result.images, default.images)
            for key in keys:
                for bound in BOUNDS:
                    own.loc[name, f"{key}_difference{bound}"] = found.get(f"{key}{bound}", math.nan)
    ends = default.run.subjects.assign(words=default.run.subjects["name"])
    whole = pd.concat([ends.filter(["real"], axis="index"), own, ends.filter(["class_means"], axis="index")])
    figures = [f"{key}{part}{bound}" for key in keys for part in ("", "_difference") for bound in BOUNDS]
    return whole.reindex(columns=["groups", "words", *figures, "seconds"]).rename_axis("name")


def markdown(table: pd.DataFrame, results: Mapping[str, Result], absent: Mapping[str, str]) -> str:
    """Write the table for a README, with a caption and a note on how to read it.

    Args:
        table: see `table`.
        results: the results of its rows, by variant.
        absent: the reasons why other variants are not in the table.
    """
    default = results["default"]
    lines = [
        caption(results),
        "",
        f"| | {' | '.join(measure.title for measure in default.measures)} | training, s |",
        "|---|" + "---|" * (len(default.measures) + 1),
    ]
    heading = ""
    for name, row in table.iterrows():
        group = str(row["groups"]).split(", ")[0]
        if name in results and name != "default" and group != heading:
            heading = group
            lines.append(f"| **{heading}** |" + " |" * (len(default.measures) + 1))
        label = f"`{name}`: {row['words']}" if name in results else row["words"]
        seconds = f"{row['seconds']:.0f}" if name in results else ""
        lines.append(f"| {label} | {' | '.join(cell(row, measure) for measure in default.measures)} | {seconds} |")
    how_to_read = too_few(len(default.run.images)).capitalize() or _HOW_TO_READ
    lines += ["", how_to_read, "", f"By {default.headline.title}, where all pairs of a group share the 5%:", ""]
    for group, members in GROUPS.items():
        there = [results[name] for name in members if name in results]
        lines += [f"- {group}: {ranking(there)}."] if len(there) > 1 else []
    if absent:
        lines += ["", "Not in the table:", "", *(f"- {reason}" for reason in absent.values())]
    return "\n".join(lines) + "\n"


def caption(results: Mapping[str, Result]) -> str:
    """Describe what the rows have in common, and their cost."""
    default = results["default"]
    chosen, pairs = default.params, default.run.manifest.roles
    data, model = chosen.data, cast(Pix2pix, chosen.model)
    minutes = sum(result.run.times.seconds for result in results.values()) / 60
    return (
        f"{names.data_set(data)} at {data.size_in_words}, {number_of(chosen.train.all_epochs, 'epoch')} of "
        f"{number_of(pairs['train'].pairs, data.example)}, first layers of {model.generator_filters} (generator) and "
        f"{model.discriminator_filters} (discriminator) filters, seed {chosen.seed}; scored on "
        f"{number_of(pairs['evaluation'].pairs, data.example)} of {data.evaluation_split}. "
        f"{number_of(len(results), 'training')}, {number_of(round(minutes), 'minute')} on "
        f"{default.run.times.device}."
    )


def cell(row: pd.Series, measure: Measure) -> str:
    """Write a value with its interval, and a mark if it is better or worse than the default row's."""
    value, low, high = (row[f"{measure.key}{bound}"] for bound in BOUNDS)
    if pd.isna(value):
        return ""
    least, most = row[f"{measure.key}_difference_low"], row[f"{measure.key}_difference_high"]
    higher, lower = (_BETTER, _WORSE) if measure.higher_is_better else (_WORSE, _BETTER)
    mark = f" {higher}" if least > 0 else f" {lower}" if most < 0 else ""
    if pd.isna(low):
        return measure.show(value)
    return f"{measure.show(value)} [{measure.show(low)}, {measure.show(high)}]{mark}"
