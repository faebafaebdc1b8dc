"""The results of a run as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BASELINE, INPUT_BASELINE = "tutorial float32", "tutorial"
# What the machine reaches: a matrix product in a precision, and a copy in memory.
PRODUCT, COPY = "matrix product {}", "memory copy"

RATES = ("input", "pairs/s", "quartiles", "times as fast")
BATCHES = ("batch", "s/step", "images/s", "quartiles", "memory at most, GB")
SIZES = ("data set", "pairs/s", "quartiles", "s to open", "own memory, GB")
COLUMNS = ("subject", "s/step", "quartiles", "times as fast", "images/s", "GFLOP/s", "of the matrix product")


@dataclass(frozen=True)
class Row:
    """A subject's steps, summed up.

    Attributes:
        median, lower, upper: seconds of a step and their quartiles.
        speed: the baseline's median over this one.
        gflops: the step's arithmetic over the median, in 10⁹ a second.
        share: of what the machine's own matrix product reaches in the same precision.
    """

    name: str
    median: float
    lower: float
    upper: float
    speed: float
    gflops: float
    share: float


def rows(results: dict[str, Any]) -> list[Row]:
    """A row a subject, the fastest first; `results` as `bench/results.json` has them."""
    baseline = np.median(_steps(results["subjects"][BASELINE]))
    flop = results["subjects"][BASELINE]["about"]["flop"]
    found = []
    for name, subject in results["subjects"].items():
        lower, median, upper = np.quantile(_steps(subject), (0.25, 0.5, 0.75))
        gflops = flop / median / 1e9
        product = reached(results["machine"][PRODUCT.format(name.split()[-1])])
        found.append(Row(name, median, lower, upper, baseline / median, gflops, gflops / product))
    return sorted(found, key=lambda row: (row.median, row.name))


def reached(measured: dict[str, Any]) -> float:
    """The best of a measurement of the machine: its work, in 10⁹ FLOP or bytes, a second."""
    return float(measured["about"]["work"] / min(_steps(measured)) / 1e9)


def markdown(results: dict[str, Any]) -> str:
    """The tables of the step, the input and the sizes of data sets, what was left out and why, and the machine."""
    steps = _table([COLUMNS, *map(_cells, rows(results))])
    left_out = [f"Left out: {name}, because {why}.\n" for name, why in sorted(results["left_out"].items())]
    baseline = np.median(_steps(results["input"][INPUT_BASELINE]))
    inputs = [
        (*_rate(name, measured), f"{baseline / np.median(_steps(measured)):.2f}")
        for name, measured in sorted(results["input"].items(), key=lambda item: (np.median(_steps(item[1])), item[0]))
    ]
    batches = [
        _batch(name, measured)
        for name, measured in sorted(
            results["batches"].items(), key=lambda item: (item[0].rpartition(", ")[2], item[1]["about"]["images"])
        )
    ]
    sizes = [
        (*_rate(name, measured), f"{measured['about']['opening_s']:.1f}", f"{measured['about']['memory_gb']:.3f}")
        for name, measured in sorted(results["sizes"].items(), key=lambda item: (len(item[0]), item[0]))
    ]
    others = ((BATCHES, batches), (RATES, inputs), (SIZES, sizes))
    tables = [steps, *left_out, _machine(results), "", *(_table([head, *body]) for head, body in others if body)]
    return "\n".join(tables)


def _table(cells: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    head, *body = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in cells]
    rule = "|-" + "-|-".join("-" * width for width in widths) + "-|"
    return "\n".join([head, rule, *body]) + "\n"


def _batch(name: str, measured: dict[str, Any]) -> tuple[str, ...]:
    """A step of a batch: its seconds, its images a second, and the most memory that its process held."""
    _, rate, quartiles = _rate(name, measured, "images", 2)
    return name, f"{np.median(_steps(measured)):#.3g}", rate, quartiles, f"{measured['about']['memory_gb']:.1f}"


def _rate(name: str, measured: dict[str, Any], what: str = "pairs", digits: int = 0) -> tuple[str, str, str]:
    """The rate of a subject: what a step holds (`pairs`, `images`), a second; median and quartiles."""
    lower, median, upper = np.quantile(measured["about"][what] / np.array(_steps(measured)), (0.25, 0.5, 0.75))
    return name, f"{median:,.{digits}f}", f"{lower:,.{digits}f}–{upper:,.{digits}f}"


def _steps(measured: dict[str, Any]) -> list[float]:
    return [seconds for block in measured["seconds"] for seconds in block]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.median:#.3g}",
        f"{row.lower:#.3g}–{row.upper:#.3g}",
        f"{row.speed:.2f}",
        f"{1 / row.median:.2f}",
        f"{row.gflops:.0f}",
        f"{row.share:.0%}",
    )


def _machine(results: dict[str, Any]) -> str:
    subjects, machine = results["subjects"], results["machine"]
    versions = {name: number for each in subjects.values() for name, number in each["about"]["versions"].items()}
    said = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    flop = subjects[BASELINE]["about"]["flop"] / 1e9
    products = [
        f"{precision} {reached(machine[name]):.0f} GFLOP/s"
        for precision in ("float32", "bfloat16")
        if (name := PRODUCT.format(precision)) in machine
    ]
    return (
        f"A step of both networks at 256x256, batch 1, is {flop:.1f} GFLOP; {results['rounds']} rounds of "
        f"{results['steps']} steps, taking turns; speeds are against {BASELINE}.\n"
        f"{results['device']}; {said}; {results['date']}.\n"
        f"At its best the machine's own matrix product reached in {', in '.join(products)}, a copy in main memory "
        f"{reached(machine[COPY]):.1f} GB/s (read and written)."
    )
