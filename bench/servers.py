"""Servers of this project, started for a while."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pix2pix.pipeline import workspace


@contextmanager
def running(module: str, *words: str, folder: Path, **settings: str) -> Iterator[subprocess.Popen]:
    """`python -m module words` in a checkout or a copy of it, ended at the end with all that it has started.

    Args:
        module, words: the command.
        folder: where it runs, and whose code.
        settings: more of the environment.
    """
    with subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=folder,
        env=environment(folder) | settings,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as server:
        try:
            yield server
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def environment(folder: Path) -> dict[str, str]:
    """In which the code of a checkout or a copy of it runs."""
    return workspace.environment() | {"PYTHONPATH": str(folder / "src")}


@contextmanager
def page(*words: str, folder: Path) -> Iterator[str]:
    """The address of a page that `python -m pix2pix` serves.

    Raises:
        RuntimeError: it has ended without one.
    """
    with running("pix2pix", *words, folder=folder) as server:
        assert server.stdout
        found = next((found[0] for line in server.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line))), "")
        if not found:
            raise RuntimeError(f"{' '.join(words)}: did not start")
        yield found
