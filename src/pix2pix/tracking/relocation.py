"""Stores that were moved or copied with their project. MLflow stores absolute folders, so they have to be changed."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pix2pix.base.errors import number_of
from pix2pix.tracking.database import opened

# The folder in the project's home that our experiments keep their files in.
ARTIFACTS = "mlartifacts"
# This tag makes `mlflow ui` show an experiment as trained models, not as chats with a model.
EXPERIMENT = {"mlflow.experimentKind": "custom_model_development"}
# Where MLflow has addresses of files.
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("trace_tags", "value"),
)


def moved(path: Path) -> list[str]:
    """Return the earlier homes of a store, as addresses, whose folders it still names.

    A folder is an earlier home if an experiment has its files in the folder's `mlartifacts`, and some of these files
    are in this home instead, or none exist and this project made the experiment. Other folders are somebody's choice.

    Args:
        path: the store; its folder is its home now.
    """
    here = path.parent
    with opened(path) as database:
        return [home for home in _homes(database) if home != here.as_uri() and _came(database, home, here)]


def relocate(path: Path) -> None:
    """Change all addresses in earlier homes of a store to its home now, and say so in one line.

    All addresses change or none. No file is moved: whoever moved or copied the store has moved the files.

    Args:
        path: the store; its folder is its home now.
    """
    for old in moved(path):
        here, there = path.parent, _path(old)
        with opened(path) as database:
            left = [each for each in _places(database, old) if _is_only_there(each, old, here)]
            changed = sum(_change(database, *column, *forms) for column in _COLUMNS for forms in _forms(old, here))
        changes = number_of(changed, f"address in {path} leads", f"addresses in {path} lead")
        words = f"MLflow's files have moved with the project: {changes} to {here}, not {there}"
        if left:
            what = number_of(len(left), "run or model", "runs or models")
            copying = f"`cp -an {there / ARTIFACTS}/. {here / ARTIFACTS}/` brings them"
            words = f"{words}; the files of {what} lie in {there} alone: {copying}"
        print(words, file=sys.stderr)


def _homes(database: sqlite3.Connection) -> list[str]:
    ending = f"/{ARTIFACTS}"
    found = database.execute("SELECT DISTINCT artifact_location FROM experiments ORDER BY 1")
    places = (place for (place,) in found if place and place.startswith("file:///") and place.endswith(ending))
    return [place.removesuffix(ending) for place in places]


def _came(database: sqlite3.Connection, home: str, here: Path) -> bool:
    places = list(_places(database, home))
    if any(_moved_path(place, home, here).exists() for place in places):
        return True
    return _is_ours(database, home) and not any(_path(place).exists() for place in places)


def _is_ours(database: sqlite3.Connection, home: str) -> bool:
    """Whether this project made an experiment there."""
    tagged = "SELECT key, value FROM experiments JOIN experiment_tags USING (experiment_id) WHERE artifact_location = ?"
    return bool(EXPERIMENT.items() & set(database.execute(tagged, (f"{home}/{ARTIFACTS}",))))


def _is_only_there(place: str, home: str, here: Path) -> bool:
    return _path(place).exists() and not _moved_path(place, home, here).exists()


def _places(database: sqlite3.Connection, home: str) -> Iterator[str]:
    """Yield the addresses of the files of runs and models below a home."""
    for table, column in (("runs", "artifact_uri"), ("logged_models", "artifact_location")):
        places = database.execute(f"SELECT {column} FROM {table}")
        yield from (place for (place,) in places if place and place.startswith(f"{home}/"))


def _forms(old: str, here: Path) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the old and the new home, as addresses and as paths: MLflow stores either."""
    return (old, here.as_uri()), (str(_path(old)), str(here))


def _change(database: sqlite3.Connection, table: str, column: str, old: str, new: str) -> int:
    length = len(old) + 1
    begins = f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?"
    return database.execute(begins, (new, length, length, f"{old}/")).rowcount


def _moved_path(place: str, home: str, here: Path) -> Path:
    return _path(here.as_uri() + place.removeprefix(home))


def _path(address: str) -> Path:
    return Path(url2pathname(urlsplit(address).path))
