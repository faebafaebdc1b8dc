import json

import pytest
from conftest import CHECKOUT

from pix2pix import params
from pix2pix.base.errors import UsageError
from pix2pix.pipeline.kubeflow import graph, worker

NAMES = ("TF_CONFIG", "JOB_COMPLETION_INDEX", "PIX2PIX_ADDRESSES")


@pytest.fixture
def pod(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_pod_of_an_indexed_job_knows_all_and_its_own_number(pod) -> None:
    pod.setenv("JOB_COMPLETION_INDEX", "1")
    pod.setenv("PIX2PIX_ADDRESSES", '["a-0.a:2222", "a-1.a:2222"]')
    assert json.loads(worker.tf_config()) == {
        "cluster": {"worker": ["a-0.a:2222", "a-1.a:2222"]},
        "task": {"type": "worker", "index": 1},
    }


def test_an_operators_own_configuration_is_kept(pod) -> None:
    told = '{"cluster": {"worker": ["x:2222"]}, "task": {"type": "worker", "index": 0}}'
    pod.setenv("TF_CONFIG", told)
    assert worker.tf_config() == told


@pytest.mark.parametrize("index", [None, "", "one"])
def test_what_is_no_pod_is_refused_in_one_line(pod, index: str | None) -> None:
    if index is not None:
        pod.setenv("JOB_COMPLETION_INDEX", index)
        pod.setenv("PIX2PIX_ADDRESSES", "[]")
    with pytest.raises(UsageError, match=r"^JOB_COMPLETION_INDEX[^\n]*--as trainjob`$"):
        worker.tf_config()


def test_a_pod_makes_the_records_before_it_trains() -> None:
    known = graph.stages(params.read(CHECKOUT / "params.yaml"))
    assert [stage.name for stage in worker._needed(known)] == ["check", "download", "prepare", "train"]
