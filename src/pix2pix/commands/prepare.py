"""`pix2pix prepare --beam`: the stage `prepare`, computed by Apache Beam."""

import os
import sys
import time
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from pix2pix import params
from pix2pix.base import framework
from pix2pix.base.errors import UserError
from pix2pix.base.files import CHECKOUT

# The environment that `make beam` makes.
ENVIRONMENT = CHECKOUT / ".venv-beam"
# The variable of the environment by which the process that was started there knows it.
_STARTED = "PIX2PIX_BEAM_STARTED"


def run(options: Namespace) -> None:
    """Write the records of the archive in data/raw, and describe them.

    Where Beam is not installed, this process becomes the same command in `ENVIRONMENT`.

    Raises:
        UserError: the parameters are impossible, there is no environment with Beam, or it lacks Beam; or see
            `beam.write`.
    """
    if find_spec("apache_beam") is None:
        _start_anew()
    began = time.perf_counter()
    checked = params.load(CHECKOUT / "params.yaml", "data", "prepare")
    framework.import_tensorflow()
    from pix2pix.data import preview
    from pix2pix.pipeline import beam

    manifest = beam.write(CHECKOUT / "data/raw", checked.data, checked.prepare, options.out, options.options)
    print(preview.described(checked.data, manifest, time.perf_counter() - began))


def _start_anew() -> None:
    python = ENVIRONMENT / "bin/python"
    if not python.exists():
        raise UserError(f"{ENVIRONMENT}: not there. Apache Beam has an environment of its own: `make beam` makes it")
    if _STARTED in os.environ:
        raise UserError(f"{ENVIRONMENT}: has no Apache Beam; remove it, and `make beam` makes it anew")
    # Beam's workers are processes of their own, and have to find this code.
    environment = os.environ | {"PYTHONPATH": str(Path(CHECKOUT, "src")), _STARTED: "1"}
    os.execve(python, [str(python), "-m", "pix2pix", *sys.argv[1:]], environment)
