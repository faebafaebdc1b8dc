"""The command, without DVC and training; pipeline/search/test_killed_search.py does it all."""

from contextlib import contextmanager
from types import SimpleNamespace

import fresh_command
import optuna
import pytest

from pix2pix.pipeline import experiments
from pix2pix.pipeline.search import search as searching
from pix2pix.pipeline.search import table
from pix2pix.pipeline.search.trials import FINGERPRINT
from pix2pix.tracking import runs

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
WORDS = ("search", "--trials", "3", "lambda_l1=10..300:log", "epochs=3")


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What was asked, written and sent, with trials that a test makes in `told.work`."""
    told = SimpleNamespace(search=None, wanted=None, sent={})

    def work(search, study, wanted):
        told.search, told.wanted = search, wanted
        told.work(study)

    @contextmanager
    def search_run(_, name, fingerprints):
        told.sent.update(name=name, fingerprints=fingerprints, files=[], tags={})
        yield SimpleNamespace(
            scores=lambda scores, _: told.sent.update(scores=scores),
            tags=told.sent["tags"].update,
            files=told.sent["files"].append,
        )

    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    monkeypatch.setattr(experiments, "check_commit", lambda: None)
    monkeypatch.setattr(searching, "work", work)
    monkeypatch.setattr(table, "write", lambda *_: "| a table |")
    monkeypatch.setattr(runs, "search_run", search_run)
    return told


def finished(study):
    def objective(trial):
        trial.set_user_attr(FINGERPRINT, "f" * 16)
        return trial.suggest_float("model.lambda_l1", 10, 300, log=True)

    study.optimize(objective, n_trials=2)


def test_the_table_is_printed_and_sent_to_mlflow(command, told, tmp_path):
    told.work = finished
    status, out, err = command(*WORDS)
    assert (status, err) == (0, "") and "| a table |" in out and f"Made     {table.CSV}" in out
    search = told.search
    assert (told.wanted, search.objective.name, search.url) == (3, "validation_ssim", f"sqlite:///{tmp_path}/search.db")
    assert search.fixed == {"train.epochs": 3} and search.content["train"]["epochs"] == 3
    assert search.changes == {"train.epochs": 3, "tracking.log_model": False, "evaluate.beside": "models/beside"}
    assert search.again == "pix2pix search --trials 3 lambda_l1=10..300:log epochs=3"
    study = optuna.load_study(study_name=search.name, storage=search.url)
    assert told.sent == {
        "name": search.name, "fingerprints": ["f" * 16], "files": list(table.FILES),
        "scores": {"validation_ssim": study.best_value},
        "tags": {"best_trial": study.best_trial.number, "best.model.lambda_l1": study.best_params["model.lambda_l1"]},
    }  # fmt: skip


def test_a_user_may_have_the_models_logged(command, told):
    told.work = finished
    assert command(*WORDS, "tracking.log_model=true")[0] == 0
    assert told.search.changes["tracking.log_model"] is True


def test_a_search_of_which_no_trial_has_finished_is_a_line(command, told):
    told.work = lambda _: None
    status, _, err = command(*WORDS)
    assert (status, err) == (1, f"error: {told.search.name}: no trial has finished, see above\n")
    assert told.sent == {}


def test_a_mistake_is_a_line_and_a_status_before_anything_slow_is_imported():
    status, out, told, imports = fresh_command.run("search", "lambda_l1=1..2", "epochs=many")
    assert (status, out, len(told)) == (2, "", 1)
    assert told[0].startswith("error: parameters: train.epochs = 'many': must be")
    assert not imports & {"tensorflow", "keras", "mlflow", "optuna", "sqlalchemy"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--objective", "fid", "lambda_l1=1..2"), "--objective fid: no figure to search by here"),
        (("--storage", "nonsense", "lambda_l1=1..2"), "the store of the search, nonsense: Could not parse"),
        (("lambda_l1=2..1",), "model.lambda_l1 = 2..1: the first number"),
    ],
)
@pytest.mark.usefixtures("told")
def test_what_cannot_be_is_a_line(command, words, line):
    status, out, err = command("search", *words)
    assert status in (1, 2) and out == "" and err.startswith(f"error: {line}") and err.count("\n") == 1
