"""Stand-in."""
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Curve:
    key: str
    title: str
    neutral: float | None = None


def write(path: Path, curves) -> None:
    path.write_text("[]")
