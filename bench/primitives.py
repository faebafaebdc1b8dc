"""Where a training step's time goes: the operations of oneDNN in `ours`, added up over a step.

    python -m bench.primitives float32|bfloat16 [STEPS]

Prints two tables in Markdown: the kinds of operations, and the dearest operations with their shapes. The times are what
oneDNN's log tells (`ONEDNN_VERBOSE=1`). TensorFlow lets independent operations run side by side, so together they may
exceed the step.
"""

import argparse
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from bench.turns import CHECKOUT

DEAREST = 24
# oneDNN's words for what a convolution computes, and ours.
KINDS = {
    ("convolution", "forward_training"): "convolution",
    ("convolution", "backward_data"): "convolution, gradient by the input",
    ("convolution", "backward_weights"): "convolution, gradient by the weights",
    ("batch_normalization", "forward_training"): "normalisation",
    ("batch_normalization", "backward"): "normalisation, gradient",
    ("matmul", "undef"): "matrix product",
    ("reorder", "undef"): "another order of the same numbers",
}


@dataclass(frozen=True)
class Operation:
    """One kind of call; operations of equal shape count together.

    Attributes:
        kind: what it computes.
        dtype: the precision of what it reads.
        shape: oneDNN's words for its shape.
        implementation: oneDNN's name for the code that computed it.
    """

    kind: str
    dtype: str
    shape: str
    implementation: str

    @property
    def flop(self) -> int:
        """The arithmetic of one call; 0 for what only passes through memory."""
        if product := re.fullmatch(r"(\d+)x(\d+):\d+x(\d+)", self.shape):
            return 2 * math.prod(map(int, product.groups()))
        size = {name: int(number) for name, number in re.findall(r"([a-z]{2})(\d+)", self.shape)}
        factors = ("mb", "ic", "oc", "oh", "ow", "kh", "kw")
        return 2 * math.prod(size[name] for name in factors) if self.kind.startswith("convolution") else 0


@dataclass
class Spent:
    """How often an operation was called, and the milliseconds of all calls."""

    calls: int = 0
    ms: float = 0.0


def operations(lines: Iterable[str]) -> dict[Operation, Spent]:
    """Add up the lines of oneDNN's log that tell of an execution."""
    found: dict[Operation, Spent] = {}
    for line in lines:
        cells = line.strip().split(",")
        if cells[0] != "onednn_verbose" or cells[3:4] != ["exec"]:
            continue
        primitive, implementation, way, memory, *_, shape, ms = cells[5:]
        dtype = "bfloat16" if "bf16" in memory else "float32"
        spent = found.setdefault(
            Operation(KINDS.get((primitive, way), primitive), dtype, shape, implementation), Spent()
        )
        spent.calls += 1
        spent.ms += float(ms)
    return found


def tables(found: dict[Operation, Spent], steps: int) -> str:
    """Return both tables, of a step's average."""
    whole = sum(spent.ms for spent in found.values())
    kinds: dict[str, tuple[float, float]] = {}
    for operation, spent in found.items():
        ms, flop = kinds.get(operation.kind, (0.0, 0.0))
        kinds[operation.kind] = ms + spent.ms, flop + operation.flop * spent.calls
    first = ["| operations | ms a step | share | GFLOP/s |", "|---|---|---|---|"]
    for kind, (ms, flop) in sorted(kinds.items(), key=lambda item: -item[1][0]):
        first.append(f"| {kind} | {ms / steps:.1f} | {ms / whole:.0%} | {_rate(flop, ms)} |")
    first.append(f"| all | {whole / steps:.1f} | 100% |  |")
    second = ["| the dearest | calls a step | ms a step | GFLOP/s |", "|---|---|---|---|"]
    for operation, spent in sorted(found.items(), key=lambda item: -item[1].ms)[:DEAREST]:
        name = f"{operation.kind}, {operation.dtype}: `{operation.shape}` ({operation.implementation})"
        rate = _rate(operation.flop * spent.calls, spent.ms)
        second.append(f"| {name} | {spent.calls / steps:.0f} | {spent.ms / steps:.1f} | {rate} |")
    return "\n".join([*first, "", *second])


def _rate(flop: float, ms: float) -> str:
    return f"{flop / ms / 1e6:.0f}" if flop else ""


def log(precision: str, steps: int) -> list[str]:
    """Return oneDNN's log of `ours`: of its first step, and of two steps for each of `steps`."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.ours", precision],
        input="".join("1\n" for _ in range(steps)),
        env=os.environ | {"ONEDNN_VERBOSE": "1", "CUDA_VISIBLE_DEVICES": "-1"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.splitlines()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.primitives", description="Say where a step's time goes.")
    parser.add_argument("precision", choices=("float32", "bfloat16"))
    parser.add_argument("steps", type=int, nargs="?", default=10)
    asked = parser.parse_args()
    print(tables(operations(log(asked.precision, asked.steps)), 1 + 2 * asked.steps))
