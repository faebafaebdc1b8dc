"""`python -m pix2pix`: from the command line to a command, and from its end to an exit status."""

import sys
from collections.abc import Sequence
from importlib import import_module

from pix2pix.commands.arguments import parser


def main(words: Sequence[str] | None = None) -> None:
    """Run the command that `words` say, the command line's by default.

    What a person can mend is a line on stderr for each problem and an exit status: 2 for what cannot be asked, 1 for
    what did not work, 128 and the signal's number for a stop.
    """
    options = parser().parse_args(words)
    # What follows takes a second to import, and TensorFlow more; help and mistakes in the command line do not wait.
    from pix2pix.base.errors import UserError
    from pix2pix.pipeline import stage, stopping

    stopping.raise_signals()
    try:
        import_module(f"pix2pix.commands.{options.command}").run(options)
    except UserError as error:
        stage.give_up(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        stage.give_up(UserError(f"{where}{error.strerror}"))
    except stopping.Stopped as stopped:
        print(f"stopped by {stopped.signal.name}; what is written is whole", file=sys.stderr)
        sys.exit(128 + stopped.signal)
