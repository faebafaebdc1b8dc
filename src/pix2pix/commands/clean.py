"""`pix2pix clean`: remove checkpoints of trainings, or caches, or end the runs in MLflow whose process is dead."""

from argparse import Namespace

from pix2pix.base import framework
from pix2pix.base.errors import number_of
from pix2pix.pipeline.clean import clean, clean_caches


def run(options: Namespace) -> None:
    """Remove them, and print how much space each took; or end the runs, and print which.

    Raises:
        UserError: there is no such training, or it is still running; a running program uses what was fetched; or
            MLflow does not answer.
    """
    if options.dead_runs:
        _end_runs(options.dead_runs)
        return
    found = False
    for folder, size in clean_caches() if options.caches else clean(options.names):
        found = True
        print(f"removed {folder}, {size / 1e9:.2f} GB")
    if not found:
        print("there is nothing to remove")


def _end_runs(hours: int) -> None:
    framework.import_tensorflow()  # tracking needs it
    from pix2pix.tracking.owners import end_the_silent
    from pix2pix.tracking.store import shown_uri, tracking_uri

    ended, left = end_the_silent(tracking_uri(), hours)
    for each in ended:
        print(f"ended {each.name} ({each.id}): {each.process} was last heard of at {each.heard}")
    running = number_of(left, "run")
    print(f"MLflow at {shown_uri()}: {number_of(len(ended), 'dead run')} ended, {running} still active")
