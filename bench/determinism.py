"""What deterministic kernels cost: the time of a training step with and without them.

    python -m bench.determinism

Processes with and without take turns, and every round has new ones: two processes of the same kind differ, too. Prints
the median step of each process and the ratio of the medians.
"""

import statistics
import sys

from bench.turns import take_turns

ROUNDS, STEPS = 4, 12
OURS = [sys.executable, "-m", "bench.ours", "float32"]


def main() -> None:
    """Let both take turns and compare."""
    medians: dict[str, list[float]] = {"deterministic": [], "free": []}
    for _ in range(ROUNDS):
        measured = take_turns({"deterministic": OURS, "free": [*OURS, "free"]}, rounds=1, steps=STEPS)
        for kind, found in medians.items():
            found.append(statistics.median(measured[kind].seconds[0]))
    for kind, found in medians.items():
        print(f"{kind:14}" + "".join(f"{seconds:8.3f}" for seconds in found) + " s a step")
    ratio = statistics.median(medians["deterministic"]) / statistics.median(medians["free"])
    print(f"ratio of the medians {ratio:.3f}")


if __name__ == "__main__":
    main()
