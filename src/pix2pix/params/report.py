"""The section `report`."""

from pix2pix.params.section import Section
from pix2pix.params.values import Count


class Report(Section):
    """The page of a run."""

    gallery_pairs: Count = 12
