"""The page's server: Gradio in its server mode, with our page before it and a gate before both."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

# Before Gradio is imported: it would count its users, look for newer versions, and leave folders behind.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_OFFLINE="1", GRADIO_DEBUG="0")
os.environ.update(GRADIO_TEMP_DIR=tempfile.mkdtemp(prefix="pix2pix-app-"))

import gradio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pix2pix.app import uploads
from pix2pix.app.calls import Calls
from pix2pix.app.gate import Gate, Signature
from pix2pix.app.models import Models
from pix2pix.data import decoding
from pix2pix.web import looks

atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)
HERE = Path(__file__).parent
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# In base64 four bytes are three, and a call has other arguments, too.
MOST_BYTES = uploads.MAX_BYTES * 4 // 3 + (1 << 16)
# Calls of one kind that are answered at once. A translation uses all cores by itself, and uploads are large.
AT_ONCE = 2


class Page:
    """The page with its models, from the first of them on to the end of the block.

    Within it, a picture that Pillow only warns of is damaged; see `decoding`.
    """

    def __init__(self, model: str | None) -> None:
        """Load the first model.

        Args:
            model: its name, see `commands.model`; None for the project's own.

        Raises:
            UserError: there is no such model, or it is damaged.
        """
        models = Models(model)
        models.get(models.first.name)
        self._calls = Calls(models).all()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(decoding.warnings_are_damage())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, host: str, port: int) -> str:
        """Serve the page from threads of its own; it has ended when the block has.

        Returns:
            Its address.

        Raises:
            OSError: the port is taken.
        """
        # Gradio asks itself whether it is there; a proxy of this machine's is not to be asked for that.
        others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = f"{others},{host}" if others else host
        server = _Server(self._calls, _files())
        server.launch(
            server_name=host, server_port=port, share=False, prevent_thread_lock=True, quiet=True, inline=False,
            inbrowser=False, root_path="", allowed_paths=[], blocked_paths=[str(Path("/").resolve())], max_file_size=1,
            footer_links=[], run_history=False, enable_monitoring=False, mcp_server=False, ssr_mode=False, pwa=False,
            num_workers=0, _frontend=False,
        )  # fmt: skip
        self._stack.callback(server.get_blocks().close, verbose=False)
        return f"http://{host}:{port}"


class _Server(gradio.Server):
    """Gradio's, which hears only what the gate lets through."""

    def __init__(self, calls: dict[str, Callable[..., Any]], files: dict[str, tuple[bytes, str]]) -> None:
        """`files` are the page's, by path: what is in them, and its type."""
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None)
        for name, call in calls.items():
            self.api(call, name=name, api_visibility="undocumented", concurrency_limit=AT_ONCE, concurrency_id=name)
        for path, file in files.items():
            self.add_route(path, _answering(*file), methods=["GET"])
        signatures = {name: _signature(call) for name, call in calls.items()}
        self._gate = Gate(super().__call__, set(files), signatures, MOST_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._gate(scope, receive, send)


def _files() -> dict[str, tuple[bytes, str]]:
    """The page's files by path, and their types. They are read once: no request leads to the disk."""
    files = {f"/{path.name}": path.read_bytes() for path in HERE.iterdir() if path.suffix in TYPES}
    files["/page.css"] = looks.CSS.encode() + files["/page.css"]
    files["/"] = files.pop("/page.html")
    return {path: (data, TYPES[Path(path).suffix or ".html"]) for path, data in files.items()}


def _answering(data: bytes, kind: str) -> Callable[[Request], Response]:
    """What answers every request with a file. Each has an answer of its own: on its way out Gradio changes it."""
    return lambda _: Response(data, media_type=kind)


def _signature(call: Callable[..., Any]) -> Signature:
    """The types of a call's arguments."""
    return tuple(kind for name, kind in call.__annotations__.items() if name not in ("self", "return"))
