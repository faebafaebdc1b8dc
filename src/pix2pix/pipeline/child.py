"""A command that runs as a process of its own, and is asked to stop when this process is."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pix2pix.base.errors import StoppedError
from pix2pix.pipeline.stopping import Stopped


def status(command: Sequence[str], folder: Path, environment: Mapping[str, str], again: str) -> int:
    """Run a command in a folder to its end.

    Args:
        command: the program and its arguments.
        folder: the current folder of the command.
        environment: the whole environment of the command.
        again: the command line that resumes this after a stop.

    Returns:
        The command's exit status.

    Raises:
        StoppedError: a signal asked this process to stop; the command was asked too, and has ended.
    """
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            return process.wait()
        except Stopped as stopped:
            # Ctrl-C reaches both processes; other signals reach only this one.
            if stopped.signal != signal.SIGINT:
                process.terminate()
            process.wait()
            raise StoppedError(f"stopped by {stopped.signal.name}; `{again}` resumes it", stopped.signal) from None
