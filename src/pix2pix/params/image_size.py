"""The size of the pictures that the networks see, as `data.image_size` says it."""

from typing import Annotated, Any

from pydantic import PlainValidator

# The networks halve both sides at least five times, so both sides are multiples of 2⁵.
_MULTIPLE, _MOST = 32, 1024


def _checked(value: Any) -> Any:
    """Check a side or [height, width]; a square has one form, its side."""
    listed = value if isinstance(value, list) else [value]
    if not (isinstance(value, int) or len(listed) == 2) or not all(map(_is_side, listed)):
        raise ValueError(
            f"must be a multiple of {_MULTIPLE} from {_MULTIPLE} to {_MOST}, or [height, width] of two such numbers "
            "(the networks halve both sides five times or more)"
        )
    return listed[0] if len(set(listed)) == 1 else listed


def _is_side(value: Any) -> bool:
    return type(value) is int and _MULTIPLE <= value <= _MOST and value % _MULTIPLE == 0


ImageSize = Annotated[int | list[int], PlainValidator(_checked)]


def sides(image_size: int | list[int]) -> tuple[int, int]:
    """Return height and width, in pixels."""
    height, width = image_size if isinstance(image_size, list) else (image_size, image_size)
    return height, width
