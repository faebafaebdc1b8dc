import json
import os
import re
import socket
import subprocess
import sys

import pytest
from conftest import CHECKOUT

from pix2pix.base.errors import TrainingError
from pix2pix.training import run_folder

SINCE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def trainer():
    """Start processes that hold a folder until they are told to end, or are killed."""
    started = []

    def hold(folder):
        code = (
            "import pathlib, sys\nfrom pix2pix.training.run_folder import alone\n"
            "with alone(pathlib.Path(sys.argv[1])):\n    print('in', flush=True)\n    sys.stdin.readline()\n"
        )
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "in\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_run_folders_are_in_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    assert run_folder.checkpoints() == tmp_path / "checkpoints"


def test_one_trainer_a_run_and_the_second_is_told_who_is_the_first(tmp_path, trainer, monkeypatch, capsys):
    monkeypatch.setattr(run_folder, "PATIENCE_S", 0.2)
    folder = tmp_path / "run"
    first = trainer(folder)
    (folder / ".step-00000001.1.part").mkdir()
    (folder / "step-00000001").mkdir()
    before = names(folder)
    with pytest.raises(TrainingError) as caught, run_folder.alone(folder):
        pytest.fail("two trainers")
    who = rf"process {first.pid} on {re.escape(socket.gethostname())} \(since {SINCE}\) is training this run"
    assert re.fullmatch(rf"{re.escape(str(folder))}: {who}; wait for it, or stop it", str(caught.value))
    assert re.fullmatch(rf"{who}; waiting 0.2 s for it to end\n", capsys.readouterr().out)
    assert names(folder) == before
    # It holds that run only.
    with run_folder.alone(tmp_path / "other"):
        pass


def test_the_lock_goes_with_a_trainer_that_is_killed(tmp_path, trainer, monkeypatch, capsys):
    monkeypatch.setattr(run_folder, "PATIENCE_S", 0)
    first = trainer(tmp_path)
    first.kill()
    first.wait()
    with run_folder.alone(tmp_path):
        assert json.loads((tmp_path / "trainer.json").read_text())["process"] == os.getpid()
    assert capsys.readouterr().out == ""  # nobody had to wait


def test_a_trainer_that_ends_lets_the_waiting_one_in(tmp_path, trainer, monkeypatch):
    first, told = trainer(tmp_path), []

    def end_the_first(line, **_):
        told.append(line)
        first.stdin.write("end\n")
        first.stdin.flush()

    monkeypatch.setattr(run_folder, "print", end_the_first, raising=False)
    with run_folder.alone(tmp_path):
        assert first.wait() == 0
        assert run_folder.trainer(tmp_path).startswith(f"process {os.getpid()} on ")
    assert len(told) == 1 and str(first.pid) in told[0]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_after_the_block_the_next_one_may_begin(tmp_path, trainer, error):
    try:
        with run_folder.alone(tmp_path):
            if error:
                raise error
    except KeyboardInterrupt:
        pass
    trainer(tmp_path)


def test_what_killed_trainers_were_writing_is_removed(tmp_path):
    """Whatever their number: in a container every trainer has the same one."""
    for name in (".step-00000003.1.part", f".step-00000004.{os.getpid()}.part", "step-00000002"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "state").touch()
    with run_folder.alone(tmp_path):
        found = names(tmp_path)
    assert [name for name in found if "step" in name] == ["step-00000002"]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"process": 7}'])
def test_a_trainer_that_is_not_known_is_told_so(tmp_path, content):
    if content is not None:
        (tmp_path / "trainer.json").write_text(content)
    number = 7 if content and "7" in content else "another"
    assert run_folder.trainer(tmp_path) == f"process {number} on some host (since some time)"


OURS = {"seed": 42, "model.lambda_l1": 100.0, "model.loss": "cgan+l1", "records": "a" * 64, "training code": "b" * 64}


def run(home, name, **changes):
    (home / name).mkdir()
    what = OURS | {key.replace("__", ".").replace("_code", " code"): value for key, value in changes.items()}
    return run_folder.describe(home / name, what)


def test_a_new_run_is_told_from_the_most_similar_one_by_every_value(tmp_path):
    assert run(tmp_path, "1111") == "the first one of its kind here"
    assert run(tmp_path, "2222", seed=1, model__loss="l1", records="c" * 64) == (
        'the most similar one here, 1111, has model.loss "cgan+l1" (here "l1"), other records, seed 42 (here 1)'
    )
    assert run(tmp_path, "3333", seed=1, model__loss="l1") == ("the most similar one here, 2222, has other records")
    assert run(tmp_path, "4444", model__lambda_l1=10.0) == (
        "the most similar one here, 1111, has model.lambda_l1 100.0 (here 10.0)"
    )


def test_a_run_of_another_system_is_not_similar(tmp_path):
    run(tmp_path, "1111")
    assert run(tmp_path, "2222", model__system="dcgan") == "the first one of its kind here"
    assert run(tmp_path, "3333", model__system="dcgan", seed=1) == (
        "the most similar one here, 2222, has seed 42 (here 1)"
    )


def test_a_key_that_one_of_them_lacks_is_a_difference(tmp_path):
    run(tmp_path, "1111", model__new="x")
    assert run(tmp_path, "2222") == 'the most similar one here, 1111, has model.new "x" (here its default)'


def test_a_run_that_goes_on_has_nothing_new_to_tell(tmp_path):
    run(tmp_path, "1111", seed=1)
    run(tmp_path, "2222")
    written = (tmp_path / "2222" / "run.json").read_text()
    assert json.loads(written) == OURS
    assert run_folder.describe(tmp_path / "2222", OURS) == ""
    assert (tmp_path / "2222" / "run.json").read_text() == written


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", b"\xff"])
def test_an_unreadable_description_of_another_run_is_no_problem(tmp_path, content):
    for name in ("0000", "folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "0000" / "run.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "folder" / "run.json").mkdir()
    assert run(tmp_path, "1111") == "the first one of its kind here"
    assert run(tmp_path, "2222", seed=1) == "the most similar one here, 1111, has seed 42 (here 1)"


def test_the_mlflow_run_is_remembered(tmp_path):
    assert run_folder.mlflow_run(tmp_path) is None
    run_folder.remember(tmp_path, "abc")
    assert run_folder.mlflow_run(tmp_path) == "abc"
    run_folder.remember(tmp_path, None)  # the store is down
    assert run_folder.mlflow_run(tmp_path) == "abc"
    run_folder.remember(tmp_path, "def")
    assert run_folder.mlflow_run(tmp_path) == "def"


@pytest.mark.parametrize("content", ["", "[]", '{"run": null}', "{}"])
def test_without_a_readable_note_there_is_no_mlflow_run(tmp_path, content):
    (tmp_path / "mlflow.json").write_text(content)
    assert run_folder.mlflow_run(tmp_path) is None
