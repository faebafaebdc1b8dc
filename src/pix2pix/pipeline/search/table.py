"""The results of a search: its trials, the best one first, how much each parameter matters, and the files of both."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
import pandas as pd
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from pix2pix.base.errors import number_of
from pix2pix.base.files import CHECKOUT, write_text
from pix2pix.params import file
from pix2pix.pipeline.search.objective import Objective
from pix2pix.pipeline.search.search import counted
from pix2pix.pipeline.search.trials import FIGURES, FINGERPRINT, SECONDS, Search, rounded
from pix2pix.pipeline.workspace import overridden
from pix2pix.reports import search as page
from pix2pix.reports.search import Importance, Row

FILES = CSV, MARKDOWN, PAGE, BEST = tuple(CHECKOUT / f"reports/search.{kind}" for kind in ("csv", "md", "html", "yaml"))
# Fewer trials say nothing about what matters; Optuna would call all parameters equal.
_FEWEST = 4
_STATES = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def finished(study: optuna.Study) -> bool:
    """Whether a trial of a study has finished."""
    return bool(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def fingerprints(study: optuna.Study) -> list[str]:
    """Return the fingerprints of all trainings of a study, also of those that were pruned."""
    return list(dict.fromkeys(t.user_attrs[FINGERPRINT] for t in study.trials if FINGERPRINT in t.user_attrs))


def ranked(study: optuna.Study, objective: Objective) -> list[FrozenTrial]:
    """Return the trials of a search, the best first; then those that were pruned, and those that failed."""

    def order(trial: FrozenTrial) -> tuple[int, float, int]:
        value = trial.value if trial.state is TrialState.COMPLETE and trial.value is not None else 0.0
        return list(_STATES).index(trial.state), -value if objective.measure.higher_is_better else value, trial.number

    return sorted(counted(study), key=order)


def importances(study: optuna.Study, search: Search) -> Importance:
    """Return how much of the variance of the objective each parameter explains, the largest share first.

    Source: functional ANOVA over a random forest (Hutter et al. 2014), as Optuna computes it from the trials that
    finished.
    """
    values = [trial.value for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
    if len(values) < _FEWEST:
        return Importance({}, f"{number_of(len(values), 'trial')} finished, and it takes {_FEWEST} to tell.")
    if len(set(values)) == 1:
        return Importance({}, "All trials have the same figure.")
    shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0), params=[*search.space])
    return Importance({path: float(share) for path, share in shares.items()}, "")


def write(study: optuna.Study, search: Search) -> str:
    """Write the table as CSV, Markdown and a page, and the parameters of the best trial.

    Args:
        study: a study in which at least one trial has finished.
        search: the search.

    Returns:
        The Markdown.
    """
    trials = ranked(study, search.objective)
    rows = [_row(trial, search) for trial in trials]
    shares = importances(study, search)
    text = markdown(rows, search, shares)
    write_text(CSV, _table(trials, search).to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    write_text(MARKDOWN, text)
    write_text(PAGE, page.page(search.name, search.objective.name, search.objective.measure, rows, shares))
    write_text(BEST, best(search, trials[0].params))
    return text


def best(search: Search, values: Mapping[str, Any]) -> str:
    """Return the text of the parameters file with the values of a trial, and with its comments."""
    return file.edited(overridden(file.editable(search.text), {**search.fixed, **values}))


def _row(trial: FrozenTrial, search: Search) -> Row:
    epoch = max(trial.intermediate_values, default=None)
    pruned = trial.state is TrialState.PRUNED
    return Row(
        number=trial.number,
        state=f"pruned after epoch {epoch}" if pruned else _STATES[trial.state],
        value=trial.value if trial.state is TrialState.COMPLETE else None,
        values={path: rounded(trial.params[path]) for path in search.space if path in trial.params},
        seconds=trial.user_attrs.get(SECONDS),
    )


def _table(trials: Sequence[FrozenTrial], search: Search) -> pd.DataFrame:
    """Return a row for each trial: its number, state, experiment, values, figures, and seconds of training."""
    return pd.DataFrame(
        {
            "trial": trial.number,
            "state": _STATES[trial.state],
            "experiment": f"{search.name}-{trial.number}" if trial.state is TrialState.COMPLETE else "",
            **{path: trial.params.get(path) for path in search.space},
            **{name: trial.user_attrs.get(FIGURES, {}).get(name, math.nan) for name in search.figures},
            "seconds": trial.user_attrs.get(SECONDS, math.nan),
        }
        for trial in trials
    )


def markdown(rows: Sequence[Row], search: Search, shares: Importance) -> str:
    """Write the table for a README, with how much each parameter matters."""
    measure = search.objective.measure
    counts = {state: sum(row.state.startswith(state) for row in rows) for state in ("finished", "pruned", "failed")}
    lines = [
        f"{search.name}: {number_of(len(rows), 'trial')} ({', '.join(f'{n} {state}' for state, n in counts.items())}), "
        f"by {search.objective.name} ({measure.title}, {measure.direction} is better).",
        "",
        f"| trial | {search.objective.name} | {' | '.join(search.space)} | training, s |",
        "|---|" + "---|" * (len(search.space) + 2),
    ]
    for row in rows:
        value = row.state if row.value is None else measure.show(row.value)
        seconds = "" if row.seconds is None else f"{row.seconds:.0f}"
        values = " | ".join(row.values.get(path, "") for path in search.space)
        lines.append(f"| {row.number} | {value} | {values} | {seconds} |")
    lines += ["", "How much of the variance each parameter explains (fANOVA):", ""]
    lines += [f"- {path}: {100 * share:.0f}%" for path, share in shares.shares.items()] or [shares.reason]
    return "\n".join(lines) + "\n"
