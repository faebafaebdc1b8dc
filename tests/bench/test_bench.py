import json
import os
import sys

import pytest

from bench import __main__ as bench
from bench import checks, table
from bench.turns import Measured
from pix2pix.base import hardware
from pix2pix.base.errors import UserError


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the command asks to be measured of the step, and then of the input, on a processor without bfloat16 where
    PyTorch is installed."""
    asked = {}

    def take_turns(commands, rounds, steps):
        if "commands" in asked:
            asked.setdefault("input", []).append((list(commands), rounds, steps))
        else:
            asked.update(commands=commands, rounds=rounds, steps=steps, device=os.environ["CUDA_VISIBLE_DEVICES"])
        about = {"flop": 10**9, "work": 10**9, "device": "CPU", "versions": {}}
        about |= {"pairs": 400, "opening_s": 1.0, "memory_gb": 0.1}
        images = {name: int(command[-1]) for name, command in commands.items() if "--batch" in command}
        return {name: Measured(about | {"images": images.get(name)}, [[1.0] * steps] * rounds) for name in commands}

    monkeypatch.setattr(bench, "take_turns", take_turns)
    monkeypatch.setattr(bench.processor, "has_bfloat16", lambda: False)
    monkeypatch.setattr(bench, "HERE", tmp_path)
    monkeypatch.setattr(bench, "SUBJECTS", dict.fromkeys(bench.SUBJECTS, (sys.executable,)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    return asked


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["bench", *words])
    bench.main()


def test_all_that_can_run_here_takes_turns_with_the_machine_itself(asked, monkeypatch, tmp_path, capsys):
    run(monkeypatch, "--rounds", "2", "--steps", "3")
    assert (asked["rounds"], asked["steps"], asked["device"]) == (2, 3, "-1")
    product = "matrix product float32"
    assert list(asked["commands"]) == ["ours float32", table.BASELINE, "pytorch float32", product, table.COPY]
    assert asked["input"] == [
        (["batch 1, float32", "batch 4, float32", "batch 16, float32"], 2, 1),
        (["ours", "ours, photos bicubic", "tutorial"], 2, 1),
        (["400 pairs", "1,000,000 pairs"], 2, 1),
    ]
    written = json.loads((tmp_path / "results.json").read_text())
    assert set(written["left_out"]) == {
        f"{name} bfloat16" for name in ("ours", "tutorial", "pytorch", "matrix product")
    }
    assert (tmp_path / "results.md").read_text() == capsys.readouterr().out == table.markdown(written)


def test_bfloat16_runs_where_the_processor_has_it(asked, monkeypatch):
    monkeypatch.setattr(bench.processor, "has_bfloat16", lambda: True)
    run(monkeypatch)
    assert set(asked["commands"]) == {*bench.SUBJECTS, *bench.MACHINE}


def test_on_a_gpu_what_is_built_for_processors_is_left_out(asked, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(hardware, "has_gpu", lambda: True)
    monkeypatch.setattr(bench, "SUBJECTS", bench.SUBJECTS | {"pytorch float32": (str(bench.PYTORCH),)})
    run(monkeypatch, "--gpu")
    assert set(asked["commands"]) == {*bench.SUBJECTS, *bench.MACHINE} - {"pytorch float32"}  # bfloat16 among them
    assert asked["device"] == "0" and os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert len(asked["input"]) == 4 and os.environ["CUDA_VISIBLE_DEVICES"] == "-1"  # the input is the processor's
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results-gpu.json", "results-gpu.md"]
    assert "Left out: pytorch float32, because what is locked is its build for processors" in capsys.readouterr().out


def test_without_a_gpu_none_is_measured(asked, monkeypatch, capsys):
    monkeypatch.setattr(hardware, "has_gpu", lambda: False)
    with pytest.raises(SystemExit):
        run(monkeypatch, "--gpu")
    assert capsys.readouterr().err.startswith("error: --gpu: TensorFlow sees no GPU") and not asked


def test_a_missing_environment_is_said(asked, monkeypatch, capsys):
    monkeypatch.setitem(bench.SUBJECTS, "pytorch float32", ("/nowhere/python",))
    run(monkeypatch)
    assert "pytorch float32" not in asked["commands"]
    assert "Left out: pytorch float32, because" in capsys.readouterr().out


@pytest.mark.usefixtures("asked")
def test_a_subject_that_ends_leaves_one_line_and_no_results(monkeypatch, tmp_path, capsys):
    def broken(*_):
        raise UserError("pytorch float32: ended with status 1: no")

    monkeypatch.setattr(bench, "take_turns", broken)
    with pytest.raises(SystemExit):
        run(monkeypatch)
    assert capsys.readouterr().err == "error: pytorch float32: ended with status 1: no\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--steps", "-1"], ["--steps", "x"]])
def test_no_steps_are_refused(asked, monkeypatch, words):
    with pytest.raises(SystemExit):
        run(monkeypatch, *words)
    assert not asked


def test_another_number_of_parameters_is_refused():
    checks.check_parameters(54_425_859, 2_770_433)
    checks.check_parameters(7, 2_770_433, expected_generator=7)
    with pytest.raises(ValueError, match="the generator has 54,425,858 parameters instead of 54,425,859"):
        checks.check_parameters(54_425_858, 2_770_433)
    with pytest.raises(ValueError, match="discriminator"):
        checks.check_parameters(54_425_859, 2_770_434)


def test_first_losses_are_those_of_untrained_networks():
    neutral = {"generator_gan": 0.69, "generator_l1": 0.5, "discriminator_loss": 1.39}
    checks.check_first_losses(neutral)
    for changed in ({"generator_gan": 0.1}, {"generator_gan": 2.0}, {"discriminator_loss": 0.6}):
        with pytest.raises(ValueError, match="far from"):
            checks.check_first_losses(neutral | changed)
    with pytest.raises(ValueError, match="the first generator_l1 is nan"):
        checks.check_first_losses(neutral | {"generator_l1": float("nan")})
