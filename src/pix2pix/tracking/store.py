"""Questions to MLflow's store. It may be on another machine, and fail in any way."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mlflow.tracking import MlflowClient

from pix2pix.base.errors import UserError, one_line

T = TypeVar("T")


def asked(tracking_uri: str, question: Callable[[MlflowClient], T]) -> T:
    """What the store says.

    Args:
        tracking_uri: where it is.
        question: gets a client of it.

    Raises:
        UserError: there is no store, or it does not answer; or what `question` itself raises of that kind.
    """
    path = tracking_uri.removeprefix("sqlite:///")
    if path != tracking_uri and not Path(path).exists():  # MLflow would make it
        raise UserError(f"there is no MLflow store at {path} yet; `dvc repro` makes it")
    try:
        return question(MlflowClient(tracking_uri, tracking_uri))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"MLflow at {tracking_uri}: {one_line(error)}") from None
