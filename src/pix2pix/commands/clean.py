"""`pix2pix clean`: remove the checkpoints of some trainings, or of all."""

from argparse import Namespace

from pix2pix.pipeline.clean import clean


def run(options: Namespace) -> None:
    """Remove them, and print how much space each took.

    Raises:
        UserError: there is no such training, or it is still going on.
    """
    for folder, size in clean(options.names):
        print(f"removed {folder}, {size / 1e9:.2f} GB")
