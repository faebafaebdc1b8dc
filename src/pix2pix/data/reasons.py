"""Why files cannot be used, in lines for people."""

from collections.abc import Iterable

from pix2pix.base.errors import first_names, number_of

# Of more files that fail for the same reason, only the first ones are named.
_MOST_NAMED = 20


def reasons(failed: Iterable[tuple[str, str]], one: str) -> list[str]:
    """Say why files cannot be used: a line for each, or for many with the same reason one line with their number.

    Args:
        failed: the name of each file, and the reason.
        one: what one of them is, such as `picture`.
    """
    names: dict[str, list[str]] = {}
    for name, reason in failed:
        names.setdefault(reason, []).append(name)
    lines = []
    for reason, named in names.items():
        if len(named) > _MOST_NAMED:
            lines.append(f"{number_of(len(named), one)}: {reason}: {first_names(named)}")
        else:
            lines += [f"{name}: {reason}" for name in named]
    return lines
