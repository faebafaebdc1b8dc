"""A command in a process of its own, and what it has imported."""

import subprocess
import sys

from conftest import CHECKOUT


def run(*words: str) -> tuple[int, str, list[str], set[str]]:
    """Run `pix2pix WORDS…` in the checkout; gives exit status, stdout, the lines of stderr and the imported modules."""
    script = f"from pix2pix.commands.main import main; main({list(words)!r})"
    command = [sys.executable, "-X", "importtime", "-c", script]
    environment = {"PYTHONPATH": str(CHECKOUT / "src")}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    rows = done.stderr.splitlines()
    imports = {row.split("|")[-1].strip() for row in rows if row.startswith("import time:")}
    return done.returncode, done.stdout, [row for row in rows if not row.startswith("import time:")], imports
