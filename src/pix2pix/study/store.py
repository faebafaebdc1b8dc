"""The database of studies, in SQLite. Every event is written at once, in a short transaction of its own.

A study has one model's pictures and one protocol. A trial is written when its pictures begin to be shown, and its
answer when it comes; the keys of the two tables let a trial be shown once and answered once. The database holds no
name, no address, and no participant's token but only its hash.
"""

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pix2pix.base.errors import UserError, one_line
from pix2pix.study.trials import Protocol, Side, Trial

# The letters "p2ps", by which SQLite tells databases of studies from others.
_APPLICATION = 0x70327073
VERSION = 1
_ADVICE = "move it away, and a new one is made"
TABLES = (
    """CREATE TABLE study (
        id INTEGER PRIMARY KEY,
        fingerprint TEXT NOT NULL,      -- the fingerprint of the model's training
        pictures TEXT NOT NULL,         -- the SHA-256 of all pictures
        practice INTEGER NOT NULL,
        scored INTEGER NOT NULL,
        exposure_ms INTEGER NOT NULL,
        seed INTEGER NOT NULL,          -- decides order and sides
        UNIQUE (fingerprint, pictures, practice, scored, exposure_ms)
    )""",
    """CREATE TABLE participant (
        id INTEGER PRIMARY KEY,
        study INTEGER NOT NULL REFERENCES study,
        number INTEGER NOT NULL,        -- in the study, from 0
        token_sha256 TEXT NOT NULL UNIQUE,
        UNIQUE (study, number)
    )""",
    """CREATE TABLE showing (
        participant INTEGER NOT NULL REFERENCES participant,
        trial INTEGER NOT NULL,         -- from 0
        pair TEXT NOT NULL,
        fake TEXT NOT NULL CHECK (fake IN ('left', 'right')),
        first TEXT NOT NULL CHECK (first IN ('left', 'right')),
        practice INTEGER NOT NULL CHECK (practice IN (0, 1)),
        begun REAL NOT NULL,            -- seconds since 1970
        PRIMARY KEY (participant, trial)
    )""",
    """CREATE TABLE answer (
        participant INTEGER NOT NULL,
        trial INTEGER NOT NULL,
        chosen TEXT NOT NULL CHECK (chosen IN ('left', 'right')),  -- as the generated one
        left_ms REAL NOT NULL,          -- how long the pictures were on the screen
        right_ms REAL NOT NULL,
        took_ms REAL NOT NULL,          -- from the end of the second picture to the answer
        PRIMARY KEY (participant, trial),
        FOREIGN KEY (participant, trial) REFERENCES showing
    )""",
)


class ConflictError(Exception):
    """Something would happen a second time, or out of turn."""


@dataclass(frozen=True)
class Study:
    """A study, as the database has it; see `TABLES`."""

    id: int
    fingerprint: str
    pictures: str
    protocol: Protocol
    seed: int


@dataclass(frozen=True)
class Participant:
    """A participant: the id in the database, and the number in the study, on which order and sides depend."""

    id: int
    number: int


@dataclass(frozen=True)
class Showing:
    """A showing of a trial, and its answer.

    Attributes:
        participant: the id of the participant.
        trial: the number of the trial, from 0.
        pair: the id of the pair.
        fake: the side of the generated picture, by the name of its column in the database.
        practice: whether the trial does not count.
        begun: when its pictures began to be shown, in seconds since 1970.
        chosen: the side that the participant took for the generated one; None without an answer.
        exposures_ms: how long the left and the right picture were on the screen; None without an answer.
        took_ms: the time from the end of the second picture to the answer; None without an answer.
    """

    participant: int
    trial: int
    pair: str
    fake: Side
    practice: bool
    begun: float
    chosen: Side | None
    exposures_ms: tuple[float, float] | None
    took_ms: float | None


class Store:
    """The database. Several threads may use it at once, and several processes may have it open."""

    def __init__(self, path: Path) -> None:
        """Open the database, or make it if there is none.

        Raises:
            UserError: the file is damaged, is no database of studies, or has another version.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise UserError(
                f"{path}: cannot be opened ({one_line(error)}); its folder has to exist, and this user has "
                "to be able to write there"
            ) from None
        try:
            self._prepare(path)
        except sqlite3.DatabaseError as error:
            self.close()
            # An operational error comes from the disk or another process, and the file may be sound.
            damaged = not isinstance(error, sqlite3.OperationalError)
            advice = _ADVICE if damaged else "free space, allow this user to write it, or end the program that locks it"
            raise UserError(f"{path}: cannot be used ({one_line(error)}); {advice}") from None
        except UserError:
            self.close()
            raise

    def _prepare(self, path: Path) -> None:
        """Look at the file before anything is written to it, make the tables, and check all of it."""
        if self._tables() and self._pragma("application_id") != _APPLICATION:
            raise UserError(f"{path}: this database is not one of studies; {_ADVICE}")
        if self._tables() and self._pragma("user_version") != VERSION:
            raise UserError(
                f"{path}: it has version {self._pragma('user_version')}, and this code knows {VERSION}; use the "
                f"code that made it, or {_ADVICE}"
            )
        self._db.execute("PRAGMA foreign_keys = ON")
        # Readers do not wait for a writer, and an answer that is written survives a power cut.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if not self._tables():
            self._make_tables()
        if (found := self._pragma("quick_check")) != "ok":
            raise sqlite3.DatabaseError(found)

    def _make_tables(self) -> None:
        with self._writing() as db:
            if not self._tables():  # another process may have made them meanwhile
                for table in TABLES:
                    db.execute(table)
                db.execute(f"PRAGMA application_id = {_APPLICATION}")
                db.execute(f"PRAGMA user_version = {VERSION}")

    def _tables(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    def _pragma(self, name: str) -> Any:
        return self._db.execute(f"PRAGMA {name}").fetchone()[0]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Run the block as a transaction that sees one state, and waits for no other program."""
        return self._transaction("BEGIN")

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Run the block as a transaction: all of it is written or nothing, and nobody else writes meanwhile."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute(begin)
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # some errors have rolled back already
                    self._db.execute("ROLLBACK")
                raise

    def study(self, fingerprint: str, pictures: str, protocol: Protocol) -> Study:
        """Return the study of these pictures under this protocol, or make it, with a new seed, if there is none.

        The seed is random. A derived one would let anyone with the code work out which picture is generated.

        Raises:
            UserError: people judged the same pictures as those of another model.
        """
        key = (fingerprint, pictures, protocol.practice, protocol.scored, protocol.exposure_ms)
        with self._writing() as db:
            other = db.execute(
                "SELECT fingerprint FROM study WHERE pictures = ? AND fingerprint != ?", (pictures, fingerprint)
            ).fetchone()
            if other:
                raise UserError(
                    f"these pictures are those of the model {other[0]}, which people judged before; now the model "
                    f"is {fingerprint}; `dvc repro evaluate` makes its pictures"
                )
            db.execute(
                "INSERT OR IGNORE INTO study (fingerprint, pictures, practice, scored, exposure_ms, seed)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (*key, secrets.randbits(31)),
            )
            return next(study for study in _studies(db) if _key(study) == key)

    def studies(self) -> list[Study]:
        """Return all studies, the oldest first."""
        with self._reading() as db:
            return _studies(db)

    def join(self, study: Study) -> str:
        """Add a participant, and return the token by which the participant is known. The token is stored nowhere."""
        token = secrets.token_urlsafe(24)
        with self._writing() as db:
            (number,) = db.execute("SELECT count(*) FROM participant WHERE study = ?", (study.id,)).fetchone()
            db.execute(
                "INSERT INTO participant (study, number, token_sha256) VALUES (?, ?, ?)",
                (study.id, number, _hashed(token)),
            )
        return token

    def participant(self, study: Study, token: str) -> Participant | None:
        """Return the participant with a token; None if this study has none."""
        with self._reading() as db:
            found = db.execute(
                "SELECT id, number FROM participant WHERE study = ? AND token_sha256 = ?", (study.id, _hashed(token))
            ).fetchone()
        return Participant(*found) if found else None

    def showings(self, participant: Participant) -> list[Showing]:
        """Return the showings of a participant, in order."""
        with self._reading() as db:
            return _showings(db, "participant.id = ?", participant.id)

    def all_showings(self, study: Study) -> list[Showing]:
        """Return the showings of all participants of a study, by participant and in order."""
        with self._reading() as db:
            return _showings(db, "participant.study = ?", study.id)

    def show(self, participant: Participant, trial: Trial, now: float) -> None:
        """Write that a trial's pictures begin to be shown at `now`, in seconds since 1970.

        Raises:
            ConflictError: another trial is the participant's next one.
        """
        with self._writing() as db:
            (shown,) = db.execute("SELECT count(*) FROM showing WHERE participant = ?", (participant.id,)).fetchone()
            if trial.number != shown:
                raise ConflictError(f"trial {trial.number} is not the next one, {shown} is")
            db.execute(
                "INSERT INTO showing (participant, trial, pair, fake, first, practice, begun)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (participant.id, trial.number, trial.pair, trial.fake, trial.first, trial.practice, now),
            )

    def answer(
        self, participant: Participant, trial: int, chosen: Side, exposures_ms: tuple[float, float], took_ms: float
    ) -> None:
        """Write an answer; see `Showing`.

        Raises:
            ConflictError: another trial was shown last, or this trial has an answer, which stands.
        """
        with self._writing() as db:
            (shown,) = db.execute("SELECT count(*) FROM showing WHERE participant = ?", (participant.id,)).fetchone()
            if trial != shown - 1:
                raise ConflictError(f"trial {trial} is not the one that was shown last")
            try:
                db.execute(
                    "INSERT INTO answer (participant, trial, chosen, left_ms, right_ms, took_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (participant.id, trial, chosen, *exposures_ms, took_ms),
                )
            except sqlite3.IntegrityError:
                raise ConflictError(f"trial {trial} has its answer, and the first one stands") from None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _key(study: Study) -> tuple[str, str, int, int, int]:
    wanted = study.protocol
    return study.fingerprint, study.pictures, wanted.practice, wanted.scored, wanted.exposure_ms


def _studies(db: sqlite3.Connection) -> list[Study]:
    found = db.execute("SELECT id, fingerprint, pictures, practice, scored, exposure_ms, seed FROM study ORDER BY id")
    return [
        Study(id_, fingerprint, pictures, Protocol(practice, scored, exposure_ms), seed)
        for id_, fingerprint, pictures, practice, scored, exposure_ms, seed in found
    ]


def _showings(db: sqlite3.Connection, where: str, value: int) -> list[Showing]:
    found = db.execute(
        "SELECT participant.id, trial, pair, fake, practice, begun, chosen, left_ms, right_ms, took_ms"
        " FROM participant JOIN showing ON showing.participant = participant.id"
        " LEFT JOIN answer USING (participant, trial)"
        f" WHERE {where} ORDER BY participant.id, trial",
        (value,),
    )
    return [
        Showing(id_, trial, pair, fake, bool(practice), begun, chosen, (left, right) if chosen else None, took)
        for id_, trial, pair, fake, practice, begun, chosen, left, right, took in found
    ]
