"""The container file, read and not built: it copies all that a step needs, and its steps name what there is."""

import json
import re
import shlex

from conftest import CHECKOUT

from pix2pix.pipeline import workspace
from pix2pix.pipeline.kubeflow import image

PLACE = CHECKOUT / ".devcontainer"
LINES = re.sub(r"\\\n", " ", (PLACE / "Containerfile").read_text(encoding="utf-8")).splitlines()


def copied() -> set[str]:
    """The files and folders that are copied; the last word of a line is where to."""
    return {word for line in LINES if line.startswith("COPY ") for word in line.split()[1:-1]}


def test_the_image_holds_all_that_a_step_copies_and_the_digest_covers() -> None:
    needed = {*workspace.CODE, *image._CODE, "params.yaml", "data/own", "models/beside"}
    assert all((CHECKOUT / name).exists() for name in copied())
    assert not [name for name in needed if not any(f"{name}/".startswith(f"{each}/") for each in copied())]


def test_kfp_is_installed_alone_from_its_pin() -> None:
    (line,) = [line for line in LINES if line.startswith("RUN sed")]
    assert shlex.split(line)[:4] == ["RUN", "sed", "-n", "/^kfp==/,/[^\\]$/p"]
    assert {"--no-deps", "--require-hashes"} <= {*shlex.split(line)}
    lock = (CHECKOUT / "requirements-kubeflow.lock").read_text(encoding="utf-8")
    assert re.search(r"^kfp==2\.\d+\.\d+ \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)


def test_development_containers_are_json_and_install_as_a_person_does() -> None:
    plain, gpu = (
        json.loads((PLACE / name).read_text(encoding="utf-8"))
        for name in ("devcontainer.json", "gpu/devcontainer.json")
    )
    assert (plain["postCreateCommand"], gpu["postCreateCommand"]) == ("make setup", "make setup GPU=1")
