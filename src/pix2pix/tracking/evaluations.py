"""Log an evaluation to MLflow: all of it to a run of its own, the headline scores also to the training's run."""

from pathlib import Path
from typing import NamedTuple

from pix2pix.evaluation import outputs
from pix2pix.evaluation.differences import per_image
from pix2pix.evaluation.result import Evaluation
from pix2pix.evaluation.terms import Terms, terms
from pix2pix.evaluation.workspace import Evaluated
from pix2pix.models.about import BACK
from pix2pix.params import DRAWN, Data, Params, names
from pix2pix.tracking.champion import PER_IMAGE, TERMS, told
from pix2pix.tracking.run import Run
from pix2pix.tracking.runs import evaluation_run


def tell(evaluated: Evaluated, params: Params) -> None:
    """Log an evaluation, and make its models challengers unless the data set is the drawn sample.

    The model for the way back, if there is one, has an evaluation of its own and is a version of `NAME-back`.

    Args:
        evaluated: the evaluation.
        params: the sections data, segmenter, model, evaluate and tracking.
    """
    _tell(evaluated, _Direction(evaluated.result, outputs.REPORTS, "generator", names.model(params)), params)
    if evaluated.back:
        name = f"{names.model(params)}-{BACK}"
        _tell(evaluated, _Direction(evaluated.back, outputs.BACK, BACK, name), params)


class _Direction(NamedTuple):
    """What was scored: the result, its folder, the logged model's name, and the registered model's."""

    result: Evaluation
    reports: Path
    model: str
    registered: str

    @property
    def back(self) -> bool:
        """Whether it is the way back."""
        return self.model == BACK


def _tell(evaluated: Evaluated, scored: _Direction, params: Params) -> None:
    flat, about = scored.result.flat(), evaluated.about
    with evaluation_run(params, about.fingerprint, scored.back) as (run, training):
        run.dataset(names.data_set(params.data), evaluated.manifest, evaluated.digest, "evaluation")
        run.scores(flat, 0)
        _tell_files(run, evaluated, scored)
        run.text(told(_terms(evaluated, scored, params.data)), TERMS)
        if training:
            prefix = "evaluation_back_" if scored.back else "evaluation_"
            training.tags({"evaluation_split": params.data.evaluation_split})
            training.scores({f"{prefix}{name}": value for name, value in flat.items()}, about.epoch)
            if not params.data.has_pairs:
                print(f"{scored.registered}: no new version, because without pairs no scores are compared")
            elif params.data.dataset not in DRAWN:  # drawn pictures are a check, not a result
                training.challenge(run, scored.registered, scored.model)


def _terms(evaluated: Evaluated, scored: _Direction, data: Data) -> Terms:
    manifest, task = evaluated.manifest, evaluated.about.task
    task = task.turned() if scored.back else task
    return terms(
        {field.name: field for field in task.fields},
        manifest.direction,
        evaluated.palette,
        names.data_set(data),
        manifest.roles["evaluation"].split,
        manifest.roles["evaluation"].pairs,
        manifest.roles["evaluation"].pictures,
        data.example,
    )


def _tell_files(run: Run, evaluated: Evaluated, scored: _Direction) -> None:
    for path in (scored.reports / table.name for table in outputs.TABLES):
        run.files(path, path.name if path.is_dir() else None)
    for name, picture in outputs.examples(scored.result, scored.reports / outputs.PICTURES.name).items():
        run.picture(picture, f"examples/{name}.png")
    if evaluated.about.noise is not None:
        run.table(scored.result.images, PER_IMAGE)
    elif "likeness" not in scored.result.absent:
        run.table(per_image(scored.reports, evaluated.palette).table(), PER_IMAGE)
