import os

import pytest

from pix2pix.base.errors import UserError
from pix2pix.data import shards
from pix2pix.evaluation import rows
from pix2pix.pipeline import clean
from pix2pix.training import run_folder


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs with a checkpoint each, and a file beside them."""
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    folder = tmp_path / "checkpoints"
    for name in ("aaaa", "bbbb"):
        (folder / name / "step-00000001").mkdir(parents=True)
        (folder / name / "step-00000001" / "state").write_bytes(bytes(20_000_000))
    (folder / "note.txt").touch()
    (tmp_path / "logs" / "aaaa").mkdir(parents=True)
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_one_run(runs):
    assert list(clean.clean(["aaaa"])) == [(runs / "aaaa", 20_000_000)]
    assert names(runs) == ["bbbb", "note.txt"]
    assert (runs / "bbbb" / "step-00000001" / "state").exists()


@pytest.mark.parametrize("named", [[], ["bbbb", "aaaa"]])
def test_all_runs(runs, named):
    assert sorted(folder.name for folder, _ in clean.clean(named)) == ["aaaa", "bbbb"]
    assert names(runs) == ["note.txt"]
    assert names(runs.parent) == ["checkpoints", "logs"]


def test_without_any_there_is_nothing_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    assert list(clean.clean([])) == []


@pytest.mark.parametrize("name", ["cccc", "..", ".", "", "/etc", "aaaa/step-00000001", "../logs", "*", "note.txt"])
def test_what_is_no_run_is_refused_and_nothing_is_removed(runs, name):
    with pytest.raises(UserError) as caught:
        list(clean.clean(["aaaa", name]))
    assert str(caught.value) == f"{name}: no such run in {runs}; there: aaaa, bbbb"
    assert names(runs) == ["aaaa", "bbbb", "note.txt"]


def test_a_run_that_is_being_trained_is_refused_by_name(runs):
    with run_folder.alone(runs / "aaaa"):
        with pytest.raises(UserError) as caught:
            list(clean.clean([]))
        assert str(caught.value).startswith(f"{runs / 'aaaa'}: process {os.getpid()} on ")
        assert str(caught.value).endswith(" is training this run; stop it first")
        assert "step-00000001" in names(runs / "aaaa") and "bbbb" in names(runs)
    assert runs / "aaaa" in [folder for folder, _ in clean.clean([])]
    assert names(runs) == ["note.txt"]


def kept_rows(fingerprint):
    """Keep a row of this training's evaluation, as a stopped evaluation does."""
    with rows.of_training(fingerprint) as folder:
        (folder / "row").mkdir()
        (folder / "row" / "counts.npz").write_bytes(bytes(1000))
    return folder


def test_kept_rows_go_with_their_run_and_those_without_checkpoints_too(runs):
    own, other, alone = map(kept_rows, ("aaaa", "bbbb", "cccc"))
    assert list(clean.clean(["aaaa"])) == [(runs / "aaaa", 20_000_000), (own, 1000)]
    assert names(own.parent) == ["bbbb", "cccc"]
    assert [folder for folder, _ in clean.clean(["cccc"])] == [alone]
    assert [folder for folder, _ in clean.clean([])] == [runs / "bbbb", other]
    assert names(own.parent) == [] and names(runs.parent / "logs") == ["aaaa"]


def test_what_mlflow_has_missed_stays(runs):
    missed = runs.parent / "missed/1-training-aaaa"
    missed.mkdir(parents=True)
    assert len(list(clean.clean([]))) == 2 and missed.exists()


@pytest.mark.usefixtures("runs")
def test_rows_of_an_evaluation_that_is_going_on_stay():
    with rows.of_training("cccc") as folder:
        with pytest.raises(UserError, match=rf"^{folder}: this run is being evaluated; wait until that has ended$"):
            list(clean.clean(["cccc"]))
        assert folder.exists()


def test_caches_go_but_no_fetched_records_that_a_program_uses(runs):
    home, sha256 = runs.parent, "0" * 64
    for folder in ("checked", "shards"):
        (home / folder).mkdir()
    (home / "checked" / "note").write_bytes(bytes(100))
    (home / "shards" / f"{sha256}.tfrecord").write_bytes(bytes(3000))
    (home / ".shards.999999999.part").mkdir()  # a clean was killed
    shards.Place(home, "https://example.com/records").shard("train.tfrecord", sha256, 3000)  # it is here
    removed = clean.clean_caches()
    assert next(removed) == (home / "checked", 100)
    with pytest.raises(UserError, match=rf"^{home / 'shards'}: a program that is running reads these records; wait"):
        next(removed)
    assert names(home / "shards") == [f"{sha256}.tfrecord"]
    shards._use.cache_clear()  # as at the end of the process
    assert list(clean.clean_caches()) == [(home / "shards", 3000)]
    assert list(clean.clean_caches()) == [] and names(home) == [".shards.lock", "checkpoints", "logs"]
    assert names(runs) == ["aaaa", "bbbb", "note.txt"]
