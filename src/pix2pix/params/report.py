"""The section `report`."""

from pix2pix.params.section import Count, Section


class Report(Section):
    """The page of a run."""

    gallery_pairs: Count = 12
