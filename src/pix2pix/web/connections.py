"""Connections that do not last for ever."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which closes a connection when the client does nothing for `timeout_keep_alive` seconds.

    uvicorn itself limits only the wait for the next request. This protocol also limits the wait for the first request,
    for the rest of a request, and for the client to take more of an answer: an answer that nobody fetches would stay
    in memory. It closes no connection while the server owes an answer.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._unsent = 0
        self._watch = self.loop.call_later(self.timeout_keep_alive, self._look)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A client has sent some bytes."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._watch.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Begin to count the seconds, which the next bytes end."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def _look(self) -> None:
        """Drop a connection whose client has taken nothing of what waits for it since the last look."""
        before, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        if 0 < before <= self._unsent:
            self.transport.abort()
        self._watch = self.loop.call_later(self.timeout_keep_alive, self._look)
