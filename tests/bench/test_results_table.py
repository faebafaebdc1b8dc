import pytest

from bench import table


def results():
    """A baseline of 1 to 4 s a step, two faster ones, and a machine of 8 GFLOP/s (bfloat16: 40) and 2 GB/s at best."""

    def measured(*blocks, **about):
        return {"seconds": [list(block) for block in blocks], "about": {"versions": {"python": "3"}, **about}}

    return {
        "date": "2026-01-02",
        "device": "CPU (a processor, 2 threads)",
        "rounds": 2,
        "steps": 2,
        "subjects": {
            "ours float32": measured((1.0, 0.5), (2.0, 1.5)),
            "ours bfloat16": measured((0.5, 0.5), (0.5, 0.5)),
            table.BASELINE: measured((1.0, 2.0), (3.0, 4.0), flop=10**10),
        },
        "machine": {
            "matrix product float32": measured((2.0, 1.0), (3.0, 2.0), work=8 * 10**9),
            "matrix product bfloat16": measured((1.0, 0.5), (1.0, 0.5), work=20 * 10**9),
            table.COPY: measured((2.0, 4.0), (3.0, 2.0), work=4 * 10**9),
        },
        "input": {
            "ours": measured((0.5,), (0.25,), (1.0,), pairs=400),
            table.INPUT_BASELINE: measured((2.0,), (1.0,), (4.0,), pairs=400),
        },
        "batches": {"batch 16, bfloat16": measured((4.0,), (2.0,), (8.0,), images=16, memory_gb=5.25)},
        "sizes": {"100,000 pairs": measured((0.1,), (0.2,), (0.4,), pairs=400, opening_s=12.34, memory_gb=0.0567)},
        "left_out": {"pytorch bfloat16": "the processor has no bfloat16 instructions"},
    }


def test_arithmetic_and_the_fastest_first():
    low, ours, baseline = table.rows(results())
    assert (baseline.lower, baseline.median, baseline.upper) == (1.75, 2.5, 3.25)
    assert (ours.lower, ours.median, ours.upper) == (0.875, 1.25, 1.625)
    assert (ours.speed, baseline.speed) == (2, 1)
    assert (ours.gflops, baseline.gflops) == pytest.approx((8, 4))
    # Each beside the matrix product of its own precision.
    assert (low.share, ours.share, baseline.share) == pytest.approx((20 / 40, 1, 0.5))


def test_the_machine_is_taken_at_its_best():
    machine = results()["machine"]
    assert [table.reached(machine[name]) for name in machine] == [8, 40, 2]


def test_the_speed_is_the_ratio_of_medians_whatever_one_step_took():
    slow = results()
    slow["subjects"]["ours float32"]["seconds"][0][0] = 1.26
    slow["subjects"]["ours float32"]["seconds"][1][0] = 1000.0
    assert table.rows(slow)[1].speed == pytest.approx(2.5 / 1.38)


def test_what_is_left_out_is_said_by_name():
    lines = table.markdown(results()).splitlines()
    assert "Left out: pytorch bfloat16, because the processor has no bfloat16 instructions." in lines
    steps = lines[: lines.index("")]
    assert len({len(line) for line in steps}) == 1
    cells = ["ours float32", "1.25", "0.875–1.62", "2.00", "0.80", "8", "100%"]
    assert [cell.strip() for cell in lines[3].split("|")[1:-1]] == cells
    assert any("float32 8 GFLOP/s, in bfloat16 40 GFLOP/s" in line and "2.0 GB/s" in line for line in lines)
    assert any("2 threads" in line and "python 3" in line and "2026-01-02" in line for line in lines)


def test_images_a_second_and_memory_of_batches():
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.markdown(results()).splitlines()]
    assert ["batch 16, bfloat16", "4.00", "4.00", "3.00–6.00", "5.2"] in lines


def test_pairs_a_second_of_input_and_of_data_sets():
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.markdown(results()).splitlines()]
    assert ["ours", "800", "600–1,200", "4.00"] in lines
    assert ["tutorial", "200", "150–300", "1.00"] in lines
    assert ["100,000 pairs", "2,000", "1,500–3,000", "12.3", "0.057"] in lines
