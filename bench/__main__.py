"""The training step and the input beside what one would run instead, in processes that take turns.

    python -m bench [--gpu] [--rounds N] [--steps N]

`make bench` uses it. Writes `bench/results.json`, every step's seconds, and `bench/results.md`, the table; of a GPU
`bench/results-gpu.json` and `.md`, where a time is that of 20 steps, divided. The input is measured on the processor.
"""

import argparse
import dataclasses
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import table
from bench.turns import take_turns
from pix2pix.base import framework, processor
from pix2pix.base.errors import UserError, give_up
from pix2pix.base.files import write_json, write_text

HERE = Path(__file__).parent
TENSORFLOW = sys.executable
PYTORCH = HERE / ".venv-torch/bin/python"
SUBJECTS: dict[str, Sequence[str]] = {
    "ours float32": (TENSORFLOW, "-m", "bench.ours", "float32"),
    "ours bfloat16": (TENSORFLOW, "-m", "bench.ours", "bfloat16"),
    table.BASELINE: (TENSORFLOW, "-m", "bench.tutorial", "float32"),
    "tutorial bfloat16": (TENSORFLOW, "-m", "bench.tutorial", "bfloat16"),
    "pytorch float32": (str(PYTORCH), "-m", "bench.pytorch", "float32"),
    "pytorch bfloat16": (str(PYTORCH), "-m", "bench.pytorch", "bfloat16"),
}
INPUT: dict[str, Sequence[str]] = {
    "ours": (TENSORFLOW, "-m", "bench.input", "ours"),
    "ours, photos bicubic": (TENSORFLOW, "-m", "bench.input", "bicubic"),
    table.INPUT_BASELINE: (TENSORFLOW, "-m", "bench.input", "tutorial"),
}
# A step of several pairs at once. Each precision takes its turns by itself: all of them at once need too much memory.
BATCHES: dict[str, dict[str, Sequence[str]]] = {
    precision: {
        f"batch {size}, {precision}": (TENSORFLOW, "-m", "bench.ours", precision, "--batch", str(size))
        for size in (1, 4, 16)
    }
    for precision in ("float32", "bfloat16")
}
SIZES: dict[str, Sequence[str]] = {
    f"{size:,} pairs": (TENSORFLOW, "-m", "bench.size", str(size)) for size in (400, 1_000_000)
}
MACHINE: dict[str, Sequence[str]] = {
    **{
        table.PRODUCT.format(precision): (TENSORFLOW, "-m", "bench.roofline", precision)
        for precision in ("float32", "bfloat16")
    },
    table.COPY: (TENSORFLOW, "-m", "bench.roofline", "copy"),
}


def main() -> None:
    """Parse the command line, run all subjects, write and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gpu", action="store_true", help="on the GPU, not the processor")
    parser.add_argument("--rounds", type=_positive, default=8, help="blocks of each subject")
    parser.add_argument("--steps", type=_positive, default=10, help="steps of a block")
    asked = parser.parse_args()
    try:
        _choose_device(asked.gpu)
        results = measure(asked.gpu, asked.rounds, asked.steps)
    except UserError as error:
        give_up(error)
    text = table.markdown(results)
    name = "results-gpu" if asked.gpu else "results"
    write_json(HERE / f"{name}.json", results)
    write_text(HERE / f"{name}.md", text)
    print(text, end="")


def measure(gpu: bool, rounds: int, steps: int) -> dict[str, Any]:
    """Let every subject that can run here and the machine itself take turns.

    Raises:
        UserError: a subject ended by itself.
    """
    wanted = SUBJECTS | MACHINE
    left_out = {name: why for name, command in wanted.items() if (why := _obstacle(gpu, name, Path(command[0])))}
    running = {name: command for name, command in wanted.items() if name not in left_out}
    measured = _taken(running, rounds, steps)
    batches = [_taken(BATCHES[name], rounds, 1) for name in BATCHES if f"ours {name}" in running]
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the input is the processor's work
    return {
        "date": datetime.date.today().isoformat(),
        "device": measured["ours float32"]["about"]["device"],
        "rounds": rounds,
        "steps": steps,
        "subjects": {name: measured[name] for name in SUBJECTS if name in running},
        "machine": {name: measured[name] for name in MACHINE if name in running},
        "batches": {name: found for each in batches for name, found in each.items()},
        # Each step of theirs is an epoch.
        "input": _taken(INPUT, rounds, 1),
        "sizes": _taken(SIZES, rounds, 1),
        "left_out": left_out,
    }


def _choose_device(gpu: bool) -> None:
    """Have every subject that is started from here on run on the GPU, or on the processor.

    Raises:
        UserError: there is no GPU.
    """
    if not gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        return
    framework.import_tensorflow()  # which takes seconds
    from pix2pix.base import hardware

    if not hardware.has_gpu():
        raise UserError("--gpu: TensorFlow sees no GPU; `make setup GPU=1` installs what it needs beside a driver")
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # else the first subject takes all its memory


def _taken(commands: dict[str, Sequence[str]], rounds: int, steps: int) -> dict[str, dict[str, Any]]:
    return {name: dataclasses.asdict(found) for name, found in take_turns(commands, rounds, steps).items()}


def _obstacle(gpu: bool, name: str, program: Path) -> str | None:
    """Why a subject cannot run here, if so."""
    if gpu and program == PYTORCH:
        return "what is locked is its build for processors"
    if not gpu and name.endswith("bfloat16") and not processor.has_bfloat16():
        return "the processor has no bfloat16 instructions (avx512_bf16 or amx_bf16)"
    if not program.exists():
        return f"{PYTORCH} is missing; `make bench` builds it"
    return None


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    main()
