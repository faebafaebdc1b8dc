"""The clone that experiments run in, and what is asked of git; DVC itself runs in test_killed_ablation.py."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import CHECKOUT, settings

from pix2pix.base.errors import StoppedError, UserError
from pix2pix.base.program import SIGNALS
from pix2pix.pipeline import experiments, stopping, workspace
from pix2pix.pipeline.workspace import overridden


def git(folder, *words):
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A repository with a commit of everything an experiment is of, in the checkout's place."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "DVC_ROOT", "PIX2PIX_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "checkout"
    for name in ("dvc.yaml", "params.yaml", "stages/train.py", "src/pix2pix/a.py", ".dvc/config"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / ".gitignore").write_text("/.ablation/\n")
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "Test")
    git(folder, "config", "user.email", "test@example.com")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "code")
    monkeypatch.setattr(experiments, "CHECKOUT", folder)
    return folder


# ---- what has to be committed ----


def test_committed_code_is_fine_whatever_the_parameters(checkout):
    (checkout / "params.yaml").write_text("seed: 7\n")
    (checkout / "note.txt").write_text("")
    experiments.check_commit()


@pytest.mark.parametrize(
    "name", ["dvc.yaml", "stages/train.py", "src/pix2pix/a.py", "src/pix2pix/new.py", ".dvc/config"]
)
def test_code_that_is_not_committed_is_refused_by_name(checkout, name):
    (checkout / name).write_text("changed\n")
    with pytest.raises(UserError, match=f"^{name}: not committed, but an experiment needs a commit"):
        experiments.check_commit()


@pytest.mark.parametrize("there", ["nothing", "no commit", "another one around it"])
def test_without_a_repository_of_its_own_it_says_what_to_do(monkeypatch, checkout, tmp_path, there):
    folder = tmp_path / "plain"
    if there == "another one around it":
        folder = checkout / "inner"
    folder.mkdir()
    if there == "no commit":
        git(folder, "init", "--quiet")
    monkeypatch.setattr(experiments, "CHECKOUT", folder)
    with pytest.raises(
        UserError, match=r"not a git repository with a commit, .*: `git init && git add --all && git commit"
    ):
        experiments.check_commit()


@pytest.mark.usefixtures("checkout")
def test_a_machine_without_git_is_a_line(monkeypatch):
    monkeypatch.setattr(workspace, "environment", lambda **_: {"PATH": "/nowhere"})
    with pytest.raises(UserError, match="not a git repository"):
        experiments.check_commit()


# ---- the clone ----


@pytest.fixture
def cache(monkeypatch):
    """`dvc cache dir` takes a second."""
    run = experiments._run
    monkeypatch.setattr(
        experiments, "_run", lambda *words, cwd: "/cache" if words[0] == "dvc" else run(*words, cwd=cwd)
    )


@pytest.mark.usefixtures("cache")
def test_a_clone_has_the_commit_and_the_checkouts_cache(checkout):
    (checkout / "params.yaml").write_text("seed: 7\n")
    folder = checkout / ".ablation/code"
    experiments.clone(folder)
    assert git(folder, "rev-parse", "HEAD") == git(checkout, "rev-parse", "HEAD")
    assert (folder / "params.yaml").read_text() == ""
    assert (folder / ".dvc/config.local").read_text() == "[cache]\n    dir = /cache\n"


@pytest.mark.usefixtures("cache")
def test_a_clone_takes_the_place_of_an_earlier_one_and_leaves_the_checkout_alone(checkout):
    folder = checkout / ".ablation/code"
    experiments.clone(folder)
    (folder / "params.yaml").write_text("an experiment's\n")
    (folder / ".git/index.lock").touch()  # what a kill leaves
    (checkout / "params.yaml").write_text("seed: 7\n")
    experiments.clone(folder)
    assert git(folder, "status", "--porcelain") == "?? .dvc/config.local\n"
    assert git(checkout, "status", "--porcelain") == " M params.yaml\n"


# A Python that does nothing; what follows are its arguments.
SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("words", "name"),
    [(["stages/train.py"], "stages/train.py"), (["-m", "dvc", "exp"], "dvc"), (["/a/bin/dvc", "repro"], "/a/bin/dvc")],
)
def test_what_a_killed_ablation_started_is_waited_for_then_named(monkeypatch, checkout, words, name):
    folder = checkout / ".ablation/code"
    (folder / "src").mkdir(parents=True)
    monkeypatch.setattr(experiments, "PATIENCE_S", 0.2)
    with subprocess.Popen([*SLEEPS, *words], cwd=folder / "src") as orphan:
        with pytest.raises(UserError, match=rf"still runs there, process {orphan.pid} \({name}\); stop it first"):
            experiments.clone(folder)
        assert (folder / "src").is_dir()
        monkeypatch.setattr(experiments, "PATIENCE_S", 30)
        threading.Timer(0.3, orphan.kill).start()
        threading.Thread(target=orphan.wait).start()
        experiments.clone(folder)
    assert (folder / ".git").is_dir()


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("command", [["sleep", "60"], SLEEPS, ["tail", "-f", "stages/train.py", "/dev/null"]])
def test_what_a_person_left_open_in_an_earlier_clone_is_no_stage(monkeypatch, checkout, command):
    """A shell, a viewer: nobody waits for it."""
    folder = checkout / ".ablation/code"
    folder.mkdir(parents=True)
    monkeypatch.setattr(experiments, "PATIENCE_S", 0)
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as other:
        try:
            experiments.clone(folder)
            assert other.poll() is None
        finally:
            other.kill()


# ---- an experiment ----


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("cgan+l1", "cgan+l1"),
        ("models/beside", "models/beside"),
        (10, "10"),
        (2e-4, "0.0002"),
        (True, "true"),
        (None, "null"),
        ("train:40", "'train:40'"),
        ("/my data/it's", r"'/my data/it\'s'"),
    ],
)
def test_values_are_said_as_dvc_reads_them(value, text):
    overrides = pytest.importorskip("hydra.core.override_parser.overrides_parser")
    assert experiments._hydra(value) == text
    assert overrides.OverridesParser.create().parse_override(f"a.b={text}").value() == value


class Dvc:
    """A stand-in for `python -m dvc`: notes its words, then does what the script says."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.calls = folder, folder / "calls"
        package = folder / "tools/dvc"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        self.script("")
        monkeypatch.setattr(
            workspace, "environment", lambda **more: os.environ | more | {"PYTHONPATH": str(folder / "tools")}
        )

    def script(self, text):
        note = f"import os, sys, time\nopen({str(self.calls)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        (self.folder / "tools/dvc/__main__.py").write_text(note + text)

    def told(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def dvc(tmp_path, monkeypatch):
    return Dvc(tmp_path, monkeypatch)


def test_an_experiment_is_run_with_its_values_and_brought_home(dvc, tmp_path):
    assert experiments.run(tmp_path, "ablation-l1", "seed: 7\n", {"model.loss": "l1", "train.epochs": 3}, "again")
    assert dvc.told() == [
        "exp run --name ablation-l1 -S model.loss=l1 -S train.epochs=3",
        "exp push --no-cache --force origin ablation-l1",
    ]


def test_an_experiment_starts_from_the_given_parameters_and_names_its_command(dvc, tmp_path):
    (tmp_path / "params.yaml").write_text("the row's before\n")
    told = "open('params.yaml').read() + os.environ['PIX2PIX_COMMAND'] + os.environ['SOME']"
    dvc.script(f"if 'run' in sys.argv: open('seen', 'w').write({told})\n")
    experiments.run(tmp_path, "ablation-l1", "seed: 7\n", {"model.loss": "l1"}, "again", SOME=" thing")
    assert (tmp_path / "seen").read_text() == "seed: 7\ndvc exp run --temp -S model.loss=l1 thing"


def test_an_experiment_that_failed_is_not_brought_home(dvc, tmp_path):
    dvc.script("sys.exit(255)\n")
    assert not experiments.run(tmp_path, "ablation-l1", "", {}, "pix2pix ablation")
    assert len(dvc.told()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_dvc_and_is_told(dvc, tmp_path, number):
    dvc.script("open('up', 'w')\ntime.sleep(60)\n")
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    stopping.raise_signals()

    def send():
        while not (tmp_path / "up").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    threading.Thread(target=send).start()
    try:
        with pytest.raises(StoppedError, match=f"stopped by {number.name}; `pix2pix ablation` resumes it") as caught:
            experiments.run(tmp_path, "ablation-l1", "", {}, "pix2pix ablation")
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    assert caught.value.exit_status == 128 + number
    assert len(dvc.told()) == 1


def test_what_is_kept_can_be_read_like_a_workspace(tmp_path):
    for name in ("reports/scores.csv", "reports/pictures/a.png", "metrics/train.json", *experiments.RESULTS):
        if "." in name:
            (tmp_path / "code" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "code" / name).write_text(name)
    (tmp_path / "code/models/generator/model.weights.h5").write_text("large")
    experiments.keep(tmp_path / "code", tmp_path / "rows/l1")
    kept = {path.relative_to(tmp_path / "rows/l1").as_posix() for path in (tmp_path / "rows/l1").rglob("*.*")}
    assert kept == {
        "params.yaml",
        "metrics/train.json",
        "reports/scores.csv",
        "reports/pictures/a.png",
        "models/generator/about.json",
        "models/segmenter/about.json",
        "data/records/manifest.json",
    }
    assert (tmp_path / "rows/l1/reports/scores.csv").read_text() == "reports/scores.csv"


def test_own_pairs_are_those_of_the_checkout_and_no_other_models_are_scored():
    assert experiments.whereabouts(settings().model_dump()) == {"evaluate.beside": "models/beside"}
    own = overridden(settings().model_dump(), {"data.dataset": "custom"})
    assert experiments.whereabouts(own)["data.path"] == str(CHECKOUT / "data/own")
