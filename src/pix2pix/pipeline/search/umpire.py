"""The search's side of `training.trial`: it answers after each epoch whether the training goes on."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, UnixStreamServer
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

from pix2pix.training.trial import GO_ON, PRUNE

Judge = Callable[[Mapping[str, Any]], bool]
_POLL_S = 0.05


@contextmanager
def listening(ends: Judge) -> Iterator[str]:
    """Answer trainings within the block.

    Args:
        ends: a function of the figures after an epoch, which says whether the training ends there. It is called in a
            thread of its own.

    Yields:
        The path of the socket, for `training.trial.SEARCH`.
    """

    over = Event()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):  # the training was killed
                for line in self.rfile:
                    if over.is_set():
                        return  # a training that gets no answer stops
                    self.wfile.write(f"{PRUNE if ends(json.loads(line)) else GO_ON}\n".encode())

    with TemporaryDirectory() as folder, UnixStreamServer(f"{folder}/socket", Handler) as server:
        thread = Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
        thread.start()
        try:
            yield f"{folder}/socket"
        finally:
            over.set()
            server.shutdown()
            thread.join()
