"""How a stage script runs: from the checkout's root, with checked parameters, its errors as one line."""

import os
import sys
from collections.abc import Callable

from pix2pix import params
from pix2pix.errors import UserError
from pix2pix.files import CHECKOUT


def run(main: Callable[[params.Params], None]) -> None:
    """Call `main` with the checked `params.yaml`.

    A `UserError` becomes its message on stderr and its exit status: 2 for impossible parameters, 1 for all else.
    """
    os.chdir(CHECKOUT)
    try:
        main(params.load())
    except UserError as error:
        sys.exit(_say(error))
    except KeyboardInterrupt:
        sys.exit("interrupted; `dvc repro` starts this stage again")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"error: {where}{error.strerror or error}")


def _say(error: UserError) -> int:
    for line in str(error).splitlines():
        print(f"error: {line}", file=sys.stderr)
    return error.exit_status
