"""The trials of a search, with experiments that train nothing: they tell the search a curve, as a training does."""

import json
import os
import signal
import socket
import threading
from types import SimpleNamespace

import optuna
import pandas as pd
import pytest
from conftest import settings
from optuna.trial import TrialState

from pix2pix.base.errors import StoppedError, UserError
from pix2pix.pipeline import experiments, identity, workspace
from pix2pix.pipeline.search import search as searching
from pix2pix.pipeline.search import space, store, table, trials
from pix2pix.pipeline.search.objective import choose
from pix2pix.pipeline.stopping import Stopped
from pix2pix.training.trial import GO_ON, SEARCH

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
BASE = settings({"train.epochs": 4}).model_dump()
STOPPED = StoppedError("stopped by SIGTERM; `again` resumes it", signal.SIGTERM)


class Experiments:
    """A stand-in for `experiments.run`. A trial of λ has the L1 λ after each epoch; `faults` are raised, by call."""

    def __init__(self, monkeypatch, faults=None, tells=True):
        self.calls, self.faults, self.tells = [], faults or {}, tells
        self.ended = {}
        monkeypatch.setattr(experiments, "run", self.run)
        monkeypatch.setattr(trials, "read_run", self.read)

    def run(self, _clone, name, _text, changes, _again, **variables):
        self.calls.append((name, changes))
        self.now = changes["model.lambda_l1"]
        fault = self.faults.get(len(self.calls))
        if isinstance(fault, BaseException):
            raise fault
        if fault == "fails":
            return False
        self.ended[name] = self._train(variables[SEARCH]) if self.tells else 4
        return self.ended[name] == 4

    def _train(self, address):
        """Tell each epoch; give the last one that was trained."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(address)
            with connection.makefile("rw") as search:
                for epoch in range(1, 5):
                    row = {"epoch": epoch, "validation_l1": self.now, "fingerprint": f"{self.now:.6f}"}
                    search.write(json.dumps(row) + "\n")
                    search.flush()
                    if search.readline().strip() != GO_ON:
                        return epoch
        return 4

    def read(self, _):
        return SimpleNamespace(
            validation=pd.DataFrame({"epoch": [1, 2, 3, 4], "validation_l1": [self.now] * 4}),
            about=SimpleNamespace(epoch=4, fingerprint=f"{self.now:.6f}"),
            times=SimpleNamespace(seconds=2.0),
            scores={"ssim": 0.5},
        )


@pytest.fixture
def search(tmp_path, monkeypatch):
    """A function that works on a search as a worker does; gives its study."""
    monkeypatch.setattr(searching, "FOLDER", tmp_path / ".search")
    monkeypatch.setattr(searching, "_prepare", lambda *_: None)
    monkeypatch.setattr(searching, "_LOOK_S", 0.05)

    def work(wanted, words=("lambda_l1=1..2",), startup=2):
        asked = space.read([*words], BASE)
        content = workspace.overridden(BASE, asked.fixed)
        made = trials.Search(
            name="search-abcdef", url=f"sqlite:///{tmp_path / 'search.db'}", text="", content=content,
            fixed=asked.fixed, changes=asked.fixed, space=asked.space,
            objective=choose("validation_l1", settings()), figures=("validation_l1", "ssim"), again="again",
        )  # fmt: skip
        study = store.opened(made.url, made.name, made.objective, 42, startup)
        work.search, work.study = made, study
        searching.work(made, study, wanted)
        return study

    return work


def states(study):
    return [trial.state for trial in study.trials]


def test_trials_run_until_there_are_as_many_as_wanted(monkeypatch, search):
    told = Experiments(monkeypatch)
    study = search(3, ("lambda_l1=1..2", "epochs=4"), startup=5)
    assert states(study) == [TrialState.COMPLETE] * 3
    values = [trial.params["model.lambda_l1"] for trial in study.trials]
    assert told.calls == [
        (f"search-abcdef-{n}", {"train.epochs": 4, "model.lambda_l1": value}) for n, value in enumerate(values)
    ]
    assert [trial.value for trial in study.trials] == values
    assert study.trials[0].intermediate_values == dict.fromkeys((1, 2, 3, 4), values[0])
    assert study.trials[0].user_attrs == {
        "fingerprint": f"{values[0]:.6f}", "seconds": 2.0, "figures": {"ssim": 0.5, "validation_l1": values[0]},
    }  # fmt: skip


def test_the_same_command_adds_nothing_and_a_longer_one_only_what_is_missing(monkeypatch, search):
    told = Experiments(monkeypatch)
    search(2)
    search(2)
    assert len(told.calls) == 2
    search(3)
    assert len(told.calls) == 3


def test_trials_that_are_behind_are_pruned_after_a_quarter_of_their_epochs(monkeypatch, search, capsys):
    told = Experiments(monkeypatch)
    study = search(8)
    pruned = [trial for trial in study.trials if trial.state is TrialState.PRUNED]
    assert 1 <= len(pruned) < 6 and pruned[0].number >= 2
    for trial in pruned:
        before = study.trials[: trial.number]
        finished = sorted(each.value for each in before if each.state is TrialState.COMPLETE)
        middle = len(finished) // 2
        median = (finished[middle] + finished[-1 - middle]) / 2
        assert trial.params["model.lambda_l1"] > median
        assert told.ended[f"search-abcdef-{trial.number}"] == 2  # the first of four epochs is spared
        assert f"trial {trial.number}: pruned after epoch 2\n" in capsys.readouterr().out or trial is not pruned[0]
    assert all(trial.user_attrs["fingerprint"] for trial in pruned)


def test_a_trial_whose_outputs_were_there_can_be_compared_with(monkeypatch, search):
    Experiments(monkeypatch, tells=False)
    study = search(1)
    assert study.trials[0].intermediate_values == dict.fromkeys((1, 2, 3, 4), study.trials[0].value)


def test_a_trial_that_fails_is_named_and_the_search_goes_on(monkeypatch, search, capsys):
    Experiments(monkeypatch, {2: "fails"})
    study = search(3)
    assert states(study) == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]
    assert capsys.readouterr().err == "error: trial 1: its run failed, see above; the search continues\n"


def test_values_that_are_impossible_together_run_nothing(monkeypatch, search, capsys):
    """Pictures of 32 have no patch of 286; each value is possible beside the first one of the other parameter."""
    told = Experiments(monkeypatch)
    study = search(8, ("lambda_l1=1..2", "data.image_size=96,32", "receptive_field=70,286"), startup=8)
    failed = [trial for trial in study.trials if trial.state is TrialState.FAIL]
    assert failed and len(told.calls) == 8 - len(failed)
    assert all((t.params["data.image_size"], t.params["model.receptive_field"]) == (32, 286) for t in failed)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"error: trial {failed[0].number}: model.receptive_field = 286: must be one of")


@pytest.mark.parametrize("fault", [STOPPED, Stopped(signal.SIGINT)])
def test_a_stopped_trial_is_tried_again_with_the_same_values(monkeypatch, search, fault):
    told = Experiments(monkeypatch, {2: fault})
    with pytest.raises(type(fault)):
        search(3)
    study = search(3)
    assert states(study) == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]
    assert told.calls[1][1] == told.calls[2][1] != told.calls[3][1]
    assert [trial.number for trial in searching.counted(study)] == [0, 2, 3]


def test_a_trial_whose_worker_has_died_is_tried_again(monkeypatch, search):
    """The worker was killed: its trial is still running for the store, and says nothing any more."""
    monkeypatch.setattr(store, "HEARTBEAT_S", 1)
    Experiments(monkeypatch)
    search(1)
    dead = search.study.ask()
    value = search.search.space["model.lambda_l1"].suggested(dead, "model.lambda_l1")
    search.study._storage.record_heartbeat(dead._trial_id)
    study = search(2)
    assert states(study) == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]
    assert study.trials[2].params == {"model.lambda_l1": value}


def test_a_trial_whose_worker_has_died_before_its_first_heartbeat_is_tried_again(monkeypatch, search):
    monkeypatch.setattr(store, "HEARTBEAT_S", 1)
    Experiments(monkeypatch)
    search(1)
    search.study.ask()
    study = search(2)
    assert states(study) == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]


def take(url):
    """Take the running trial for dead, as another worker does."""
    study = optuna.load_study(study_name="search-abcdef", storage=url)
    (running,) = [trial for trial in study.trials if trial.state is TrialState.RUNNING]
    study._storage.set_trial_state_values(running._trial_id, state=TrialState.FAIL)
    optuna.storages.RetryHeartbeatStaleTrialCallback()(study, running)


class Asleep(Experiments):
    """Another worker takes the second trial for dead: before its training, or before its figures are read."""

    def run(self, *given, **more):
        if len(self.calls) == 1:
            take(self.url)
        return super().run(*given, **more)


@pytest.mark.parametrize("tells", [True, False])
def test_a_worker_that_was_taken_for_dead_leaves_its_trial_and_goes_on(monkeypatch, search, capsys, tmp_path, tells):
    told = Asleep(monkeypatch, tells=tells)
    told.url = f"sqlite:///{tmp_path / 'search.db'}"
    study = search(3)
    assert states(study) == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]
    assert told.calls[1][1] == told.calls[2][1] and told.ended["search-abcdef-1"] == (1 if tells else 4)
    out, err = capsys.readouterr()
    assert "trial 1: this worker seemed dead, and the values are tried again\n" in out and err == ""


def test_a_worker_that_was_taken_for_dead_at_the_end_of_a_trial_goes_on(monkeypatch, search, tmp_path):
    Experiments(monkeypatch)
    run, ended = trials.run, []

    def late(*given, **more):
        ended.append(run(*given, **more))
        if len(ended) == 1:
            take(f"sqlite:///{tmp_path / 'search.db'}")
        return ended[-1]

    monkeypatch.setattr(trials, "run", late)
    study = search(1)
    assert states(study) == [TrialState.FAIL, TrialState.COMPLETE] and ended == [study.best_value] * 2


def test_a_trial_that_was_taken_and_then_stopped_is_tried_again_once(monkeypatch, search, tmp_path):
    told = Asleep(monkeypatch, {2: STOPPED})
    told.url = f"sqlite:///{tmp_path / 'search.db'}"
    with pytest.raises(StoppedError):
        search(3)
    assert states(search.study) == [TrialState.COMPLETE, TrialState.FAIL, TrialState.WAITING]


def test_a_fault_of_the_code_is_no_lost_trial(monkeypatch, search):
    Experiments(monkeypatch, {1: ValueError("a fault")})
    with pytest.raises(ValueError, match=r"^a fault$"):
        search(1)


def test_a_run_without_the_figure_is_a_failed_trial(monkeypatch, search, capsys):
    Experiments(monkeypatch)
    monkeypatch.setattr(trials, "figures", lambda _: {"ssim": 0.5})
    assert states(search(2)) == [TrialState.FAIL] * 2
    assert capsys.readouterr().err.startswith("error: trial 0: its run has no validation_l1, see reports/absent.json")


def test_two_workers_share_the_trials_and_each_has_a_folder_of_its_own(monkeypatch, search, tmp_path):
    monkeypatch.setattr(store, "HEARTBEAT_S", 1)
    folders, both = [], threading.Barrier(2)

    def prepare(_, clone):
        folders.append(clone.relative_to(tmp_path).as_posix())
        both.wait()

    monkeypatch.setattr(searching, "_prepare", prepare)
    Experiments(monkeypatch, tells=False)
    workers = [threading.Thread(target=search, args=(6,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(folders) == [".search/1/code", ".search/2/code"]
    assert states(search.study).count(TrialState.COMPLETE) == len(search.study.trials) in (6, 7)


def test_what_another_worker_ran_while_one_prepared_is_not_run_again(monkeypatch, search):
    told = Experiments(monkeypatch)

    def prepare(*_):
        monkeypatch.setattr(searching, "_prepare", lambda *_: None)
        search(3)  # the other worker

    monkeypatch.setattr(searching, "_prepare", prepare)
    assert states(search(3)) == [TrialState.COMPLETE] * 3
    assert len(told.calls) == 3


def test_a_store_that_fails_in_the_middle_does_not_end_a_training(monkeypatch, search, capsys):
    Experiments(monkeypatch)

    def fails(*_):
        raise optuna.exceptions.StorageInternalError("the disk is gone")

    monkeypatch.setattr(optuna.Trial, "should_prune", fails)
    assert states(search(1)) == [TrialState.COMPLETE]
    err = capsys.readouterr().err
    assert (
        err.startswith("warning: the store of the search, sqlite:") and "the disk is gone; the trial continues" in err
    )


def test_a_store_that_fails_between_trials_is_a_line(monkeypatch, search):
    Experiments(monkeypatch)
    search(1)

    def fails(*_, **__):
        raise optuna.exceptions.StorageInternalError("the disk is gone")

    monkeypatch.setattr(searching, "fail_stale_trials", fails)
    with pytest.raises(UserError, match=r"^the store of the search, sqlite:.*: the disk is gone$"):
        search(2)


# ---- the table ----


def test_the_best_trial_comes_first_and_what_matters_is_found(monkeypatch, search):
    Experiments(monkeypatch, {3: "fails"})
    study = search(12, ("lambda_l1=1..2", "rotation=0..90"), startup=20)
    ranked = table.ranked(study, search.search.objective)
    finished = [trial.value for trial in ranked if trial.state is TrialState.COMPLETE]
    assert finished == sorted(finished) and len(finished) == 11
    assert ranked[-1].state is TrialState.FAIL
    shares = table.importances(study, search.search)
    assert list(shares.shares) == ["model.lambda_l1", "train.rotation"] and shares.shares["model.lambda_l1"] > 0.9
    assert sum(shares.shares.values()) == pytest.approx(1)


def test_the_files_of_a_search(monkeypatch, search, tmp_path):
    Experiments(monkeypatch, {2: "fails"})
    study = search(3, ("lambda_l1=1..2", "resize=nearest,bicubic", "epochs=4"))
    names = ("CSV", "MARKDOWN", "PAGE", "BEST")
    for name, kind in zip(names, ("csv", "md", "html", "yaml"), strict=True):
        monkeypatch.setattr(table, name, tmp_path / f"reports/search.{kind}")
    made = search.search.__class__(**{
        **vars(search.search),
        "text": "seed: 42\nmodel:\n  # The weight.\n  lambda_l1: 100\ntrain:\n  resize: nearest\n  epochs: 1\n",
    })  # fmt: skip
    text = table.write(study, made)
    best = study.best_trial
    rows = pd.read_csv(tmp_path / "reports/search.csv")
    assert list(rows) == [
        "trial", "state", "experiment", "model.lambda_l1", "train.resize", "validation_l1", "ssim", "seconds",
    ]  # fmt: skip
    assert rows.trial[0] == best.number and rows.state.tolist() == ["finished", "finished", "failed"]
    assert rows.experiment[0] == f"search-abcdef-{best.number}" and pd.isna(rows.experiment[2])
    assert rows.validation_l1[0] == pytest.approx(best.value, rel=1e-5)
    first = "search-abcdef: 3 trials (2 finished, 0 pruned, 1 failed), by validation_l1 (L1 (0 to 1), lower is better)."
    assert text.splitlines()[0] == first
    row = [best.number, f"{best.value:.3f}", f"{best.params['model.lambda_l1']:.4g}", best.params["train.resize"], 2]
    assert text.splitlines()[4] == f"| {' | '.join(map(str, row))} |"
    assert text == (tmp_path / "reports/search.md").read_text()
    yaml = (tmp_path / "reports/search.yaml").read_text()
    assert "  # The weight.\n" in yaml and "seed: 42\n" in yaml
    assert f"  lambda_l1: {best.params['model.lambda_l1']}\n" in yaml and "  epochs: 4\n" in yaml
    page = (tmp_path / "reports/search.html").read_text()
    assert f"Best trial, number {best.number}" in page and f"search-abcdef-{best.number}</code>" in page


def test_it_is_said_why_nothing_is_known_of_what_matters(monkeypatch, search):
    Experiments(monkeypatch)
    words = ("lambda_l1=1..2", "rotation=0..90")
    shares = table.importances(search(3, words, startup=9), search.search)
    assert (shares.shares, shares.reason) == ({}, "3 trials finished, and it takes 4 to tell.")


def test_equal_figures_say_nothing_about_what_matters(monkeypatch, search):
    Experiments(monkeypatch)
    monkeypatch.setattr(trials.Objective, "value", lambda *_: 0.5)
    shares = table.importances(search(4, startup=9), search.search)
    assert (shares.shares, shares.reason) == ({}, "All trials have the same figure.")


def test_a_search_is_another_one_if_anything_that_decides_its_figures_is(monkeypatch):
    code = {"train": "a", "files": {}}
    monkeypatch.setattr(identity, "of_pipeline", lambda _: code)

    def name(words, figure="validation_l1", base=BASE):
        asked = space.read(words, base)
        return searching.name(asked, workspace.overridden(base, asked.fixed), choose(figure, settings()))

    usual = name(["lambda_l1=1..2", "resize=nearest,bicubic"])
    assert usual == name(["resize=nearest,bicubic", "model.lambda_l1=1..2"])
    others = [
        name(["lambda_l1=1..3", "resize=nearest,bicubic"]),
        name(["lambda_l1=1..2:log", "resize=nearest,bicubic"]),
        name(["lambda_l1=1..2", "resize=nearest,bicubic", "epochs=5"]),
        name(["lambda_l1=1..2", "resize=nearest,bicubic"], "validation_ssim"),
        name(["lambda_l1=1..2", "resize=nearest,bicubic"], base=workspace.overridden(BASE, {"seed": 1})),
    ]
    code["train"] = "b"
    others.append(name(["lambda_l1=1..2", "resize=nearest,bicubic"]))
    assert len({usual, *others}) == 7
    assert os.environ.get(SEARCH) is None
