"""The Python source of the components: a small function for each stage, which Kubeflow runs in the image.

Kubeflow reads a component's inputs and outputs from a function's signature, and its source from a file. So the
functions are written out; each one only calls `step.run`.
"""

import re
from collections.abc import Iterable, Mapping

from pix2pix.pipeline.kubeflow.graph import Stage

_HEAD = '''\
"""The components of the pipeline. This file is written by `pix2pix kubeflow`."""

from kfp.dsl import HTML, Artifact, Dataset, Input, Metrics, Model, Output
'''
_COMPONENT = '''

def {stage}(
    parameters: str,
{arguments}
) -> None:
    """{purpose}"""
    from pix2pix.pipeline.kubeflow import step

    step.run(
        "{stage}",
        parameters,
        inputs={{{inputs}}},
        outputs={{{outputs}}},
        code="{code}",
    )
'''
# The kinds of artifacts of Kubeflow's, by the folder of an output.
_KINDS = {"data": "Dataset", "models": "Model"}


def source(known: Mapping[str, Stage], code: str) -> str:
    """Return the source of a module with a function for each stage.

    Args:
        known: the stages by name.
        code: the `image.code_digest` of the checkout. A step refuses to run other code.
    """
    kinds = {path: _kind(path, stage) for stage in known.values() for path in stage.outputs}
    return _HEAD + "".join(_component(stage, kinds, code) for stage in known.values())


def artifact(path: str) -> str:
    """Return the name of an output in Kubeflow: `models/generator` is `models_generator`."""
    return re.sub(r"\W", "_", path)


def _component(stage: Stage, kinds: Mapping[str, str], code: str) -> str:
    given = [(path, f"Input[{kinds[path]}]") for path in stage.inputs]
    made = [(path, f"Output[{kinds[path]}]") for path in stage.outputs]
    return _COMPONENT.format(
        stage=stage.name,
        purpose=stage.purpose,
        arguments="\n".join(f"    {artifact(path)}: {kind}," for path, kind in [*given, *made]),
        inputs=_mapping(stage.inputs),
        outputs=_mapping(stage.outputs),
        code=code,
    )


def _kind(path: str, maker: Stage) -> str:
    if path in maker.metrics:
        return "Metrics"
    return "HTML" if path.endswith(".html") else _KINDS.get(path.partition("/")[0], "Artifact")


def _mapping(paths: Iterable[str]) -> str:
    return ", ".join(f'"{path}": {artifact(path)}' for path in paths)
