"""The serving of an application: a socket that listens at once, and a server that ends after a signal."""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from pix2pix.base.errors import UserError
from pix2pix.web.connections import ImpatientProtocol

# The seconds of silence after which a client loses its connection.
IDLE_S = 15
# After a signal, requests may go on for `PATIENCE_S` seconds. Then working threads and the rest have `LAST_S` seconds.
PATIENCE_S = 2
LAST_S = 2


def listen(host: str, port: int) -> socket.socket:
    """Return a TCP socket that listens. Clients wait until the server runs.

    Args:
        host: a name or an IPv4 address of this machine; 0.0.0.0 stands for all of its addresses.
        port: the port; 0 stands for any free one.

    Raises:
        UserError: the port is taken or not allowed, or this machine has no such address.
    """
    if not host:
        raise UserError("--host is empty, which would let everyone in; --host 0.0.0.0 says that")
    option = "--host"
    try:
        return socket.create_server((host, port))
    except socket.gaierror as error:
        reason = error.strerror
    except OverflowError as error:
        reason, option = str(error), "--port"
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # Python's own words repeat the address
        option = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else option
    raise UserError(f"{host}:{port}: the server cannot listen there ({reason}); choose another {option}")


class _Server(uvicorn.Server):
    """uvicorn's server, which a closed terminal ends in the same way as Ctrl-C."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            before = signal.getsignal(signal.SIGHUP)
            heard = threading.current_thread() is threading.main_thread() and before != signal.SIG_IGN
            if heard:
                signal.signal(signal.SIGHUP, self.handle_exit)
            try:
                yield
            finally:
                if heard:
                    signal.signal(signal.SIGHUP, before)


def server(application: ASGIApp) -> uvicorn.Server:
    """Return a server that is ready to run. It prints nothing about requests, and tracebacks of bugs only."""
    logging.getLogger("uvicorn.error").addFilter(_is_failure)
    settings = uvicorn.Config(
        application,
        http=ImpatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=PATIENCE_S,
    )
    return _Server(settings)


def serve(application: ASGIApp, listening: socket.socket) -> None:
    """Serve an application until a signal's handler raises `KeyboardInterrupt`, which is passed on.

    The process ends within `PATIENCE_S` + `LAST_S` seconds of the signal, whatever its threads do.
    """
    try:
        server(application).run(sockets=[listening])
    except KeyboardInterrupt as stopped:
        _end_within(LAST_S, 128 + getattr(stopped, "signal", signal.SIGINT))
        raise


def _is_failure(record: logging.LogRecord) -> bool:
    """Whether a record reports a bug, and not an error of a client or a request that was cut off at the end."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is not None and not issubclass(kind, asyncio.CancelledError)


def _end_within(seconds: float, status: int) -> None:
    """End the process after some seconds if it has not ended by then: Python waits for its threads for ever."""

    def end() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
