"""What a finished training leaves in the workspace: the same bytes every time."""

from pathlib import Path

from pix2pix.base.files import whole, write_json
from pix2pix.base.pictures import save_png
from pix2pix.data.tasks import direction
from pix2pix.networks import folder
from pix2pix.params import Params
from pix2pix.training.loop import Trained
from pix2pix.training.progress import save_csv

MODEL, REPORTS, METRICS = Path("models/generator"), Path("reports/training"), Path("metrics/train.json")


def write(trained: Trained, params: Params, fingerprint: str) -> None:
    """Write the generator's folder, the curves as CSV, the sample pictures, and the last figures.

    Where `train.select` chooses among the epochs, the last one's generator lies in the folder `last` beside the chosen
    one's files.
    """
    progress = trained.progress
    last = progress.losses[-1] | (progress.validation[-1] if progress.validation else {})
    about = {
        "fingerprint": fingerprint,
        "direction": direction(params.data),
        "image_size": params.data.image_size,
        "palette": params.data.palette,
        "label_half": params.data.label_half,
        "generator": params.model.generator,
        "loss": params.model.loss,
    }
    folder.save(trained.selected, MODEL, about | {"epoch": trained.epoch, "selected_by": params.train.select})
    if trained.selected is not trained.last:
        folder.save(trained.last, MODEL / "last", about | {"epoch": int(last["epoch"]), "selected_by": "last"})
    save_csv(REPORTS / "losses.csv", progress.losses, ("epoch", "step"))
    save_csv(REPORTS / "validation.csv", progress.validation, ("epoch", "validation_l1", "validation_ssim"))
    with whole(REPORTS / "samples") as samples:
        for epoch, grid in progress.samples.items():
            save_png(samples / f"epoch-{epoch:04d}.png", grid)
    figures = {name: value for name, value in last.items() if name not in ("epoch", "step")}
    write_json(METRICS, figures | {"epochs": int(last["epoch"]), "steps": progress.step})
