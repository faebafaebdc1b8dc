"""One of the processes of a training on several machines, as a pod of a job: `python -m …`, told by the environment.

Every pod makes the records itself: they are the same bytes everywhere. Then all pods train together. The checkpoints,
and at the end the finished training, lie in the shared `PIX2PIX_HOME`; there the pipeline's step `train` finds them.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pix2pix.base import program
from pix2pix.base.errors import UsageError, giving_up
from pix2pix.pipeline import stopping, workspace
from pix2pix.pipeline.kubeflow import graph, parameters, step

# What the manifest of the job sets.
PARAMETERS, CODE, ADDRESSES = "PIX2PIX_PARAMETERS", "PIX2PIX_CODE", "PIX2PIX_ADDRESSES"
PORT = 2222
# What Kubernetes sets in the pods of an indexed job, and what TensorFlow reads.
_INDEX, _CONFIG = "JOB_COMPLETION_INDEX", "TF_CONFIG"
_STAGE = "train"


def main() -> None:
    """Make the records, and train together with the other pods.

    An error ends the process with the stage's own message and exit status.
    """
    program.begin()
    try:
        with giving_up(), stopping.raised_signals(), tempfile.TemporaryDirectory(prefix="pix2pix-") as name:
            config = tf_config()
            step.expect_code(os.environ[CODE])
            content = parameters.whole(os.environ[PARAMETERS])
            workspace.make(Path(name), content, share_cache=False)
            for stage in _needed(graph.stages(content)):
                step.execute(stage, Path(name), {_CONFIG: config} if stage.name == _STAGE else {})
    except stopping.Stopped as stopped:
        sys.exit(128 + stopped.signal)


def tf_config() -> str:
    """Return the `TF_CONFIG` of this pod: the operator's, or one from the pod's index and all pods' addresses.

    Raises:
        UsageError: this process is no pod of a job.
    """
    if given := os.environ.pop(_CONFIG, None):
        return given
    try:
        index, addresses = int(os.environ[_INDEX]), json.loads(os.environ[ADDRESSES])
    except (KeyError, ValueError):
        raise UsageError(
            f"{_INDEX} or {ADDRESSES}: not set; start this by the manifest of `pix2pix kubeflow --as trainjob`"
        ) from None
    return json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})


def _needed(known: dict[str, graph.Stage]) -> Iterator[graph.Stage]:
    """Yield the stages that a training needs, itself last, in the order of dvc.yaml."""
    needed = graph.upstream(known[_STAGE], known) | set(known[_STAGE].inputs.values())
    yield from (stage for name, stage in known.items() if name in needed)


if __name__ == "__main__":
    main()
