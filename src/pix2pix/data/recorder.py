"""Turn an archive into records: check every picture, write every pair and its row, write the manifest last."""

import itertools
from pathlib import Path

from tqdm import tqdm

from pix2pix import params
from pix2pix.base import files
from pix2pix.data import archive, decoding, inspection, manifests, origin, prepared, shard_writer
from pix2pix.data.manifests import Manifest
from pix2pix.data.recording import Recording


def write(source: Path, data: params.Data, limits: params.Prepare, folder: Path) -> Manifest:
    """Turn an archive into records, whole or not at all.

    Every picture is decoded and checked, whether a role uses it or not. Memory is bounded: pictures wait in a file
    (`archive.Pictures`), and only a few pairs are decoded before their turn to be written (see `ahead`).

    Args:
        source: the folder that `download.fetch` wrote.
        data: the `data` section of the parameters.
        limits: the `prepare` section.
        folder: becomes exactly the shards, their rows and `manifest.json`; of records that are made already, only the
            last (`prepared.take`).

    Raises:
        DataError: the archive is refused (`archive.members`), lacks a split, has bad pictures, one line for each, or
            pictures that are not what `data` says (`Survey.refusals`).
    """
    made = origin.read(source)
    if prepared.is_manifest(made.address):
        return prepared.take(source / "archive", made.address, data, folder)
    with files.whole(folder) as new:
        new.mkdir()
        with archive.Pictures(source / "archive", data, limits, new, made.address) as pictures:
            recording = Recording(made, pictures, data, limits.pairs_per_shard)
            pairs = [pair for group in recording.groups for pair in group.pairs]
            with decoding.warnings_are_damage():
                inspected = inspection.inspected(pictures, data, limits.max_pixels, pairs)
                results = iter(tqdm(inspected, total=len(pairs), unit=data.example, disable=None))
                for group in recording.groups:
                    recording.add(group, shard_writer.write(new, group, itertools.islice(results, len(group.pairs))))
        content = recording.manifest()
        manifests.write(new, content)
    return content
