"""`pix2pix info`: what a model was made for."""

import json
from argparse import Namespace

from pix2pix.commands import model


def run(options: Namespace) -> None:
    """Print it, in words or as one JSON object.

    Raises:
        UserError: there is no such model, or its files are damaged.
    """
    generator = model.load_any(options.model)
    from pix2pix.models.facts import facts, told

    if options.json:
        print(json.dumps(facts(generator), indent=2, sort_keys=True))
    else:
        for subject, words in told(generator).items():
            print(f"{subject:<9} {words}")
