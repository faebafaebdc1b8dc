"""Errors that a person can mend: one clear line and an exit status, no traceback."""

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from pix2pix.base.secrets import hidden


def one_line(error: object) -> str:
    """Return the text of another library's error on one line: at most 200 characters, printable, without secrets."""
    words = hidden(" ".join(str(error).split()))[:200]  # a secret that is cut in two is no longer known
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)


_IN_THE_WAY = "a file is where a folder belongs: move it away, or name another place"
_FULL = "free some space, or name a place on another disk"
# What to do about the system's errors, by their number.
_ADVICE = {
    errno.EACCES: "this user may not use it: change its permissions, or name another place",
    errno.EPERM: "this user may not use it: change its permissions, or name another place",
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: "a folder is where a file belongs: move it away, or name another place",
    errno.ENOENT: "check the name, and what a link there leads to",
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "this process may not write so large a file, see `ulimit -f`",
    errno.EROFS: "the disk can only be read: name another place",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "this process may not open more files, see `ulimit -n`",
    errno.ELOOP: "links there lead to each other: remove one",
    errno.EIO: "the disk cannot read or write it: check the disk",
}


class UserError(Exception):
    """Something outside the program is wrong. The message says what is wrong, where, and what to do."""

    exit_status = 1


class UsageError(UserError):
    """The command line asks for something impossible; nothing was done."""

    exit_status = 2


class ParamsError(UserError):
    """`params.yaml` has an impossible value or key."""

    exit_status = 2


class DataError(UserError):
    """The data are absent, damaged or not what `params.yaml` says they are."""


class OutageError(DataError):
    """A server does not answer, breaks off, or has an error of its own (5xx). A later attempt may succeed."""


class TrainingError(UserError):
    """Training cannot continue: it has diverged, or a checkpoint cannot be used."""


class DivergedError(TrainingError):
    """A loss or a weight is no longer finite, or no network learns any more."""


class PeerLostError(UserError):
    """Another process of the same training is gone. All of them have to be started again.

    Operators of clusters start a process again that ends with a status of 128 or more; Kubeflow's leave 138 to users.
    """

    exit_status = 138


class StoppedError(UserError):
    """A signal stopped the training. Its state is saved, and the next start resumes from there."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.exit_status = 128 + signal


def of_system(error: OSError | MemoryError) -> UserError:
    """Turn an error of the operating system into one line: the file, if it is known, the reason, and what to do."""
    if isinstance(error, MemoryError):
        return UserError("no memory is left for this process; free some, or see `ulimit -v`")
    if isinstance(error, shutil.Error):  # it lists every file of a folder that could not be copied
        _, target, reason = error.args[0][0]
        return UserError(f"{target}: {reason}")
    where = f"{error.filename}: " if error.filename else ""
    # The reason follows from the number, because HDF5 puts a paragraph into the text. Other libraries give no number.
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else error.strerror or error
    return UserError(f"{where}{_with_advice(str(reason), number)}")


def advised(words: str) -> str:
    """Return what another library says of an error of the operating system, and what to do."""
    return _with_advice(words, next((number for number in _ADVICE if os.strerror(number) in words), 0))


def _with_advice(words: str, number: int) -> str:
    return f"{words}; {_ADVICE[number]}" if number in _ADVICE else words


def give_up(error: UserError) -> NoReturn:
    """Print the error on stderr, a line for each problem, and end the process with the error's exit status."""
    tell(error)
    sys.exit(error.exit_status)


@contextmanager
def giving_up() -> Iterator[None]:
    """End the process, as `give_up` does, with a `UserError` or an error of the system that the block raises."""
    try:
        yield
    except UserError as error:
        give_up(error)
    except (OSError, MemoryError) as error:
        give_up(of_system(error))


def tell(error: UserError) -> None:
    """Print the error on stderr, a line for each problem."""
    label = "" if isinstance(error, StoppedError) else "error: "
    for line in str(error).splitlines():
        print(f"{label}{hidden(line)}", file=sys.stderr)


def number_of(count: int, one: str, many: str | None = None) -> str:
    """Return `1 pair`, `2,000 pairs`; `many` is the plural where an s does not make it."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def first_names(names: list[str]) -> str:
    """Join at most three of the names, for a message; odd ones as `one_line` shows them."""
    return ", ".join(name if name.isprintable() else one_line(name) for name in names[:3]) + (
        ", …" if len(names) > 3 else ""
    )
