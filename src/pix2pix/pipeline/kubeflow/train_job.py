"""A training on several machines: the manifests of Kubeflow's operators for it.

The pods of a job are the processes of one training; `worker` is what each of them runs. They share the volume that is
`PIX2PIX_HOME`, where the checkpoints are. Trainer 2 has no runtime for TensorFlow, so the manifest brings a plain one.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pix2pix.pipeline.kubeflow import image, parameters, worker
from pix2pix.pipeline.kubeflow.plan import HOME, LOGIN, TRACKING, Plan

_NAME = "pix2pix-train"
_COMMAND = ["python", "-m", worker.__name__]
# How often all pods start again after one was lost.
_RESTARTS = 3
_Manifest = dict[str, Any]


def trainer(plan: Plan, nodes: int) -> list[_Manifest]:
    """Return the runtime and the TrainJob of Kubeflow Trainer 2 (`trainer.kubeflow.org/v1alpha1`).

    Args:
        plan: the pipeline whose stage `train` runs on several machines.
        nodes: the number of pods.
    """
    pod = _pod(plan, "node", _indexed(nodes))
    job = {
        "name": "node",
        "template": {
            "metadata": {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}},
            # A pod that fails ends the job, and the failure policy starts all pods again.
            "spec": {"backoffLimit": 0, "template": {"spec": pod | {"restartPolicy": "Never"}}},
        },
    }
    runtime = {
        "mlPolicy": {"numNodes": nodes},
        "template": {"spec": {"failurePolicy": {"maxRestarts": _RESTARTS}, "replicatedJobs": [job]}},
    }
    reference = {"apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": _NAME}
    group = "trainer.kubeflow.org/v1alpha1"
    return [
        _object(group, "TrainingRuntime", runtime),
        _object(group, "TrainJob", {"runtimeRef": reference, "trainer": {"numNodes": nodes}}),
    ]


def tf_job(plan: Plan, nodes: int) -> list[_Manifest]:
    """Return the TFJob of the older Training Operator (`kubeflow.org/v1`), which sets `TF_CONFIG` itself.

    Args:
        plan: the pipeline whose stage `train` runs on several machines.
        nodes: the number of pods.
    """
    # The operator knows the container by this name. A status of 128 or more, as of a lost peer, is tried again.
    workers = {"replicas": nodes, "restartPolicy": "ExitCode", "template": {"spec": _pod(plan, "tensorflow", {})}}
    spec = {"runPolicy": {"backoffLimit": _RESTARTS}, "tfReplicaSpecs": {"Worker": workers}}
    return [_object("kubeflow.org/v1", "TFJob", spec)]


# The manifests by the name that the command line has for them.
KINDS: Mapping[str, Callable[[Plan, int], list[_Manifest]]] = {"trainjob": trainer, "tfjob": tf_job}


def _object(version: str, kind: str, spec: _Manifest) -> _Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": _NAME}, "spec": spec}


def _indexed(nodes: int) -> dict[str, str]:
    """Return what tells a pod of an indexed job the addresses of all pods; its own index it has from Kubernetes."""
    addresses = [f"{_NAME}-node-0-{index}.{_NAME}:{worker.PORT}" for index in range(nodes)]
    return {worker.ADDRESSES: json.dumps(addresses)}


def _pod(plan: Plan, container: str, more: Mapping[str, str]) -> _Manifest:
    around = plan.around
    train = plan.known["train"]
    told = {
        worker.PARAMETERS: parameters.text(train, plan.known, plan.content),
        worker.CODE: image.code_digest(),
        "PIX2PIX_HOME": HOME,
        **more,
    }
    described: _Manifest = {
        "name": container,
        "image": plan.image,
        "command": _COMMAND,
        "env": [{"name": name, "value": value} for name, value in told.items()] + _referred(plan),
        "volumeMounts": [{"name": "home", "mountPath": HOME}],
    }
    if around.gpus:
        described["resources"] = {"limits": {"nvidia.com/gpu": str(around.gpus)}}
    volume = {"name": "home", "persistentVolumeClaim": {"claimName": around.home_claim}}
    return {"containers": [described], "volumes": [volume]}


def _referred(plan: Plan) -> list[_Manifest]:
    """Return the variables whose values a ConfigMap or a Secret of the cluster has."""
    sources = [("configMapKeyRef", plan.around.config_map, TRACKING), ("secretKeyRef", plan.around.secret, LOGIN)]
    return [
        {"name": name, "valueFrom": {kind: {"name": source, "key": name}}}
        for kind, source, names in sources
        if source
        for name in names
    ]
