"""The section `download`."""

from pix2pix.params.section import Section
from pix2pix.params.values import Positive


class Download(Section):
    """The limits of the download."""

    timeout_s: Positive = 30
