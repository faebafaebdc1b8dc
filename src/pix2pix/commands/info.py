"""`pix2pix info`: what a model was made for."""

import json
from argparse import Namespace

from pix2pix.commands import model


def run(options: Namespace) -> None:
    """Print it, in words or as one JSON object.

    Raises:
        UserError: there is no such model, or its files are damaged.
    """
    translator = model.load(options.model)
    from pix2pix.models.facts import facts, told

    if options.json:
        print(json.dumps(facts(translator), indent=2, sort_keys=True))
    else:
        for subject, words in told(translator).items():
            print(f"{subject:<9} {words}")
