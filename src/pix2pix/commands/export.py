"""`pix2pix export`: a model for programs that do not have this code."""

import os
from argparse import Namespace

from pix2pix.base.errors import UsageError, one_line
from pix2pix.commands import model


def run(options: Namespace) -> None:
    """Write the exported model.

    Raises:
        UserError: the target exists already, there is no such model, or the export answers otherwise than the model.
    """
    if os.path.lexists(options.out):
        raise UsageError(f"{one_line(options.out)} exists already; name another folder, or remove it")
    generator = model.in_steps(model.load_any(options.model), options)
    from pix2pix.models.export import export  # TensorFlow comes with it

    export(generator, options.out, options.format, options.seed)
    size = sum(path.stat().st_size for path in options.out.rglob("*")) / 1e6
    print(f"{one_line(options.out)}: {options.format}, {size:,.1f} MB, answers as the model does")
