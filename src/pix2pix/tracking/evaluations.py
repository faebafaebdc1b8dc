"""Log an evaluation to MLflow: all of it to a run of its own, the headline scores also to the training's run."""

from pix2pix.evaluation import outputs
from pix2pix.evaluation.differences import per_image
from pix2pix.evaluation.terms import Terms, terms
from pix2pix.evaluation.workspace import Evaluated
from pix2pix.params import DRAWN, Params, names
from pix2pix.tracking.champion import PER_IMAGE, TERMS, told
from pix2pix.tracking.run import Run
from pix2pix.tracking.runs import evaluation_run


def tell(evaluated: Evaluated, params: Params) -> None:
    """Log an evaluation, and make its model the challenger unless the data set is the drawn sample.

    Args:
        evaluated: the evaluation.
        params: the sections data, segmenter, model, evaluate and tracking.
    """
    flat, about = evaluated.result.flat(), evaluated.about
    with evaluation_run(params, about.fingerprint) as (run, training):
        run.dataset(names.data_set(params.data), evaluated.manifest, evaluated.digest, "evaluation")
        run.scores(flat, 0)
        _tell_files(run, evaluated)
        run.text(told(_terms(evaluated, names.data_set(params.data))), TERMS)
        if training:
            training.tags({"evaluation_split": params.data.evaluation_split})
            training.scores({f"evaluation_{name}": value for name, value in flat.items()}, about.epoch)
            if params.data.dataset not in DRAWN:  # drawn pictures are a check, not a result
                training.challenge(run, names.model(params))


def _terms(evaluated: Evaluated, data_set: str) -> Terms:
    manifest, task = evaluated.manifest, evaluated.about.task
    return terms(
        {field.name: field for field in task.fields},
        manifest.direction,
        evaluated.palette,
        data_set,
        manifest.roles["evaluation"].split,
        {record.id: record.sha256 for record in manifest.records if record.role == "evaluation"},
    )


def _tell_files(run: Run, evaluated: Evaluated) -> None:
    for path in outputs.TABLES:
        run.files(path, path.name if path.is_dir() else None)
    for name, picture in outputs.examples(evaluated.result).items():
        run.picture(picture, f"examples/{name}.png")
    sampled = evaluated.about.noise is not None
    images = evaluated.result.images if sampled else per_image(outputs.REPORTS, evaluated.palette).table()
    run.table(images, PER_IMAGE)
