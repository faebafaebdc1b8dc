"""What the pages of all runs say: parameters, the choice of the epoch, curves, the nearest training pictures."""

from dataclasses import dataclass
from typing import Any

from pix2pix.data.picture_files import converted
from pix2pix.evaluation import measures, memorisation
from pix2pix.evaluation.intervals import too_few
from pix2pix.params import Data, Params, names
from pix2pix.params.model import SYSTEMS
from pix2pix.reports import charts, layout, results, training_charts
from pix2pix.reports.run import Run
from pix2pix.web import looks

_ABOUT_HALVES = ("data.direction", "data.label_half")
_NEIGHBOURS = 6  # the most generated pictures that are shown beside their nearest training pictures
# What the program draws itself, by data set.
_DRAWN = {"sample": "houses", "bricks": "bricks"}


@dataclass(frozen=True)
class Neighbour:
    """A generated picture and its nearest training picture: the row of `images.csv`, and the data URIs of both."""

    row: dict[str, Any]
    generated: str
    nearest: str


def shared(params: Params, run: Run) -> dict[str, Any]:
    """Return the values that the templates of all runs use, by their names there."""
    memory, ticks = charts.strips({"generated": run.images["nearest_l1"], "real": run.images["real_nearest_l1"]})
    return {
        "params": params,
        "example": run.example,
        "drawn": _DRAWN,
        "data_set": names.data_set(params.data),
        "changed": _changed_parameters(params),
        "sections": _by_section(params),
        "run": run,
        "proportions": looks.proportions(run.size),
        "chosen": _chosen_words(run.about.selected_by),
        "mappings": run.mappings,
        "charts": training_charts.of_run(run),
        "too_few": too_few(len(run.images)),
        "memory": {"verdict": _memorised(run), "strips": memory, "ticks": ticks},
        "neighbours": _nearest_pairs(run),
        "noted": [*converted(run.manifest.notes), *run.manifest.remarks],
    }


def _memorised(run: Run) -> str:
    """Say whether training pictures are remembered; see `memorisation`."""
    figures = results.memorisation(run.scores, run.folder / "metrics/evaluate.json", len(run.images))
    verdict = memorisation.verdict_of_views if run.sampled else memorisation.verdict
    return verdict(figures, len(run.images), run.about.epoch)


def _changed_parameters(params: Params) -> dict[str, tuple[Any, Any]]:
    """Return the parameters that differ from their defaults, each as (value, default) by path.

    Where the fields have files of their own, nobody has set the keys about halves; nor, of single pictures, those that
    follow from the task.
    """
    defaults, idle = _defaults(params), _idle(params.data)
    changed = {path: value for path, value in params.flat().items() if value != defaults[path] and path not in idle}
    return {path: (layout.without_secrets(value), defaults[path]) for path, value in changed.items()}


def _idle(data: Data) -> tuple[str, ...]:
    """Return the parameters that have no effect, or that the task decides."""
    if data.single:
        return (*_ABOUT_HALVES, "data.palette", "data.input_channels")
    return () if data.halved else _ABOUT_HALVES


def _defaults(params: Params) -> dict[str, Any]:
    """Return the defaults by path, with those of the system; the system itself is a change if it is not pix2pix."""
    of_system = {
        f"model.{key}": value for key, value in SYSTEMS[params.model.system].model_validate({}).model_dump().items()
    }
    usual = Params().flat()
    return usual | of_system | {"model.system": usual["model.system"]}


def _by_section(params: Params) -> dict[str, dict[str, Any]]:
    """Return the parameters by section; the parameters outside of any section are under "run"."""
    sections: dict[str, dict[str, Any]] = {}
    for path, value in params.flat().items():
        section, _, key = path.rpartition(".")
        sections.setdefault(section or "run", {})[key] = layout.without_secrets(value)
    return sections


def _chosen_words(selected_by: str) -> str:
    """Say in words which epoch's generator is the model."""
    row = next((row for row in measures.MEASURES if selected_by == f"validation_{row.key}"), None)
    if row is None:
        return "the last one"
    return f"the one with the {'highest' if row.higher_is_better else 'lowest'} validation {row.short}"


def _nearest_pairs(run: Run) -> list[Neighbour]:
    """Return the generated pictures that are nearest to a training picture, the nearest first."""
    pairs = run.images["nearest_l1"].sort_values(kind="stable").index[:_NEIGHBOURS]
    return [
        Neighbour(
            {"id": pair, **run.image(pair)},
            *(layout.data_uri(run.picture(pair, kind)) for kind in ("generated", "nearest")),
        )
        for pair in pairs
    ]
