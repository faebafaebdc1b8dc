"""`pix2pix kubeflow`: the pipeline for a cluster with Kubeflow Pipelines."""

import os
from argparse import Namespace

from pix2pix import params
from pix2pix.base.errors import UsageError, number_of, one_line
from pix2pix.base.files import CHECKOUT
from pix2pix.pipeline import workspace
from pix2pix.pipeline.kubeflow import graph, image, plan


def run(options: Namespace) -> None:
    """Check the parameters, and write the pipeline.

    Raises:
        UserError: the parameters are impossible, the file exists already, the image's name is impossible, or kfp is
            absent or refuses the pipeline.
    """
    if os.path.lexists(options.out) and not options.force:
        raise UsageError(f"{one_line(options.out)} exists already; --force writes over it")
    base = params.read(CHECKOUT / "params.yaml")
    params.check(base)
    content = workspace.overridden(base, workspace.assigned(options.changes, base))
    params.check(content, "parameters")
    known = graph.stages(content)
    name = image.named(options.image, image.digest(known)[:16])
    around = plan.Surroundings(options.gpus, options.home_claim, options.config_map, options.secret)
    plan.compile_to(options.out, plan.Plan(name, content, known, around))
    print(f"{one_line(options.out)}: {number_of(len(known), 'stage')}, in the image\n{name}")
