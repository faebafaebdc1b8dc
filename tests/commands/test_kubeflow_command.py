from pathlib import Path

import pytest

from pix2pix.pipeline.kubeflow import plan

IMAGE = ("--image", "example.org/me/pix2pix")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--image", "a:latest"], "--image a:latest: `latest` names another image each time; leave the tag out, "),
        ([*IMAGE, "cake"], "a parameter is given as NAME=VALUE; this is not: cake"),
        ([*IMAGE, "train.epochs=-1"], "parameters: train.epochs = -1: "),
        ([*IMAGE, "--nodes", "2"], "--nodes belongs to --as trainjob or --as tfjob: "),
        ([*IMAGE, "--as", "tfjob"], "--as tfjob needs --nodes, the number of pods"),
        ([*IMAGE, "--as", "trainjob", "--nodes", "2"], "--as trainjob needs --home-claim: "),
        (
            [*IMAGE, "--as", "trainjob", "--nodes", "2", "--home-claim", "claim"],
            "--nodes 2: train.replicas is 1; it has to be a multiple of 2, the devices of all pods",
        ),
        (
            [*IMAGE, "--as", "tfjob", "--nodes", "2", "--gpus", "4", "--home-claim", "claim", "train.replicas=4"],
            "--nodes 2: train.replicas is 4; it has to be a multiple of 8, ",
        ),
    ],
)
def test_what_is_impossible_is_refused_in_one_line(command, words: list[str], line: str) -> None:
    status, out, err = command("kubeflow", "-o", "out.yaml", *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {line}") and err.count("\n") == 1
    assert not Path("out.yaml").exists()


def test_where_kfp_is_absent_it_says_how_to_get_it(command, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(plan, "ENVIRONMENT", tmp_path / "absent")
    status, out, err = command("kubeflow", "-o", "out.yaml", *IMAGE)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: ") and "`make kubeflow IMAGE=…` makes it" in err


def test_nothing_is_written_over_unless_forced(command) -> None:
    Path("out.yaml").write_text("mine")
    asked = command("kubeflow", "-o", "out.yaml", *IMAGE)
    assert asked == (2, "", "error: out.yaml exists already; --force writes over it\n")


def test_a_job_is_written_for_pods_that_share_a_step(command) -> None:
    words = ["--as", "tfjob", "--nodes", "2", "--home-claim", "claim", "train.replicas=2"]
    status, out, err = command("kubeflow", "-o", "out.yaml", *IMAGE, *words)
    assert (status, err) == (0, "")
    assert out.startswith("out.yaml: 2 pods, in the image\nexample.org/me/pix2pix:")
    assert "kind: TFJob\n" in Path("out.yaml").read_text(encoding="utf-8")
