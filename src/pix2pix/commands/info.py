"""`pix2pix info`: what a model was made for."""

import json
from argparse import Namespace

from pix2pix.commands import model
from pix2pix.models import description


def run(options: Namespace) -> None:
    """Print it, in words or as one JSON object.

    Raises:
        UserError: there is no such model, or its files are damaged.
    """
    translator = model.load(options.model)
    if options.json:
        print(json.dumps(description.facts(translator), indent=2, sort_keys=True))
    else:
        for subject, words in description.in_words(translator).items():
            print(f"{subject:<9} {words}")
