"""The one page of the study: `study.html` with its looks and its script inside, and a policy that allows no others."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pix2pix.study.trials import PAPERS, Protocol
from pix2pix.web import looks

HERE = Path(__file__).parent
# What looking at a trial and answering it takes about, beyond the pictures' own time.
THINKING_S = 3


def render(protocol: Protocol) -> tuple[str, str]:
    """The page as HTML, and its Content-Security-Policy."""
    style = looks.CSS + (HERE / "study.css").read_text(encoding="utf-8")
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
    policy = (
        f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy


def _seconds(protocol: Protocol) -> str:
    """How long a picture is shown, in words."""
    return "one second" if protocol.exposure_ms == 1000 else f"{protocol.exposure_ms / 1000:g} seconds"


def _minutes(protocol: Protocol) -> int:
    """About how long a session takes."""
    return max(1, round(protocol.trials * (2 * protocol.exposure_ms / 1000 + THINKING_S) / 60))


def _hash(text: str) -> str:
    """As a policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
