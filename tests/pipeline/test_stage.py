import resource
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from pix2pix import params
from pix2pix.base.errors import DataError, ParamsError, StoppedError, TrainingError, UserError, of_system
from pix2pix.base.files import CHECKOUT
from pix2pix.base.program import SIGNALS
from pix2pix.pipeline import identity, stage, stopping

LOST, FULL = FileNotFoundError(2, "No such file or directory", "data/x"), OSError(28, "No space left on device")
GIVEN = params.Params(seed=7)


@pytest.fixture(autouse=True)
def no_arguments(monkeypatch):
    monkeypatch.setattr("sys.argv", ["stages/train.py"])
    monkeypatch.setattr(stage, "_code", {})
    monkeypatch.setattr(identity, "expect_noted", lambda *_: None)
    monkeypatch.setattr(stage, "probe", lambda _: None)  # the folders of this checkout are not ours


@pytest.fixture(autouse=True)
def handlers():
    """A stage leaves its own behind."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_arguments_are_refused_and_not_ignored(monkeypatch, tmp_path, capsys):
    """`mlflow run . -e train -P epochs=1` would train for as long as params.yaml says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["stages/train.py", "--epochs", "1"])
    assert ending(stage.begin) == 2
    assert capsys.readouterr().err.startswith("error: --epochs 1: a stage takes no arguments")


def ending(action, *arguments):
    with pytest.raises(SystemExit) as caught:
        action(*arguments)
    return caught.value.code


def raising(error):
    def main(_):
        raise error

    return main


def test_a_stage_begins_in_its_checkout_whatever_folder_it_is_started_from(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(params, "load", lambda path, *sections: (Path.cwd(), path, sections))
    assert stage.begin("seed", "data") == (CHECKOUT, Path("params.yaml"), ("seed", "data"))


def test_impossible_parameters_are_lines_and_a_status_of_their_own(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(params, "load", raising(ParamsError("first\nsecond")))
    assert ending(stage.begin) == 2
    assert capsys.readouterr().err == "error: first\nerror: second\n"


def test_the_stage_gets_the_parameters_that_were_checked():
    seen = []
    stage.run(seen.append, GIVEN)
    assert seen == [GIVEN]


@pytest.mark.parametrize(("kind", "status"), [(ParamsError, 2), (DataError, 1), (TrainingError, 1)])
def test_errors_of_the_user_are_lines_and_a_status(capsys, kind, status):
    assert ending(stage.run, raising(kind("first\nsecond")), GIVEN) == status
    assert capsys.readouterr().err == "error: first\nerror: second\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (LOST, f"error: {of_system(LOST)}"),
        (FULL, f"error: {of_system(FULL)}"),
        (OSError("disk on fire"), "error: disk on fire"),
    ],
)
def test_errors_of_the_system_are_one_line(capsys, error, line):
    assert ending(stage.run, raising(error), GIVEN) == 1
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_is_a_line_and_the_status_a_shell_gives_it(capsys, name, status):
    """A real one, which the stage listens to by itself."""
    assert ending(stage.run, lambda _: signal.raise_signal(signal.Signals[name]), GIVEN) == status
    assert capsys.readouterr().err == f"stopped by {name}; `dvc repro` resumes this stage\n"


def test_a_training_that_was_asked_to_stop_has_not_failed(capsys):
    stopped = StoppedError("stopped by SIGTERM at step 3 of 9", signal.SIGTERM)
    assert ending(stage.run, raising(stopped), GIVEN) == 143
    assert capsys.readouterr().err == "stopped by SIGTERM at step 3 of 9\n"


def test_a_stage_ends_with_its_dvc_from_the_beginning(monkeypatch):
    order = []
    monkeypatch.setattr(stopping, "end_with_dvc", lambda: order.append("watched"))
    monkeypatch.setattr(params, "load", lambda _: order.append("loaded"))
    stage.begin()
    assert order == ["watched", "loaded"]


def test_other_code_than_the_noted_one_is_a_line_and_a_status(monkeypatch, capsys):
    def refuse(name, now):
        raise UserError(f"{name}: {len(now)}")

    monkeypatch.setattr(identity, "expect_noted", refuse)
    monkeypatch.setattr(params, "load", lambda *_: GIVEN)
    assert ending(stage.begin) == 1
    assert capsys.readouterr().err == f"error: train: {len(identity.of_stage('train', GIVEN))}\n"


def test_outputs_are_tried_before_the_work(monkeypatch, capsys):
    """One in each folder, as dvc.yaml names them; the first that cannot be written ends the stage."""
    tried = []

    def probe(path):
        tried.append(path)
        if path.parent == Path("reports"):
            raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(stage, "probe", probe)
    monkeypatch.setattr(params, "load", lambda *_: GIVEN)
    monkeypatch.setattr("sys.argv", ["stages/segmenter.py"])
    assert ending(stage.begin) == 1
    assert tried == [Path("models/segmenter"), Path("reports/segmenter")]
    assert capsys.readouterr().err.startswith("error: reports/segmenter: Read-only file system; ")


def test_a_limit_of_file_sizes_is_a_line(tmp_path):
    """`ulimit -f`, for a file that TensorFlow writes: a checkpoint, records."""
    import tensorflow as tf

    def main(_):
        tf.train.Checkpoint(weight=tf.Variable(tf.zeros(1 << 20))).write(str(tmp_path / ".state.1.part"))

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, before[1]))
    try:
        said = ending(stage.run, main, GIVEN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert said.startswith("error: TensorFlow: ") and "File too large" in said and "\n" not in said


def test_memory_that_is_not_there_is_a_line(capsys):
    assert ending(stage.run, raising(MemoryError()), GIVEN) == 1
    assert capsys.readouterr().err == "error: no memory is left for this process; free some, or see `ulimit -v`\n"


@pytest.mark.parametrize("later", [False, True])
def test_a_second_signal_does_not_disturb_the_end_unless_a_person_insists(monkeypatch, later):
    monkeypatch.setattr(stopping, "ECHO_S", 0 if later else 1e9)
    ended = []
    monkeypatch.setattr("os._exit", ended.append)

    def main(_):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)

    with suppress(stopping.Stopped):
        assert ending(stage.run, main, GIVEN) == 143
    assert ended == ([143] if later else [])


def test_our_own_mistakes_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        stage.run(lambda _: 1 // 0, GIVEN)


def test_a_stage_that_ends_well_says_nothing_and_exits_with_nothing(capsys):
    stage.run(lambda _: None, GIVEN)
    assert capsys.readouterr() == ("", "")
