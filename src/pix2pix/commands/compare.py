"""`pix2pix compare`: several runs on one page."""

from argparse import Namespace

from pix2pix.pipeline.compare import WORKSPACE, compare


def run(options: Namespace) -> None:
    """Write the page, and print where it is.

    Raises:
        UserError: there is no such run, or the runs cannot be compared.
    """
    names = [WORKSPACE if name == "." else name for name in options.runs]
    page = compare(list(dict.fromkeys(names)))
    print(f"{page}: {page.stat().st_size / 1e6:.1f} MB; open it in a browser")
