"""The section `download`."""

from pix2pix.params.section import Positive, Section


class Download(Section):
    """Patience of the download."""

    timeout_s: Positive = 30
