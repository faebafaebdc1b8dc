"""`pix2pix sync`: send to MLflow what it missed while it could not be reached."""

from argparse import Namespace

from pix2pix.base import framework
from pix2pix.base.errors import UserError, one_line


def run(_: Namespace) -> None:
    """Send it, and print of how many runs it was.

    Raises:
        UserError: MLflow does not take it; what has not arrived is still kept.
    """
    framework.import_tensorflow()  # tracking needs it
    from pix2pix.tracking import missed
    from pix2pix.tracking.store import shown_uri

    try:
        sent = missed.send()
    except Exception as error:  # a store fails in many ways
        raise UserError(
            f"MLflow at {shown_uri()} does not take what {missed.folder()} holds: {one_line(error)}"
        ) from None
    print(f"MLflow at {shown_uri()} has got what it had missed of {sent} runs" if sent else "MLflow has missed nothing")
