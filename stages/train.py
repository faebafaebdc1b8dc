"""Train pix2pix: `models/generator/`, `metrics/train.json`, and losses, samples and times in `reports/training/`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix import quiet, stage
from pix2pix.params import Params

PARAMS = stage.begin()
quiet.import_tensorflow()

from pix2pix import files, pictures, stopping
from pix2pix.data import records
from pix2pix.data.tasks import task
from pix2pix.networks import folder as model_folder
from pix2pix.tracking.runs import provenance, training_run
from pix2pix.training import checkpoint, machine, run_folder
from pix2pix.training.determinism import make_deterministic
from pix2pix.training.loop import Trained, Watchers, train
from pix2pix.training.progress import save_csv
from pix2pix.training.summaries import Summaries

RECORDS, MODEL, REPORTS = Path("data/records"), Path("models/generator"), Path("reports/training")


def main(params: Params) -> None:
    """Train, tell MLflow and TensorBoard on the way, write what came out."""
    make_deterministic(params.seed)
    manifest, digest = records.expected(RECORDS, params.data), records.digest(RECORDS)
    code = checkpoint.code_digest()
    fingerprint = params.fingerprint(digest, code)
    folder = run_folder.checkpoints() / fingerprint
    # Those of the evaluation too: damage is to be found before the training, not after it.
    roles = {role: records.load(RECORDS, role) for role in manifest.roles}
    pairs, watched = roles["train"], roles.get("selection")
    logs = files.home() / "logs" / fingerprint
    # The lock first: a second trainer must not touch the first one's MLflow run and logs.
    with run_folder.alone(folder), training_run(params, fingerprint, run_folder.mlflow_run(folder)) as run:
        run_folder.remember(folder, run.id)
        run.dataset(manifest, digest, "training")
        job, size = task(params.data), params.data.image_size
        print(f"training on {machine.device()}; MLflow run {run.id}")
        if news := run_folder.describe(folder, params.decisive(digest, code)):
            print(f"a new run: {news}")
        with Summaries(logs) as board, stopping.defer_signals() as stop:
            watchers = Watchers(
                losses=lambda row: (run.metrics(row, row["step"]), board.scalars(row, row["step"])),
                validation=lambda row: (run.metrics(row, row["epoch"]), board.scalars(row, row["epoch"])),
                samples=lambda epoch, grid: (run.picture(grid, f"samples/{epoch:04d}.png"), board.picture(grid, epoch)),
            )
            trained = train(params.train, job, params.seed, pairs, watched, size, folder, watchers, stop)
        write(trained, params, fingerprint)
        cost = trained.progress.cost() | {"device": machine.device(), "versions": machine.versions()}
        files.write_json(REPORTS / "times.json", cost | provenance())
        run.scores({name: cost[name] for name in ("seconds_per_step", "images_per_second", "peak_memory_gb")}, 0)
        run.tags({"device": cost["device"], "exact": cost["exact"], **cost["versions"]})
        for path in (Path("params.yaml"), REPORTS / "losses.csv", RECORDS / "manifest.json"):
            run.files(path)
        if params.tracking.log_model:
            run.generator(MODEL, size)


def write(trained: Trained, params: Params, fingerprint: str) -> None:
    """Everything that is the same bytes every time."""
    progress = trained.progress
    about = {"fingerprint": fingerprint, "direction": params.data.resolved_direction, "palette": params.data.palette}
    model_folder.save(trained.generator, MODEL, about | {"image_size": params.data.image_size})
    save_csv(REPORTS / "losses.csv", progress.losses, ("epoch", "step"))
    save_csv(REPORTS / "validation.csv", progress.validation, ("epoch", "validation_l1"))
    with files.whole(REPORTS / "samples") as samples:
        for epoch, grid in progress.samples.items():
            pictures.save_png(samples / f"epoch-{epoch:04d}.png", grid)
    last = progress.losses[-1] | (progress.validation[-1] if progress.validation else {})
    figures = {name: value for name, value in last.items() if name not in ("epoch", "step")}
    files.write_json(Path("metrics/train.json"), figures | {"epochs": params.train.epochs, "steps": progress.step})


if __name__ == "__main__":
    stage.run(main, PARAMS)
