"""`pix2pix app`: the page on which façades are drawn."""

import errno
import socket
import sys
import threading
from argparse import Namespace

from pix2pix.base import framework
from pix2pix.base.errors import UserError
from pix2pix.pipeline import stopping

HOST = "127.0.0.1"


def run(options: Namespace) -> None:
    """Serve the page until a signal comes. The model is loaded, and has made a picture, before the address is said.

    Raises:
        UserError: there is no such model, it is damaged, or the port is taken.
    """
    _refuse_taken(options.port)
    framework.import_tensorflow()
    try:
        from pix2pix.app.server import Page
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise UserError("the page needs Gradio, which is not installed: `make setup`") from None
    with Page(options.model) as page:
        address = page.start(HOST, options.port)
        print(f"{address}   Ctrl-C ends it", flush=True)
        try:
            threading.Event().wait()
        except stopping.Stopped as stopped:
            print(f"stopped by {stopped.signal.name}", file=sys.stderr)
            sys.exit(128 + stopped.signal)


def _refuse_taken(port: int) -> None:
    """Refuse a port that another server has, before the seconds that all else takes."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else "is not for everyone to use"
            raise UserError(f"port {port} {why}: name another one with --port") from None
