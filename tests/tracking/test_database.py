"""MLflow's store, made by processes that are killed on the way; MLflow itself says whether it is whole."""

import os
import signal
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy
from conftest import settings
from mlflow.store.db import utils
from mlflow.tracking import MlflowClient
from tracked import training_run

from pix2pix.tracking import database

ONE = "1" * 16


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A home without a store."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIX2PIX_HOME", str(home))
    monkeypatch.setattr(database, "MAKING_S", 0.0)
    return home


def killed(make, statement):
    """Call `make` in a process that is killed (SIGKILL) before its statement of this number; True if it came so far."""
    child = os.fork()
    if not child:
        left = [statement]

        def count(*_):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
        try:
            make()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def train():
    with training_run(settings(), ONE) as run:
        run.metrics({"loss": 1.0}, 1)


def logged(home):
    """Train, and say what MLflow then has of it."""
    train()
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    runs = client.search_runs([each.experiment_id for each in client.search_experiments()])
    return [(run.info.status, run.data.metrics) for run in runs if run.data.tags.get("fingerprint") == ONE]


ALL = [("FINISHED", {"loss": 1.0})]
# In the first tables, between and within revisions, near the end.
MOMENTS = [0, 1, 3, 9, 40, 111, 222, 333]


@pytest.mark.parametrize("statement", MOMENTS)
def test_a_first_training_that_is_killed_leaves_a_whole_store_or_none(home, statement, capsys):
    assert killed(train, statement)
    logs = sorted(path.name for path in home.iterdir() if path.suffix == ".db")
    assert logs in ([], ["mlflow.db"])
    assert logged(home) == ALL
    assert capsys.readouterr().err == ""
    assert not list(home.glob(".mlflow.db.*")), "what the killed process was writing is removed"


@pytest.mark.parametrize("statement", MOMENTS)
def test_a_store_that_another_program_left_unfinished_is_mended(home, statement, capsys):
    """`mlflow ui`, or an earlier version of this project, makes it in place."""
    assert killed(lambda: MlflowClient(f"sqlite:///{home / 'mlflow.db'}").search_experiments(), statement)
    assert logged(home) == ALL
    assert "warning" not in capsys.readouterr().err


def test_a_signal_on_the_way_leaves_no_store(home, monkeypatch):
    """What Ctrl-C raises, between the making and the renaming."""

    def stop(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(database, "_upgrade", stop)
        with pytest.raises(KeyboardInterrupt):
            train()
    assert [path.name for path in home.iterdir()] == [".mlflow.lock"]
    assert logged(home) == ALL


def older(path, revision):
    """A store as an older MLflow left it, with a run."""
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=sqlalchemy.pool.NullPool)
    from alembic import command

    utils.InitialBase.metadata.create_all(engine)
    config = utils._get_alembic_config(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (7, 'old', 'active')")
        opened.execute(
            "INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, experiment_id, source_type,"
            " user_id) VALUES (?, 'old', 'FINISHED', 1, 'active', 7, 'LOCAL', 'me')",
            ("a" * 32,),
        )


def test_a_store_of_an_older_version_keeps_its_runs(home, capsys):
    older(home / "mlflow.db", database._revisions()[12])
    assert logged(home) == ALL
    assert MlflowClient(f"sqlite:///{home / 'mlflow.db'}").get_run("a" * 32).info.status == "FINISHED"
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "is brought up to date; the old one, with 1 run, is " in said
    assert (home / "mlflow.db.old1").is_file()


def test_a_store_that_cannot_be_finished_is_kept_if_it_holds_runs(home, capsys):
    older(home / "mlflow.db", database._revisions()[12])
    with closing(sqlite3.connect(home / "mlflow.db")) as opened, opened:
        there = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
        for name in set(utils.Base.metadata.tables) - there:  # what a revision to come is to make, half made
            opened.execute(f"CREATE TABLE {name} (broken INTEGER)")
    before = (home / "mlflow.db").read_bytes()
    assert logged(home) == ALL
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "is replaced by a new one (" in said and "with 1 run, is " in said
    assert (home / "mlflow.db.old1").read_bytes() == before
    assert logged(home) == ALL


def foreign(path):
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("CREATE TABLE letters (word TEXT)")


def newer(path):
    database.make_sound(path)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = 'not yet known'")


def damaged(path):
    path.write_bytes(b"no database, whatever its name says" * 100)


@pytest.mark.parametrize("make", [foreign, newer, damaged])
def test_what_is_no_unfinished_store_is_left_as_it_is(home, make):
    path = home / "mlflow.db"
    make(path)
    before = path.read_bytes()
    try:
        database.make_sound(path)
    except sqlite3.DatabaseError:
        assert make is damaged
    assert path.read_bytes() == before


def test_another_program_that_is_making_the_store_is_waited_for(home, monkeypatch):
    path = home / "mlflow.db"
    sqlite3.connect(path).execute("CREATE TABLE experiments (x INTEGER)").connection.close()
    monkeypatch.setattr(database, "MAKING_S", 60.0)

    def finish(_):
        path.unlink()
        database.make_sound(path)

    monkeypatch.setattr(database.time, "sleep", finish)
    monkeypatch.setattr(database, "_mend", lambda _: pytest.fail("it was finished meanwhile"))
    database.make_sound(path)
    assert database.is_sound(path)
