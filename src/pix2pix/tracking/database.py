"""The file of a store in SQLite: it appears whole or not at all, and one that was left half made is mended.

MLflow makes its tables in place, in hundreds of statements that no transaction holds together. A process that ends on
the way leaves a file that MLflow can neither use nor finish.
"""

import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import sqlalchemy
from alembic.script import ScriptDirectory
from mlflow.store.db import utils
from mlflow.store.tracking.dbmodels.initial_models import Base

from pix2pix.base.errors import one_line
from pix2pix.base.files import whole

# Another program that makes a store writes to it all the time; one that was silent for so long has died.
MAKING_S = 10.0
# The tables of the oldest version, which every new store begins with.
_FIRST = {*Base.metadata.tables}


class _State(NamedTuple):
    """The tables of a store, and the revision of their forms; None while there is none."""

    tables: set[str]
    revision: str | None


def make_sound(path: Path) -> None:
    """Make the store, or mend an unfinished one. Only one process at a time may do this.

    A file that MLflow did not begin, or a newer version made, is left alone.

    Raises:
        sqlite3.Error, OSError: it cannot be read or written.
    """
    if _is_empty(path):
        with whole(path) as new:
            _upgrade(new)
    elif not is_sound(path):
        _wait(path)
        if not is_sound(path):
            _mend(path)


def is_sound(path: Path) -> bool:
    """Whether nothing is to be mended.

    Raises:
        sqlite3.Error: the file is no database, or cannot be read.
    """
    if _is_empty(path):
        return False
    state = _state(path)
    if state.revision is None:
        return not (state.tables and state.tables <= _FIRST | {"alembic_version"})
    return state.revision == _revisions()[0] or state.revision not in _revisions()


def _is_empty(path: Path) -> bool:
    """Whether there is no store: an empty file is what MLflow begins with."""
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, in a transaction that ends with the block; what a killed process left undone is undone."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=20)) as database, database:
        yield database


def _state(path: Path) -> _State:
    with opened(path) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = database.execute("SELECT version_num FROM alembic_version") if "alembic_version" in tables else ()
        return _State(tables, next((revision for (revision,) in found), None))


@cache
def _revisions() -> list[str]:
    """The revisions that the installed MLflow knows, the newest first."""
    config = utils._get_alembic_config("")
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def _upgrade(path: Path) -> None:
    """Give a file of our own all tables in their newest forms; the file is flushed later, as a whole."""
    engine = sqlalchemy.create_engine(
        sqlalchemy.URL.create("sqlite", database=str(path)), poolclass=sqlalchemy.pool.NullPool
    )
    sqlalchemy.event.listen(engine, "connect", _hurry)
    utils._initialize_tables(engine)


def _hurry(connection: sqlite3.Connection, _: object) -> None:
    connection.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")


def _wait(path: Path) -> None:
    """Wait while another program may be making the store."""
    while time.time() - path.stat().st_mtime < MAKING_S and not is_sound(path):
        time.sleep(0.1)


def _mend(path: Path) -> None:
    """Bring the store up to date, or put a new one in its place; the old file is kept if it holds runs."""
    held = _runs(path)
    kept = _kept(path) if held else None
    try:
        with whole(path) as new:
            _copy(path, new)
            _upgrade(new)
        words = "brought up to date"
    except Exception as error:  # the errors of SQLAlchemy, alembic and the revisions
        if isinstance(error, OSError):
            raise
        with whole(path) as new:
            _upgrade(new)
        words = f"replaced by a new one ({one_line(error)})"
    old = f"; the old one, with {held} runs, is {kept}" if kept else ""
    print(f"MLflow's store {path} was unfinished or of an older version and is {words}{old}", file=sys.stderr)


def _runs(path: Path) -> int:
    """The number of runs that a store holds."""
    if "runs" not in _state(path).tables:
        return 0
    with opened(path) as database:
        return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])


def _kept(path: Path) -> Path:
    """A copy of the store beside it, under the first free name."""
    number = 1
    while (kept := path.with_name(f"{path.name}.old{number}")).exists():
        number += 1
    with whole(kept) as copy:
        _copy(path, copy)
    return kept


def _copy(path: Path, copy: Path) -> None:
    _state(path)  # what a killed process left undone is undone by opening it
    shutil.copyfile(path, copy)
