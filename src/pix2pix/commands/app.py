"""`pix2pix app`: the page on which people draw or choose what a model is given."""

from argparse import Namespace

from pix2pix.base import framework
from pix2pix.commands.model import Catalogue
from pix2pix.web import serving

HOST = "127.0.0.1"


def run(options: Namespace) -> None:
    """Serve the page until a signal comes. The command prints the address when the first model has made a picture.

    Raises:
        UserError: there is no such model, it is damaged, or the port is taken.
    """
    with serving.listen(HOST, options.port) as listening:
        framework.import_tensorflow()
        from pix2pix.app.calls import Calls
        from pix2pix.app.models import Models
        from pix2pix.app.noise_calls import NoiseCalls
        from pix2pix.app.server import page
        from pix2pix.data import decoding

        models = Models(Catalogue(options.model, options.precision))
        from_noise = models.get(models.first.name).about.noise is not None
        calls, index = (NoiseCalls(models).all(), "noise.html") if from_noise else (Calls(models).all(), "page.html")
        with decoding.warnings_are_damage():
            print(f"http://{HOST}:{options.port}   Ctrl-C ends it", flush=True)
            serving.serve(page(calls, index), listening)
