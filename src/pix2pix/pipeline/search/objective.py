"""The objective of a search: the figure by which trials are compared, and the figure by which they are pruned."""

from dataclasses import dataclass
from typing import Literal

from pix2pix.base.errors import UsageError
from pix2pix.data import tasks
from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import ALONE, ASKED, CYCLE, SAMPLES, Measure
from pix2pix.params import Params
from pix2pix.params.train import SELECTED
from pix2pix.reports.run import Run
from pix2pix.training.watched import column

# The usual objective of a set without pairs: it has no bias for few pictures.
WITHOUT_PAIRS = "kernel_distance"


@dataclass(frozen=True)
class Objective:
    """The figure by which trials are compared.

    Attributes:
        name: the column of `validation.csv`, or the name in `metrics/evaluate.json`.
        measure: what it measures.
        pruning: the measure of the selection split by which trials are pruned; None if nothing is measured there.
    """

    name: str
    measure: Measure
    pruning: Measure | None

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """The direction of better figures, as Optuna names it."""
        return "maximize" if self.measure.higher_is_better else "minimize"

    @property
    def watched(self) -> str | None:
        """The column of `validation.csv` by which trials are pruned."""
        return None if self.pruning is None else column(self.pruning)

    def pruned_by(self, value: float) -> float:
        """Return a value of `watched`, negated if more of one is better and less of the other one is."""
        same = self.pruning is None or self.pruning.higher_is_better == self.measure.higher_is_better
        return value if same else -value

    def value(self, run: Run) -> float:
        """Return the figure of a finished run: of the validation, that of the epoch that became the model."""
        return figures(run)[self.name]


def figures(run: Run) -> dict[str, float]:
    """Return all figures of a run by their names: the scores, and the validation of the epoch that became the model."""
    rows = run.validation.set_index("epoch").to_dict("index")
    return run.scores | {str(name): float(value) for name, value in rows.get(run.about.epoch, {}).items()}


def choose(name: str | None, chosen: Params) -> Objective:
    """Return the objective of a name; without one, the leading measure of the selection split or of the scores.

    Without pairs it is `WITHOUT_PAIRS`, because the leading score, a cycle, says nothing about the generated pictures.

    Raises:
        UsageError: no such figure is measured with these parameters, or neither more nor less of it is better.
    """
    known = possible(chosen)
    watched = [measure for key, measure in known.items() if key == column(measure)]
    usual = next((key for key, measure in known.items() if measure.leads), None)
    if not chosen.data.has_pairs and WITHOUT_PAIRS in known:
        usual = WITHOUT_PAIRS
    name = name or usual
    if name not in known:
        raise UsageError(f"--objective {name}: no figure to search by here; these are: {', '.join(known)}")
    measure = known[name]
    pruning = measure if measure in watched else next((each for each in watched if each.leads), None)
    return Objective(name, measure, pruning)


def possible(chosen: Params) -> dict[str, Measure]:
    """Return the figures that can be an objective, by name: first the validation, then the scores."""
    data = chosen.data
    selecting = SELECTED[data.has_input] if data.selection_split != "none" and data.has_pairs else ()
    validated = {column(measure): measure for measure in measures.MEASURES if column(measure) in selecting}
    return validated | {measure.figure(): measure for measure in measures.telling() if _has(measure, chosen)}


def _has(measure: Measure, chosen: Params) -> bool:
    """Whether an evaluation with these parameters has the measure, and more or less of it is better."""
    data, target = chosen.data, tasks.task(chosen.data).target
    if measure.wanted or measure.group in ALONE or measure.too_small(min(data.size)):
        return False
    if measure.group is ASKED:
        return bool(data.class_names)
    if measure in measures.INCEPTION and chosen.evaluate.inception_weights is None:
        return False
    if not data.has_input:
        return measure.group is SAMPLES
    if measure in (*measures.SETS, measures.FEATURE_DISTANCE) and target.is_label:  # its network knows photos
        return False
    if measure.group is SAMPLES:
        return measure in measures.SETS
    if measure.group is CYCLE:
        return not data.has_pairs
    classes = data.palette != "none" and data.has_pairs
    return not measure.group.lacks(target, classes, data.has_pairs)
