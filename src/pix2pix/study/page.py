"""The page of the study: `study.html` with its style and script inside, and a policy that allows no others."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pix2pix.study.trials import PAPERS, Protocol
from pix2pix.web import looks
from pix2pix.web.guard import policy

HERE = Path(__file__).parent
# The seconds that a person needs for a trial, approximately, besides the time of the pictures.
_THINKING_S = 3


def render(protocol: Protocol, size: tuple[int, int]) -> tuple[str, str]:
    """Return the page as HTML, and its Content-Security-Policy; `size` is width and height of the pictures."""
    style = looks.CSS + looks.proportions(size) + (HERE / "study.css").read_text(encoding="utf-8")
    script = (HERE / "study.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    html = environment.get_template("study.html").render(
        style=style,
        script=script,
        protocol=protocol,
        shortened=protocol.trials < PAPERS.trials,
        seconds=_seconds(protocol),
        minutes=_minutes(protocol),
    )
    return html, policy(scripts=f"'{_hash(script)}'", styles=f"'{_hash(style)}'", images="'self' data:")


def _seconds(protocol: Protocol) -> str:
    """The time that a picture is shown, in words."""
    return "one second" if protocol.exposure_ms == 1000 else f"{protocol.exposure_ms / 1000:g} seconds"


def _minutes(protocol: Protocol) -> int:
    """About how long a session takes, in minutes."""
    return max(1, round(protocol.trials * (2 * protocol.exposure_ms / 1000 + _THINKING_S) / 60))


def _hash(text: str) -> str:
    """The name of an inline style or script in a policy: its SHA-256 in base64."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
