"""The database of a search: made once by whoever comes first, and each failure is a line."""

import threading

import pytest
from conftest import settings
from optuna.exceptions import StorageInternalError

from pix2pix.base.errors import UserError
from pix2pix.pipeline.search import store
from pix2pix.pipeline.search.objective import choose

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
OBJECTIVE = choose("validation_l1", settings())


def opened(url, name="search-1"):
    return store.opened(url, name, OBJECTIVE, seed=1, startup=2)


def test_workers_that_start_at_once_share_one_study(tmp_path):
    for number in range(3):
        barrier, found, failed = threading.Barrier(4), [], []

        def work(url, barrier=barrier, found=found, failed=failed):
            barrier.wait()
            try:
                found.append(opened(url).study_name)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(f"sqlite:///{tmp_path}/{number}.db",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (found, failed) == (["search-1"] * 4, [])
        assert len(opened(f"sqlite:///{tmp_path}/{number}.db").trials) == 0


def test_a_study_is_found_again_with_its_direction(tmp_path):
    url = f"sqlite:///{tmp_path}/search.db"
    opened(url).optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    assert len(opened(url).trials) == 2 and opened(url).direction.name == "MINIMIZE"
    assert len(opened(url, "search-2").trials) == 0


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("nonsense", "Could not parse SQLAlchemy URL"),
        ("oracle+none://me:secret@host/a", "Can't load plugin"),
        ("mysql+pymysql://me:secret@host/a", "No module named 'pymysql'; the driver of this database has to be"),
        ("sqlite:////nowhere/search.db", "unable to open database file"),
    ],
)
def test_a_store_that_cannot_be_used_is_a_line(url, line):
    with pytest.raises(UserError, match=line) as caught:
        opened(url)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_the_want_of_a_module_in_a_training_is_not_the_database():
    with pytest.raises(ImportError, match=r"^No module named 'a'$"), store.answering("sqlite:///a.db"):
        raise ModuleNotFoundError("No module named 'a'")


def test_a_heartbeat_that_fails_is_told_and_the_next_one_comes(tmp_path, monkeypatch, capsys):
    study = opened(f"sqlite:///{tmp_path}/search.db")
    number = study.ask()._trial_id

    def fails(*_):
        raise StorageInternalError("the server was started anew")

    with monkeypatch.context() as patch:
        patch.setattr(store.RDBStorage, "record_heartbeat", fails)
        study._storage.record_heartbeat(number)
    assert capsys.readouterr().err == "warning: the store of the search: the server was started anew\n"
    study._storage.record_heartbeat(number)
    assert capsys.readouterr().err == ""


def test_a_file_that_is_no_database_is_a_line(tmp_path):
    (tmp_path / "search.db").write_text("a text, and no database; long enough for a header" * 9)
    with pytest.raises(UserError, match="file is not a database"):
        opened(f"sqlite:///{tmp_path}/search.db")
