import os
import select
import signal
import subprocess
import sys

import psutil
import pytest
from conftest import CHECKOUT

from pix2pix.pipeline import stopping
from pix2pix.pipeline.stopping import Stopped, defer_signals

ALL = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
# A line that the test reads says that what comes before it is done.
SAY = (
    "import os, signal, sys, time\nfrom pathlib import Path\nfrom pix2pix.base import files\n"
    "from pix2pix.pipeline import stage, stopping\n"
)
PATIENCE_S = 30


def python(code, *words, before=(), **options):
    """A process of our own that runs `code`, with pipes to talk to it."""
    environment = {name: value for name, value in os.environ.items() if name != "DVC_ROOT"}
    environment |= {"PYTHONPATH": str(CHECKOUT / "src")} | options.pop("environment", {})
    command = [*before, sys.executable, "-c", SAY + code, *map(str, words)]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command, env=environment, **options)


def line(process):
    """The next line the process or a child of it writes; "" if none comes."""
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
    return process.stdout.readline().strip() if ready else ""


@pytest.fixture
def heard():
    """The signals that come to handlers of the test's own: what is broken does not end the tests."""
    came = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in ALL}
    yield came
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ALL)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_signal_leaves_nothing_half_written_and_a_shells_status(tmp_path, number, kind):
    code = (
        "def main(_):\n"
        "    with files.whole(Path(sys.argv[1]) / 'new') as temporary:\n"
        "        if sys.argv[2] == 'folder': temporary.mkdir()\n"
        "        (temporary / 'a' if sys.argv[2] == 'folder' else temporary).write_text('half')\n"
        "        print(len(os.listdir(sys.argv[1])), flush=True)\n"
        "        time.sleep(60)\n"
        "stage.run(main, None)\n"
    )
    process = python(code, tmp_path, kind)
    assert line(process) == "1"
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number
    assert told == f"stopped by {number.name}; `dvc repro` resumes this stage\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["stopping.raise_signals()", "stopping.defer_signals().__enter__()"])
def test_what_nohup_ignores_stays_ignored(way):
    code = f"asked = {way}\nprint('ready', flush=True)\nsys.stdin.readline()\nprint(asked and asked(), flush=True)"
    process = python(code, before=["nohup"])
    assert line(process) == "ready"
    process.send_signal(signal.SIGHUP)
    told, _ = process.communicate("go on\n", timeout=PATIENCE_S)
    assert (told, process.returncode) == ("None\n", 0)


def test_the_first_signal_is_noted_and_the_second_stops(heard, monkeypatch, capfd):
    monkeypatch.setattr(stopping, "ECHO_S", 0)
    with defer_signals() as asked:
        assert asked() is None
        signal.raise_signal(signal.SIGTERM)
        assert asked() is signal.SIGTERM
        assert capfd.readouterr().err == "\nSIGTERM: stopping once the work so far is saved; once more stops at once\n"
        with pytest.raises(Stopped) as caught:
            signal.raise_signal(signal.SIGINT)
        assert caught.value.signal is signal.SIGINT
        assert asked() is signal.SIGTERM
    assert heard == []


def test_the_echo_of_a_signal_is_no_second_one(heard, monkeypatch):
    """A closed window and `timeout` send theirs twice."""
    monkeypatch.setattr(stopping, "ECHO_S", 1e9)
    with defer_signals() as asked:
        for _ in range(3):
            signal.raise_signal(signal.SIGHUP)
            assert asked() is signal.SIGHUP
    assert heard == []


@pytest.mark.parametrize("error", [None, ValueError, Stopped])
def test_after_the_block_signals_go_where_they_went_before(heard, error):
    try:
        with defer_signals():
            if error:
                raise error(signal.SIGINT)
    except (ValueError, Stopped):
        pass
    for number in ALL:
        signal.raise_signal(number)
    assert heard == ALL


def test_a_signal_is_noted_though_the_terminal_is_gone():
    """That is when SIGHUP comes: nothing can be written any more."""
    reading, writing = os.pipe()
    code = (
        "with stopping.defer_signals() as asked:\n"
        "    signal.raise_signal(signal.SIGHUP)\n"
        "    print(asked().name, flush=True)\n"
    )
    process = python(code, stderr=writing)
    os.close(reading)
    os.close(writing)
    assert process.communicate(timeout=PATIENCE_S)[0] == "SIGHUP\n"
    assert process.returncode == 0


# What DVC does to a stage: runs it in a shell, and waits.
LAUNCHER = (
    "import os, subprocess, sys\n"
    "shell, code = sys.argv[1:]\n"
    "command = [sys.executable, '-c', code]\n"
    "if shell: command = ['bash', '-c', '\"$0\" \"$@\"; true', *command]\n"
    "sys.exit(subprocess.Popen(command).wait())\n"
)
CHILD = SAY + (
    "stopping.WATCH_S = 0.1\n"
    "stopping.raise_signals()\n"
    "stopping.end_with_dvc()\n"
    "try:\n"
    "    print(os.getpid(), flush=True)\n"
    "    sys.stdin.readline()\n"
    "    print('went on', flush=True)\n"
    "except stopping.Stopped as stopped:\n"
    "    print(stopped.signal.name, flush=True)\n"
)


@pytest.mark.parametrize("shell", ["", "shell"])
@pytest.mark.parametrize("by_dvc", [True, False])
def test_a_stage_ends_when_its_dvc_has_died_and_one_started_by_hand_does_not(tmp_path, by_dvc, shell):
    environment = {"DVC_ROOT": str(tmp_path)} if by_dvc else {}
    launcher = python(LAUNCHER, shell, CHILD, environment=environment)
    child = psutil.Process(int(line(launcher)))
    try:
        assert (child.ppid() == launcher.pid) == (not shell)
        launcher.kill()
        if not by_dvc:
            launcher.wait()
            assert select.select([launcher.stdout], [], [], 1.0)[0] == []  # ten looks of the watcher
            launcher.stdin.close()
        assert line(launcher) == ("SIGTERM" if by_dvc else "went on")
        if by_dvc:
            assert "the dvc that ran this stage has died" in launcher.stderr.read()
    finally:
        launcher.stdin.close()
        launcher.wait()
        if child.is_running():
            child.kill()


def test_a_signal_to_dvc_and_its_stage_counts_once(tmp_path):
    """The end of DVC, which it brings about, must not interrupt the saving that it asked for."""
    child = SAY + (
        "stopping.WATCH_S, stopping.ECHO_S = 0.05, 0\n"
        "stopping.raise_signals()\n"
        "stopping.end_with_dvc()\n"
        "try:\n"
        "    with stopping.defer_signals() as asked:\n"
        "        print(os.getpid(), flush=True)\n"
        "        while not asked(): time.sleep(0.01)\n"
        "        os.write(1, b'saving\\n')\n"
        "        time.sleep(1)\n"
        "        raise ValueError('saved')\n"
        "except ValueError as error:\n"
        "    time.sleep(0.5)\n"
        "    print(error, flush=True)\n"
        "except stopping.Stopped:\n"
        "    print('interrupted', flush=True)\n"
    )
    launcher = python(LAUNCHER, "", child, environment={"DVC_ROOT": str(tmp_path)}, bufsize=0, text=False)

    def said():
        ready, _, _ = select.select([launcher.stdout], [], [], PATIENCE_S)
        return launcher.stdout.readline().decode().strip() if ready else ""

    process = psutil.Process(int(said()))
    try:
        launcher.terminate()
        process.terminate()
        assert said() == "saving"
        assert said() == "saved"
        assert launcher.wait() == -signal.SIGTERM
    finally:
        launcher.kill()
        if process.is_running():
            process.kill()
        launcher.communicate()


def test_a_signal_that_came_too_late_to_save_leaves_the_watcher_at_work(tmp_path):
    """Training was at its end when it was asked to stop; then DVC dies while the outputs are written."""
    child = SAY + (
        "stopping.WATCH_S = 0.05\n"
        "stopping.raise_signals()\n"
        "stopping.end_with_dvc()\n"
        "try:\n"
        "    with stopping.defer_signals(): signal.raise_signal(signal.SIGTERM)\n"
        "    print(os.getpid(), flush=True)\n"
        "    sys.stdin.readline()\n"
        "except stopping.Stopped as stopped:\n"
        "    print(stopped.signal.name, flush=True)\n"
    )
    launcher = python(LAUNCHER, "", child, environment={"DVC_ROOT": str(tmp_path)})
    try:
        assert int(line(launcher))
        launcher.kill()
        assert line(launcher) == "SIGTERM"
    finally:
        launcher.communicate()
