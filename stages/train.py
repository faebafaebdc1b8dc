"""Train pix2pix: `models/generator/`, `metrics/train.json`, and losses, samples and times in `reports/training/`."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix import quiet, stage
from pix2pix.params import Params

PARAMS = stage.begin()
quiet.import_tensorflow()

from pix2pix import files
from pix2pix.data import records
from pix2pix.data.tasks import task
from pix2pix.networks import folder as model_folder
from pix2pix.tracking.runs import provenance, training_run
from pix2pix.training import checkpoint, times
from pix2pix.training.determinism import make_deterministic
from pix2pix.training.history import save_csv
from pix2pix.training.loop import Trained, Watchers, train
from pix2pix.training.summaries import Summaries

RECORDS, MODEL, REPORTS = Path("data/records"), Path("models/generator"), Path("reports/training")


def main(params: Params) -> None:
    """Train, tell MLflow and TensorBoard on the way, write what came out."""
    make_deterministic(params.seed)
    manifest, digest = records.expected(RECORDS, params.data), records.digest(RECORDS)
    fingerprint = params.fingerprint(digest, checkpoint.code_digest())
    folder = checkpoint.run_folder(fingerprint)
    pairs = records.load(RECORDS, "train")
    watched = records.load(RECORDS, "selection") if "selection" in manifest.roles else None
    with training_run(params, fingerprint) as run, Summaries(files.home() / "logs" / fingerprint) as board:
        run.dataset(manifest, digest, "training")
        watchers = Watchers(
            losses=lambda row: (run.metrics(row, row["step"]), board.scalars(row, row["step"])),
            validation=lambda row: (run.metrics(row, row["epoch"]), board.scalars(row, row["epoch"])),
            samples=lambda epoch, grid: (run.picture(grid, f"samples/{epoch:04d}.png"), board.picture(grid, epoch)),
        )
        job, size = task(params.data), params.data.image_size
        print(f"training on {times.device()}; fingerprint {fingerprint}; MLflow run {run.id}")
        with checkpoint.alone(folder):
            trained = train(params.train, job, params.seed, pairs, watched, size, folder, watchers)
        cost = times.told(folder) | provenance()
        write(trained, params, fingerprint, folder)
        files.write_json(REPORTS / "times.json", cost)
        run.scores({name: cost[name] for name in ("seconds_per_step", "images_per_second", "peak_memory_gb")}, 0)
        run.tags({"device": cost["device"], **cost["versions"]})
        for path in (Path("params.yaml"), REPORTS / "losses.csv", RECORDS / "manifest.json"):
            run.files(path)
        if params.tracking.log_model:
            run.generator(MODEL, size)


def write(trained: Trained, params: Params, fingerprint: str, folder: Path) -> None:
    """Everything that is the same bytes every time."""
    losses, validation = trained.history.losses, trained.history.validation
    about = {"fingerprint": fingerprint, "direction": params.data.resolved_direction, "palette": params.data.palette}
    model_folder.save(trained.generator, MODEL, about | {"image_size": params.data.image_size})
    save_csv(REPORTS / "losses.csv", losses, ("epoch", "step"))
    save_csv(REPORTS / "validation.csv", validation, ("epoch", "validation_l1"))
    with files.whole(REPORTS / "samples") as samples:
        shutil.copytree(folder / "samples", samples)
    last = losses[-1] | (validation[-1] if validation else {})
    figures = {name: value for name, value in last.items() if name not in ("epoch", "step")}
    total = {"epochs": params.train.epochs, "steps": int(losses[-1]["step"])}
    files.write_json(Path("metrics/train.json"), figures | total)


if __name__ == "__main__":
    stage.run(main, PARAMS)
