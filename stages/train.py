"""Train pix2pix: `models/generator/`, `metrics/train.json`, and losses, samples and times in `reports/training/`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix import quiet, stage
from pix2pix.params import Params

PARAMS = stage.begin()
quiet.import_tensorflow()

import numpy as np
from numpy.typing import NDArray

from pix2pix import files, stopping
from pix2pix.data import records
from pix2pix.data.tasks import task
from pix2pix.errors import StoppedError
from pix2pix.tracking.runs import Run, provenance, training_run
from pix2pix.training import checkpoint, machine, outputs, run_folder
from pix2pix.training.determinism import make_deterministic
from pix2pix.training.loop import Watchers, train
from pix2pix.training.progress import Row
from pix2pix.training.summaries import Summaries

RECORDS = Path("data/records")


def main(params: Params) -> None:
    """Train, tell MLflow and TensorBoard on the way, write what came out."""
    make_deterministic(params.seed)
    manifest, digest = records.expected(RECORDS, params.data), records.digest(RECORDS)
    code = checkpoint.code_digest()
    fingerprint = params.fingerprint(digest, code)
    folder = run_folder.checkpoints() / fingerprint
    # Those of the evaluation too: damage is to be found before the training, not after it.
    pairs = {role: records.load(RECORDS, role) for role in manifest.roles}
    logs = files.home() / "logs" / fingerprint
    # The lock first: a second trainer must not touch the first one's MLflow run and logs.
    with run_folder.alone(folder), training_run(params, fingerprint, run_folder.mlflow_run(folder)) as run:
        run_folder.remember(folder, run.id)
        run.dataset(manifest, digest, "training")
        job, size = task(params.data), params.data.image_size
        print(f"training on {machine.device()}; MLflow run {run.id or 'not reached'}")
        if news := run_folder.describe(folder, params.decisive(digest, code)):
            print(f"a new run: {news}")
        with Summaries(logs) as board, stopping.defer_signals() as stop:
            shown, told = pairs.get("selection"), watchers(run, board)
            trained = train(params.train, job, params.seed, pairs["train"], shown, size, folder, told, stop)
        about = {"fingerprint": fingerprint, "direction": params.data.resolved_direction, "image_size": size}
        outputs.write(trained, about | {"palette": params.data.palette})
        cost = trained.progress.cost() | {"device": machine.device(), "versions": machine.versions()}
        files.write_json(outputs.REPORTS / "times.json", cost | provenance())
        run.scores({name: cost[name] for name in ("seconds_per_step", "images_per_second", "peak_memory_gb")}, 0)
        run.tags({"device": cost["device"], "exact": cost["exact"], **cost["versions"]})
        for path in (Path("params.yaml"), outputs.REPORTS / "losses.csv", RECORDS / "manifest.json"):
            run.files(path)
        if params.tracking.log_model:
            run.generator(outputs.MODEL, size)
        run_folder.remember(folder, run.id)  # the store may have been down at first
    if late := stop():
        raise StoppedError(f"{late.name} came after the last step: the training is finished, and is used again", late)


def watchers(run: Run, board: Summaries) -> Watchers:
    """Who follows the training: MLflow and TensorBoard."""

    def losses(row: Row) -> None:
        run.metrics(row, row["step"])
        board.scalars(row, row["step"])

    def validation(row: Row) -> None:
        run.metrics(row, row["epoch"])
        board.scalars(row, row["epoch"])

    def samples(epoch: int, grid: NDArray[np.uint8]) -> None:
        run.picture(grid, f"samples/{epoch:04d}.png")
        board.picture(grid, epoch)

    return Watchers(losses, validation, samples)


if __name__ == "__main__":
    stage.run(main, PARAMS)
