"""The section `download`."""

from pix2pix.params.section import Positive, Section


class Download(Section):
    """The limits of the download."""

    timeout_s: Positive = 30
