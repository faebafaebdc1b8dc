"""`pix2pix recipe`: parameters files that are ready to use."""

import os
from argparse import Namespace

from pix2pix.base.errors import UsageError, one_line
from pix2pix.base.files import write_text
from pix2pix.params import recipes


def run(options: Namespace) -> None:
    """List all recipes, print one, or write one to a file.

    Raises:
        UserError: there is no such recipe, or the file exists already.
    """
    if options.name is None:
        _list(options)
        return
    text = recipes.text(options.name)
    if options.out is None:
        print(text, end="")
        return
    if os.path.lexists(options.out) and not options.force:
        raise UsageError(f"{one_line(options.out)} exists already; --force writes over it")
    write_text(options.out, text)
    print(f"{one_line(options.out)}: the recipe {options.name}")


def _list(options: Namespace) -> None:
    """Print the recipes' names with their first lines."""
    if options.out is not None:
        raise UsageError("--out needs the name of a recipe; `pix2pix recipe` lists the names")
    names = recipes.names()
    for name, words in names.items():
        print(f"{name:<{max(map(len, names))}}  {words}")
