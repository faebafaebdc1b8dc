"""The kinds of values that keys have."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field


def finite(value: float) -> float:
    """Return the value; refuse infinity and NaN."""
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def no_bool(value: Any) -> Any:
    """Return the value; refuse true and false, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


def is_there(path: str, kind: Callable[[Path], bool] = Path.exists) -> bool:
    """Whether a path exists and is of a kind, such as `Path.is_file` or `Path.is_dir`."""
    try:
        return kind(Path(path))
    except OSError:  # the name is too long, or a folder on the way may not be entered
        return False


Count = Annotated[int, Field(ge=1, le=10**9)]
# The step is a graph that grows with the number of its batches.
ReplicaCount = Annotated[int, Field(ge=1, le=1024)]
Whole = Annotated[int, Field(ge=0, le=10**9)]
Positive = Annotated[float, Field(gt=0), AfterValidator(finite)]
NonNegative = Annotated[float, Field(ge=0), AfterValidator(finite)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
