"""The way from a command line to a command, and from the end of the command to an exit status."""

import os
import select
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from pix2pix.commands.arguments import parser

_STDOUT = 1


def main(words: Sequence[str] | None = None) -> None:
    """Run the command that `words` name; without `words`, those after the program's name.

    An error that a person can mend becomes lines on stderr, one for each problem, and an exit status: 2 for an
    impossible request, 1 for a request that failed, 128 plus the signal's number after a stop. If nobody reads the
    output any more, as after `| head`, the command ends without a word, with the status 128 plus SIGPIPE's number.
    """
    words = sys.argv[1:] if words is None else words
    options = parser().parse_args(words, Namespace(words=words))
    # The imports below take time. Help and mistakes in the command line come without them.
    from pix2pix.base.errors import StoppedError, give_up, giving_up
    from pix2pix.pipeline import stopping

    try:
        with giving_up(), stopping.raised_signals():
            try:
                import_module(f"pix2pix.commands.{options.command}").run(options)
                sys.stdout.flush()
            except BrokenPipeError:
                if not _is_unread():
                    raise  # another pipe: a connection, or a program that was started
                os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)  # Python flushes it once more at its end
                sys.exit(128 + signal.SIGPIPE)
    except stopping.Stopped as stopped:
        give_up(StoppedError(f"stopped by {stopped.signal.name}; every written file is whole", stopped.signal))


def _is_unread() -> bool:
    """Return whether nobody reads the standard output any more."""
    output = select.poll()
    output.register(_STDOUT, 0)  # an error is told without being asked for
    return bool(output.poll(0))
