"""What `TF_CONFIG` says, and what is refused; processes that wait for each other are in `test_workers.py`."""

import json

import pytest
import tensorflow as tf

from pix2pix.base.errors import PeerLostError, UsageError
from pix2pix.training import cluster, layout
from pix2pix.training.cluster import Cluster

TWO = {"worker": ["a:1", "b:1"]}


def told(monkeypatch, jobs, kind, index):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": jobs, "task": {"type": kind, "index": index}}))
    return cluster.cluster()


def test_without_the_variable_there_is_one_process(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert cluster.cluster() == Cluster(1, 0)


def test_the_chief_comes_before_the_workers(monkeypatch):
    assert told(monkeypatch, TWO, "worker", 1) == Cluster(2, 1)
    assert told(monkeypatch, {"chief": ["c:1"], **TWO}, "worker", 1) == Cluster(3, 2)
    assert told(monkeypatch, {"chief": ["c:1"], **TWO}, "chief", 0) == Cluster(3, 0)


@pytest.mark.parametrize(
    ("jobs", "kind", "index"), [(TWO, "worker", 2), (TWO, "evaluator", 0), (TWO, "worker", -1), ([], "worker", 0)]
)
def test_a_process_that_is_not_in_its_cluster(monkeypatch, jobs, kind, index):
    with pytest.raises(UsageError, match="TF_CONFIG: must name the addresses of all workers"):
        told(monkeypatch, jobs, kind, index)


@pytest.mark.parametrize("text", ["{", "[]", "{}", "1"])
def test_a_variable_that_is_no_cluster(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UsageError, match="TF_CONFIG"):
        cluster.cluster()


@pytest.mark.parametrize(
    ("replicas", "says"), [(1, "the first process trains alone"), (3, "2 processes, and they cannot share 3 replicas")]
)
def test_replicas_that_processes_cannot_share(monkeypatch, replicas, says):
    told(monkeypatch, TWO, "worker", 1)
    with pytest.raises(UsageError, match=says):
        layout.layout.__wrapped__(replicas)


def test_with_one_replica_the_chief_trains_alone(monkeypatch):
    told(monkeypatch, TWO, "worker", 0)
    assert layout.layout.__wrapped__(1).alone


def test_a_lost_process_is_one_line_and_a_status_of_its_own():
    with (
        pytest.raises(PeerLostError, match=r"lost.*Socket closed.*Start all processes again") as caught,
        cluster.waiting("the others"),
    ):
        raise tf.errors.UnavailableError(None, None, "Socket closed")
    assert caught.value.exit_status == 138
