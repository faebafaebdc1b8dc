"""The file of a store in SQLite: it appears whole or not at all, and an unfinished one is mended.

MLflow makes its tables in place, with hundreds of statements outside of any transaction. If the process ends meanwhile,
it leaves a file that MLflow can neither use nor finish. A file that is made under another name needs no protection
from signals: a signal can end the process at any time, and only a file without a meaning is left.
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

from pix2pix.base.errors import number_of, one_line
from pix2pix.base.files import whole

# A program that makes a store writes to it all the time. After this time without a write it has died.
MAKING_S = 10.0
# The tables of MLflow's oldest version. Every new store begins with them.
_FIRST = {*Base.metadata.tables}


class _State(NamedTuple):
    """The names of the tables, and the revision of the schema; None if the store does not say it yet."""

    tables: set[str]
    revision: str | None


def make_sound(path: Path) -> None:
    """Make the store, or mend an unfinished one. Only one process at a time may do this.

    A file of another program, and a store of a newer MLflow, stay as they are.

    Raises:
        sqlite3.Error, OSError: the file cannot be read or written.
    """
    if _is_empty(path):
        with whole(path) as new:
            _upgrade(new)
    elif not is_sound(path):
        _wait(path)
        if not is_sound(path):
            _mend(path)


def is_sound(path: Path) -> bool:
    """Whether a file needs no mending.

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
    """Whether there is no store. MLflow begins with an empty file."""
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for one transaction, which ends with the block. SQLite undoes what a killed process began."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=20)) as database, database:
        yield database


def _state(path: Path) -> _State:
    with opened(path) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = database.execute("SELECT version_num FROM alembic_version") if "alembic_version" in tables else ()
        return _State(tables, next((revision for (revision,) in found), None))


@cache
def _revisions() -> list[str]:
    """Return the revisions of the schema that the installed MLflow knows, the newest first."""
    config = utils._get_alembic_config("")
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def _upgrade(path: Path) -> None:
    """Make all tables of the newest schema in a file that nobody else uses. The caller flushes the file to disk."""
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
    """Bring the store up to date, or replace it by a new one. A copy of the old file is kept if it holds runs."""
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
    old = f"; the old one, with {number_of(held, 'run')}, is {kept}" if kept else ""
    print(f"MLflow's store {path} was unfinished or of an older version and is {words}{old}", file=sys.stderr)


def _runs(path: Path) -> int:
    """Return the number of runs in a store."""
    if "runs" not in _state(path).tables:
        return 0
    with opened(path) as database:
        return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])


def _kept(path: Path) -> Path:
    """Copy the store to the first free name beside it."""
    number = 1
    while (kept := path.with_name(f"{path.name}.old{number}")).exists():
        number += 1
    with whole(kept) as copy:
        _copy(path, copy)
    return kept


def _copy(path: Path, copy: Path) -> None:
    _state(path)  # SQLite undoes what a killed process began when it opens the file
    shutil.copyfile(path, copy)
