"""Check the whole of `params.yaml`, and write `code.json`, which lists the code of each other stage."""

import os
import sys

sys.path.insert(0, os.path.realpath(f"{__file__}/../../src"))  # this checkout's code, whatever is installed

from pix2pix.base import program

program.begin()

from pix2pix.params import Data, Params, names
from pix2pix.pipeline import stage

PARAMS = stage.begin()

from pix2pix.base import files
from pix2pix.base.errors import number_of
from pix2pix.pipeline import identity


def _way(data: Data) -> str:
    """From where the model translates to where; of single pictures, the task."""
    if data.single:
        return data.task
    return data.direction if data.inputs is None else f"{data.inputs} -> {data.targets}"


def main(params: Params) -> None:
    """Write `code.json`, and say what is about to run; the parameters were checked when they were read."""
    files.write_json(identity.NOTED, identity.of_pipeline(params))
    data = params.data
    print(
        f"params.yaml is sound: {names.data_set(data)} {_way(data)} at {data.size_in_words}, "
        f"{params.model.summary}, {number_of(params.train.all_epochs, 'epoch')}, seed {params.seed}"
    )


if __name__ == "__main__":
    stage.run(main, PARAMS)
