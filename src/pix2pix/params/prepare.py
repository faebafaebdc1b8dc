"""The section `prepare`."""

from pix2pix.params.section import Section
from pix2pix.params.values import Count, Positive


class Prepare(Section):
    """The limits on unpacking, and the size of the record files."""

    max_files: Count = 250_000
    max_unpacked_gb: Positive = 20
    max_pixels: Count = 50_000_000
    pairs_per_shard: Count = 100
    preview_pairs: Count = 6
