"""Connections that do not last for ever."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which closes a connection when the client says nothing for `timeout_keep_alive` seconds.

    uvicorn itself limits only the wait for the next request. This protocol also limits the wait for the first request,
    and for the rest of a request. It closes no connection while the server owes an answer.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A client has sent some bytes."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self._wait()

    def _wait(self) -> None:
        """Begin to count the seconds, which the next bytes end."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.transport.close)
