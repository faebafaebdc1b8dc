"""Applications of ours on a real server, in a thread of this process."""

import contextlib
import socket
import threading

from pix2pix.web import serving


@contextlib.contextmanager
def served(application):
    """Yields the address; the server has ended when the block has."""
    with serving.listen("127.0.0.1", 0) as listening:
        server = serving.server(application)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def wire(address):
    """A bare connection to a server, for bytes that no client of good manners sends."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    return contextlib.closing(connection)
