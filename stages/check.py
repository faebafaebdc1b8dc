"""Check the whole of `params.yaml`. Writes nothing: its verdict is its exit status."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin()


def main(params: Params) -> None:
    """Say what is about to run; the check itself is done whenever a stage reads its parameters."""
    train, data = params.train, params.data
    print(
        f"params.yaml is sound: {data.dataset} {data.resolved_direction} at {data.image_size}x{data.image_size}, "
        f"{train.generator}, {train.loss}, λ = {train.lambda_l1:g}, {train.epochs} epochs, seed {params.seed}"
    )


if __name__ == "__main__":
    stage.run(main, PARAMS)
