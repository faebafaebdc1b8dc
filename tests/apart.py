"""The environments of their own that `make kubeflow` and `make beam` make."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CHECKOUT


def made(folder: Path, group: str) -> Path:
    """The environment of a group of pyproject.toml, made in a folder unless the checkout has it.

    The test is skipped where its packages cannot be had.
    """
    if (ready := CHECKOUT / f".venv-{group}/bin/python").exists():
        return ready.parents[1]
    environment, lock = folder / "environment", CHECKOUT / f"requirements-{group}.lock"
    install = ["--quiet", "--no-deps", "--require-hashes", "--python", environment, "--requirement", lock]
    for words in (["venv", "--quiet", "--python", sys.executable, environment], ["pip", "install", *install]):
        done = subprocess.run(["uv", *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no environment for {group}: {done.stderr.strip().splitlines()[-1]}")
    return environment
