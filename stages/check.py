"""Check the whole of `params.yaml`, and write `code.json`: which code each other stage uses."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin()

from pix2pix.base import files
from pix2pix.pipeline import identity


def main(params: Params) -> None:
    """Note the code, and say what is about to run; a stage checks the parameters whenever it reads them."""
    files.write_json(identity.NOTED, identity.of_pipeline(params))
    train, data = params.train, params.data
    print(
        f"params.yaml is sound: {data.dataset} {data.resolved_direction} at {data.image_size}x{data.image_size}, "
        f"{train.generator}, {train.loss}, λ = {train.lambda_l1:g}, {train.epochs} epochs, seed {params.seed}"
    )


if __name__ == "__main__":
    stage.run(main, PARAMS)
