import json
import subprocess
import sys

import pytest

from bench import turns
from pix2pix.base.errors import UserError

# A subject whose steps append its name to a file, and which says what it is.
COUNTED = """
from bench import turns
def build():
    print("loading", flush=True)  # as libraries do
    return lambda: open({path!r}, "a").write({name!r}), {{"called": {name!r}}}
turns.serve(build)
"""


def counted(name, path):
    return [sys.executable, "-c", COUNTED.format(name=name, path=str(path))]


def test_blocks_of_all_subjects_take_turns_there_and_back(tmp_path):
    path = tmp_path / "steps"
    measured = turns.take_turns({name: counted(name, path) for name in "abc"}, rounds=3, steps=2)
    order = "abc" + "cba" + "abc"
    assert path.read_text() == "".join(name * 3 for name in order)  # two steps, and the one before that is not counted
    for name, found in measured.items():
        assert found.about == {"called": name}
        assert [len(block) for block in found.seconds] == [2, 2, 2]
        assert all(seconds > 0 for block in found.seconds for seconds in block)


def test_a_step_takes_as_long_as_it_takes():
    script = "import time; from bench import turns; turns.serve(lambda: (lambda: time.sleep(0.05), {}))"
    measured = turns.take_turns({"sleeper": [sys.executable, "-c", script]}, rounds=1, steps=2)
    assert all(seconds >= 0.05 for seconds in measured["sleeper"].seconds[0])


def test_steps_that_are_done_at_once_share_their_time():
    script = (
        "import time; from bench import turns; turns.serve(lambda: (lambda: time.sleep(0.4), {'steps_a_call': 100}))"
    )
    measured = turns.take_turns({"window": [sys.executable, "-c", script]}, rounds=1, steps=1)
    assert 0.004 <= measured["window"].seconds[0][0] < 0.4


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import nosuchmodule", r"status 1: ModuleNotFoundError: No module named 'nosuchmodule'"),
        ("import os; os._exit(3)", r"status 3: no word"),
        ("import os; print('{}', flush=True); os._exit(3)", r"status 3: no word"),  # once it has said what it is
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", r"status -9: no word"),
        (
            "from bench import turns; turns.serve(lambda: (lambda: 1 / 0, {}))",
            r"status 1: ZeroDivisionError: division by zero",
        ),
    ],
)
def test_a_subject_that_ends_is_one_line(script, said, tmp_path):
    commands = {"broken": [sys.executable, "-c", script], "sound": counted("sound", tmp_path / "steps")}
    with pytest.raises(UserError, match=rf"^broken: ended with {said}$"):
        turns.take_turns(commands, rounds=1, steps=1)


def test_a_subject_answers_until_nobody_asks(tmp_path):
    done = subprocess.run(
        counted("x", tmp_path / "steps"), input="1\n3\n", cwd=turns.CHECKOUT, capture_output=True, text=True, check=True
    )
    about, first, second = map(json.loads, done.stdout.splitlines())
    assert (about, len(first), len(second)) == ({"called": "x"}, 1, 3)
    assert done.stderr == "loading\n"
