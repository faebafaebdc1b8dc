"""The files that a finished training writes into the workspace. The same training writes the same bytes."""

from pathlib import Path

from pix2pix.base.files import whole, write_json
from pix2pix.base.pictures import save_png
from pix2pix.networks import folder
from pix2pix.training import curves
from pix2pix.training.job import Job
from pix2pix.training.loop import Trained
from pix2pix.training.progress import save_csv
from pix2pix.training.watched import column


def write(trained: Trained, job: Job) -> None:
    """Write the models, the curves and the sample pictures of a training."""
    _write_models(trained, job)
    _write_lacking(trained, job)
    progress = trained.progress
    curves.write(job.reports, trained.curves, *trained.tables(), trained.watched, job.example)
    save_csv(job.reports / "losses.csv", progress.losses, ("epoch", "step", *(curve.key for curve in trained.curves)))
    save_csv(job.reports / "validation.csv", progress.validation, ("epoch", *map(column, trained.watched)))
    with whole(job.reports / "samples") as samples:
        samples.mkdir()
        for epoch, grid in progress.samples.items():
            save_png(samples / f"epoch-{epoch:04d}.png", grid)


def _write_models(trained: Trained, job: Job) -> None:
    """Write a folder for each product of the system.

    If the model is chosen among the epochs, each folder has the networks of the chosen epoch, and a subfolder `last`
    with those of the last epoch.
    """
    for name, model in trained.selected.items():
        folder.save(model, job.models / name, dict(job.about(name, trained.epoch, job.plan.select or "last")))
        if model is not trained.last[name]:
            folder.save(trained.last[name], job.models / name / "last", dict(job.about(name, job.plan.epochs, "last")))


def _write_lacking(trained: Trained, job: Job) -> None:
    """Write a folder with the reason for each model that the pipeline has a place for and the system lacks."""
    for name, reason in job.places.items():
        if name not in trained.selected:
            with whole(job.models / name) as new:
                write_json(new / "about.json", {"absent": reason})


def write_figures(trained: Trained, path: Path) -> None:
    """Write the figures of the chosen epoch, `selected_epoch`, and `epochs` and `steps` of the whole training."""
    progress, epoch = trained.progress, trained.epoch
    seen = next((row for row in progress.validation if row["epoch"] == epoch), {})
    # Where losses are logged seldom, the first row is of a later epoch, and has the steps of this one in its mean.
    losses = [row for row in progress.losses if row["epoch"] <= epoch] or progress.losses[:1]
    figures = {name: value for name, value in (losses[-1] | seen).items() if name not in ("epoch", "step")}
    whole_run = {"epochs": int(progress.losses[-1]["epoch"]), "steps": progress.step}
    write_json(path, figures | {"selected_epoch": epoch} | whole_run)
