"""`pix2pix kubeflow`: the pipeline for a cluster with Kubeflow Pipelines."""

import os
from argparse import Namespace

from pix2pix import params
from pix2pix.base.errors import UsageError, number_of, one_line
from pix2pix.base.files import CHECKOUT, write_text
from pix2pix.params.file import edited
from pix2pix.pipeline import workspace
from pix2pix.pipeline.kubeflow import graph, image, plan, train_job


def run(options: Namespace) -> None:
    """Check the parameters, and write the pipeline.

    Raises:
        UserError: the parameters are impossible, the file exists already, the image's name is impossible, or kfp is
            absent or refuses the pipeline.
    """
    _check(options)
    if os.path.lexists(options.out) and not options.force:
        raise UsageError(f"{one_line(options.out)} exists already; --force writes over it")
    base = params.read(CHECKOUT / "params.yaml")
    params.check(base)
    content = workspace.overridden(base, workspace.assigned(options.changes, base))
    params.check(content, "parameters")
    known = graph.stages(content)
    name = image.named(options.image, image.digest(known)[:16])
    around = plan.Surroundings(options.gpus, options.home_claim, options.config_map, options.secret)
    planned = plan.Plan(name, content, known, around)
    if options.kind == "pipeline":
        plan.compile_to(options.out, planned)
    else:
        _check_shares(options.nodes, options.gpus, content["train"]["replicas"])
        write_text(options.out, "---\n".join(map(edited, train_job.KINDS[options.kind](planned, options.nodes))))
    print(f"{one_line(options.out)}: {_summary(options, len(known))}, in the image\n{name}")


def _check(options: Namespace) -> None:
    """Refuse options that do not go together."""
    if options.kind == "pipeline":
        if options.nodes is not None:
            raise UsageError("--nodes belongs to --as trainjob or --as tfjob: a step of a pipeline is one pod")
        return
    if not options.nodes:
        raise UsageError(f"--as {options.kind} needs --nodes, the number of pods")
    if options.home_claim is None:
        raise UsageError(f"--as {options.kind} needs --home-claim: the pods share the checkpoints on that volume")


def _check_shares(nodes: int, gpus: int, replicas: int) -> None:
    """Refuse pods whose devices cannot share the replicas of a training."""
    devices = nodes * max(gpus, 1)
    if replicas % devices:
        raise UsageError(
            f"--nodes {nodes}: train.replicas is {replicas}; it has to be a multiple of {devices}, the devices of all "
            "pods"
        )


def _summary(options: Namespace, stages: int) -> str:
    return number_of(stages, "stage") if options.kind == "pipeline" else number_of(options.nodes, "pod")
