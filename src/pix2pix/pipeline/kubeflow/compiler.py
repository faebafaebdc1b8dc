"""Writes the pipeline as Kubeflow reads it. A program for an environment with kfp, which this project's own lacks.

kfp needs an older protobuf than TensorFlow. So `pix2pix kubeflow` describes the pipeline as JSON, and starts this file
with the Python of that other environment: `python -P compiler.py PLAN.json PIPELINE.yaml`. It imports nothing of ours.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfp import compiler, dsl, kubernetes

# After the last attempt the run has failed. Pauses double: 1, 2 and 4 minutes.
_RETRIES = {"num_retries": 3, "backoff_duration": "60s", "backoff_factor": 2.0}


def main(plan_file: str, target: str) -> None:
    """Compile the pipeline that a file of JSON describes; see `plan.Plan`."""
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    module = _module(Path(plan_file).with_name("components.py"), plan["source"])
    compiler.Compiler().compile(_pipeline(plan, module), target)


def _module(path: Path, source: str) -> Any:
    """Import a source; kfp reads a component's source from its file."""
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _pipeline(plan: Mapping[str, Any], components: Any) -> Any:
    @dsl.pipeline(name=plan["name"], description=plan["description"])
    def pipeline() -> None:
        tasks: dict[str, Any] = {}
        for stage in plan["stages"]:
            function = getattr(components, stage["name"])
            component = dsl.component(function, base_image=plan["image"], install_kfp_package=False)
            inputs = {name: tasks[maker].outputs[name] for name, maker in stage["inputs"].items()}
            tasks[stage["name"]] = component(parameters=stage["parameters"], **inputs)
            _settle(tasks[stage["name"]], stage, plan)

    return pipeline


def _settle(task: Any, stage: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """Say how a cluster runs a step: attempts, cache, devices, and what it finds around it."""
    task.set_retry(**_RETRIES)
    task.set_caching_options(True)
    if stage["gpus"]:
        task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(stage["gpus"])
    if plan["home_claim"]:
        kubernetes.mount_pvc(task, pvc_name=plan["home_claim"], mount_path=plan["home"])
        task.set_env_variable("PIX2PIX_HOME", plan["home"])
    if plan["config_map"]:
        names = {name: name for name in plan["tracking"]}
        kubernetes.use_config_map_as_env(task, config_map_name=plan["config_map"], config_map_key_to_env=names)
    if plan["secret"]:
        names = {name: name for name in plan["login"]}
        kubernetes.use_secret_as_env(task, secret_name=plan["secret"], secret_key_to_env=names)


if __name__ == "__main__":
    main(*sys.argv[1:])
