"""Train the system of a parameters file, and nothing else: no stages, no MLflow, no evaluation.

python trainee.py PARAMS [POINT NUMBER]

It makes the records in `data/records` where there are none, keeps its checkpoints in `checkpoints`, and writes what the
stage `train` writes. With `TF_CONFIG` it is one of several processes. It kills itself at a point of
`victim.arm`, if one is given.
"""

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RECORDS = Path("data/records")


def main(parameters: str, *kill: str) -> None:
    """Train from the newest checkpoint to the end, or to the kill."""
    from pix2pix import params
    from pix2pix.base.errors import UserError, give_up
    from pix2pix.data import download, recorder
    from pix2pix.evaluation import watching
    from pix2pix.models import about
    from pix2pix.pipeline import stopping
    from pix2pix.systems import job as jobs
    from pix2pix.training import layout as layouts
    from pix2pix.training import outputs
    from pix2pix.training.followers import Followers

    fewer_blocks.build()
    chosen = params.load(Path(parameters))
    layout = layouts.layout(chosen.train.replicas)
    if not RECORDS.exists():
        download.fetch(chosen.data, chosen.prepare, 1, Path("data/raw"))
        recorder.write(Path("data/raw"), chosen.data, chosen.prepare, RECORDS)
    if kill:
        arm(kill[0], int(kill[1]))

    def describe(*said: Any) -> dict[str, Any]:
        return about.of(*said).told()

    job = jobs.job(chosen, RECORDS, watching.measures(chosen.data), describe, None)
    with stopping.defer_signals() as stop:
        try:
            trained = job.train(job.prepared(), Path("checkpoints") / job.fingerprint, [], Followers(), stop)
        except UserError as error:
            give_up(error)
    if layout.chief:
        outputs.write(trained, job)


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parent / "src"), str(HERE)]
    import fewer_blocks
    from victim import arm

    from pix2pix.base import framework

    framework.import_tensorflow()
    main(*sys.argv[1:])
