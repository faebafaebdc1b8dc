"""`pix2pix sync`: send to MLflow what it missed while it could not be reached."""

from argparse import Namespace

from pix2pix.base import framework
from pix2pix.base.errors import UserError, number_of

# Another process may be sending; the models take it minutes.
_PATIENCE_S = 600
_NOTHING = "MLflow has missed nothing"


def run(_: Namespace) -> None:
    """Send it, and print of how many runs it was.

    Raises:
        UserError: MLflow does not take it, or does not know the training; what has not arrived is still kept.
    """
    framework.import_tensorflow()  # tracking needs it
    from pix2pix.tracking import missed
    from pix2pix.tracking.store import shown_uri, why

    try:
        sent = missed.send(_PATIENCE_S)
    except Exception as error:  # a store fails in many ways
        raise UserError(f"MLflow at {shown_uri()} does not take what {missed.folder()} holds: {why(error)}") from None
    left = len(missed.kept())
    if sent or not left:
        print(f"MLflow at {shown_uri()} has got what it had missed of {number_of(sent, 'run')}" if sent else _NOTHING)
    if left:
        raise UserError(
            f"MLflow at {shown_uri()} does not know {number_of(left, 'training')} whose results {missed.folder()} "
            "holds. They are kept: set MLFLOW_TRACKING_URI to the store that has them, or remove the folder"
        )
