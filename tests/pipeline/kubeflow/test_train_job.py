import json

import pytest
from conftest import CHECKOUT

from pix2pix import params
from pix2pix.pipeline.kubeflow import graph, plan, train_job

CONTENT = params.read(CHECKOUT / "params.yaml")
PLAN = plan.Plan("example.org/p:1", CONTENT, graph.stages(CONTENT), plan.Surroundings(2, "claim", "mlflow", "user"))


@pytest.fixture
def container(monkeypatch):
    """The container of a job, by its kind."""
    monkeypatch.setattr(train_job.image, "code_digest", lambda: "c0de")

    def of(kind: str):
        *_, job = train_job.KINDS[kind](PLAN, 2)
        if kind == "tfjob":
            pod = job["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]
        else:
            runtime, _ = train_job.trainer(PLAN, 2)
            pod = runtime["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]
        (found,) = pod["containers"]
        return found

    return of


@pytest.mark.parametrize("kind", ["trainjob", "tfjob"])
def test_a_pod_has_image_devices_volume_and_what_it_is_told(container, kind: str) -> None:
    made = container(kind)
    assert (made["image"], made["resources"]) == ("example.org/p:1", {"limits": {"nvidia.com/gpu": "2"}})
    assert made["volumeMounts"] == [{"name": "home", "mountPath": "/pix2pix-home"}]
    told = {entry["name"]: entry.get("value") for entry in made["env"]}
    assert told["PIX2PIX_HOME"] == "/pix2pix-home"
    assert told["PIX2PIX_CODE"] == "c0de"
    assert json.loads(told["PIX2PIX_PARAMETERS"])["train"] == CONTENT["train"]
    assert {"MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"} <= told.keys()


def test_pods_of_a_train_job_know_all_addresses(container) -> None:
    """An indexed job's pods are called JOB-node-0-INDEX, in the subdomain of the job."""
    told = {entry["name"]: entry.get("value") for entry in container("trainjob")["env"]}
    places = ["pix2pix-train-node-0-0.pix2pix-train:2222", "pix2pix-train-node-0-1.pix2pix-train:2222"]
    assert json.loads(told["PIX2PIX_ADDRESSES"]) == places


def test_the_operator_of_a_tf_job_tells_its_pods_itself(container) -> None:
    made = container("tfjob")
    assert made["name"] == "tensorflow"
    assert "PIX2PIX_ADDRESSES" not in {entry["name"] for entry in made["env"]}
