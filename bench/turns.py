"""Subjects that take turns: every subject is a process of its own that stays alive and does steps when told to.

Round after round each does a block of steps while the others wait, so that what else the machine does meets all alike.
A subject first says what it is, as a line of JSON; then it answers each line of its standard input, a number of steps,
by the seconds of each step, again as a line of JSON.

A subject may live in another environment, so this needs the standard library alone.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pix2pix.base.errors import UserError, one_line

CHECKOUT = Path(__file__).resolve().parents[1]

About = dict[str, Any]
Step = Callable[[], object]


def serve(build: Callable[[], tuple[Step, About]]) -> None:
    """Be a subject until standard input ends.

    Args:
        build: makes what a step needs; returns the step, which ends when its work is done, and what to say of it, any
            JSON object. One that does several at once says so as `steps_a_call`. What it raises ends the process.
    """
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what libraries print must not stand among the answers
        step, about = build()
        print(json.dumps(about), file=answers, flush=True)
        for line in sys.stdin:
            step()  # not counted: the others' turns have taken the caches
            seconds = [_seconds(step) / about.get("steps_a_call", 1) for _ in range(int(line))]
            print(json.dumps(seconds), file=answers, flush=True)


def _seconds(step: Step) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Measured:
    """What a subject said of itself, and the seconds of each of its steps, a list a round."""

    about: About
    seconds: list[list[float]]


def take_turns(commands: Mapping[str, Sequence[str]], rounds: int, steps: int) -> dict[str, Measured]:
    """Start all subjects, let them take turns, end them.

    Args:
        commands: what starts each subject, by its name; they run in the checkout's root.
        rounds: blocks of each subject.
        steps: steps of a block.

    Raises:
        UserError: a subject ended by itself.
    """
    with ExitStack() as stack:
        subjects = [stack.enter_context(_started(name, command)) for name, command in commands.items()]
        measured = {subject.name: Measured(subject.answer(), []) for subject in subjects}
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            # There and back: a machine that becomes slower or faster meets all alike.
            for subject in subjects if number % 2 == 0 else reversed(subjects):
                measured[subject.name].seconds.append(subject.block(steps))
    return measured


@dataclass(frozen=True)
class _Subject:
    name: str
    process: subprocess.Popen[bytes]
    errors: IO[str]

    def block(self, steps: int) -> list[float]:
        """The seconds of each of so many steps."""
        assert self.process.stdin
        with suppress(BrokenPipeError):  # it has ended, and there is no answer
            self.process.stdin.write(f"{steps}\n".encode())
        seconds: list[float] = self.answer()
        return seconds

    def answer(self) -> Any:
        """The next line of what it says."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.errors.seek(0)
            said = [words for words in self.errors.read().splitlines() if words.strip()]
            raise UserError(f"{self.name}: ended with status {status}: {one_line(said[-1]) if said else 'no word'}")
        return json.loads(line)


@contextmanager
def _started(name: str, command: Sequence[str]) -> Iterator[_Subject]:
    # Errors go to a file: a pipe that nobody reads would fill, and stop the subject.
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=CHECKOUT
        ) as process,
    ):
        try:
            yield _Subject(name, process, errors)
        finally:
            process.kill()  # it has nothing to save
