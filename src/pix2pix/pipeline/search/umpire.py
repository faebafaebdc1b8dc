"""The search's side of `training.trial`: it answers after each epoch whether the training continues."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, UnixStreamServer
from tempfile import TemporaryDirectory, gettempdir
from threading import Event, Thread
from typing import Any

Judge = Callable[[Mapping[str, Any]], str]
_POLL_S = 0.05
# The path of a socket has about 100 letters at most.
_LONGEST = 70


@contextmanager
def listening(answer: Judge) -> Iterator[str]:
    """Answer trainings within the block.

    Args:
        answer: a function of the figures after an epoch, which gives an answer of `training.trial`. It is called in a
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
                    self.wfile.write(f"{answer(json.loads(line))}\n".encode())

    place = gettempdir() if len(gettempdir()) <= _LONGEST else "/tmp"
    with TemporaryDirectory(dir=place) as folder, UnixStreamServer(f"{folder}/socket", Handler) as server:
        thread = Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
        thread.start()
        try:
            yield f"{folder}/socket"
        finally:
            over.set()
            server.shutdown()
            thread.join()
