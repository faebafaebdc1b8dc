"""Errors that a person can act on: one clear line, a stated exit status, no traceback."""


def one_line(error: object) -> str:
    """What another library says of an error: one line of at most 200 characters, all of them printable."""
    words = " ".join(str(error).split())[:200]
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)


class UserError(Exception):
    """Something outside the program is wrong: its message says what, where, and what to do about it."""

    exit_status = 1


class ParamsError(UserError):
    """`params.yaml` says something impossible."""

    exit_status = 2


class DataError(UserError):
    """The data are absent, damaged or not what `params.yaml` says they are."""


class TrainingError(UserError):
    """Training cannot go on: a loss is no longer finite, or a checkpoint cannot be used."""


class StoppedError(UserError):
    """A signal asked training to stop; what it had done is saved, and the next start goes on from there."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.exit_status = 128 + signal


def first_names(names: list[str]) -> str:
    """At most three of some names, for a message."""
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
