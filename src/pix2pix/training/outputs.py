"""What a finished training leaves in the workspace: the same bytes every time."""

from pathlib import Path
from typing import Any

from pix2pix.files import whole, write_json
from pix2pix.networks import folder
from pix2pix.pictures import save_png
from pix2pix.training.loop import Trained
from pix2pix.training.progress import save_csv

MODEL, REPORTS, METRICS = Path("models/generator"), Path("reports/training"), Path("metrics/train.json")


def write(trained: Trained, about: dict[str, Any]) -> None:
    """Write the generator's folder with `about`, the curves as CSV, the sample pictures, and the last figures."""
    progress = trained.progress
    folder.save(trained.generator, MODEL, about)
    save_csv(REPORTS / "losses.csv", progress.losses, ("epoch", "step"))
    save_csv(REPORTS / "validation.csv", progress.validation, ("epoch", "validation_l1"))
    with whole(REPORTS / "samples") as samples:
        for epoch, grid in progress.samples.items():
            save_png(samples / f"epoch-{epoch:04d}.png", grid)
    last = progress.losses[-1] | (progress.validation[-1] if progress.validation else {})
    figures = {name: value for name, value in last.items() if name not in ("epoch", "step")}
    write_json(METRICS, figures | {"epochs": int(last["epoch"]), "steps": progress.step})
