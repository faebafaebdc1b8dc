"""Train pix2pix: `models/generator/`, `metrics/train.json`, and losses, samples and times in `reports/training/`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.base import framework
from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin("seed", "data", "model", "train", "tracking")
framework.import_tensorflow()

import pandas as pd

from pix2pix.base import files, hardware
from pix2pix.base.determinism import make_deterministic
from pix2pix.base.errors import StoppedError
from pix2pix.data import records
from pix2pix.data.tasks import task
from pix2pix.evaluation.likeness import WATCHED
from pix2pix.pipeline import stopping
from pix2pix.systems.pix2pix_curves import pix2pix_curves
from pix2pix.tracking.runs import provenance, training_run
from pix2pix.tracking.tensorboard import Summaries, watchers
from pix2pix.training import checkpoint, curves, fingerprint, outputs, run_folder
from pix2pix.training import health as diagnosis
from pix2pix.training.loop import train

RECORDS, LOGGED = Path("data/records"), ("losses.csv", "curves.json", "health.json")


def main(params: Params) -> None:
    """Train, tell MLflow and TensorBoard on the way, write what came out."""
    make_deterministic(params.seed)
    manifest, digest = records.expected(RECORDS, params.data), records.digest(RECORDS)
    decisive = fingerprint.decisive(params, digest, checkpoint.code_digest())
    identity = fingerprint.fingerprint(decisive)
    folder = run_folder.checkpoints() / identity
    # Those of the evaluation too: damage is to be found before the training, not after it.
    pairs = {role: records.load(RECORDS, role) for role in manifest.roles}
    logs = files.home() / "logs" / identity
    # The lock first: a second trainer must not touch the first one's MLflow run and logs.
    with run_folder.alone(folder), training_run(params, identity, run_folder.mlflow_run(folder)) as run:
        run_folder.remember(folder, run.id)
        run.dataset(manifest, digest, "training")
        job, size = task(params.data), params.data.image_size
        print(f"training on {hardware.device()}; MLflow run {run.id or 'not reached'}")
        if advice := hardware.advice(params.train.precision):
            print(advice)
        if news := run_folder.describe(folder, decisive):
            print(f"a new run: {news}")
        with Summaries(logs) as board, stopping.defer_signals() as stop:
            shown, told = pairs.get("selection"), watchers(run, board)
            trained = train(
                params.model, params.train, job, params.seed, pairs["train"], shown, WATCHED, size, folder, told, stop
            )
        outputs.write(trained, params, identity)
        rows = pd.DataFrame(trained.progress.losses), pd.DataFrame(trained.progress.validation)
        table = pix2pix_curves(params.model.loss, params.model.discriminator_loss, params.model.lambda_l1)
        curves.write(outputs.REPORTS, table, *rows, WATCHED)
        asked = {path: value for path, value in params.flat().items() if path.startswith(("model.", "train."))}
        health = diagnosis.health(*rows, table, list(WATCHED), asked)
        files.write_json(outputs.REPORTS / "health.json", health)
        print(diagnosis.line(health))
        cost = trained.progress.cost() | {"device": hardware.device(), "versions": hardware.versions()}
        files.write_json(outputs.REPORTS / "times.json", cost | provenance())
        run.scores({name: cost[name] for name in ("seconds_per_step", "images_per_second", "peak_memory_gb")}, 0)
        run.tags({"device": cost["device"], "exact": cost["exact"], **cost["versions"], "health": health["verdict"]})
        for path in ("params.yaml", *(outputs.REPORTS / name for name in LOGGED), RECORDS / "manifest.json"):
            run.files(Path(path))
        if params.tracking.log_model:
            run.generator(outputs.MODEL, size)
        run_folder.remember(folder, run.id)  # the store may have been down at first
    if late := stop():
        raise StoppedError(f"{late.name} came after the last step: the training is finished, and is used again", late)


if __name__ == "__main__":
    stage.run(main, PARAMS)
