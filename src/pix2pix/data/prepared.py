"""Records that are made already, and lie in a folder or a bucket: `data.url` is the address of their manifest.

The manifest takes the place of the archive: `download` fetches it, `data.sha256` is its hash, and `prepare` makes it
the manifest of `data/records`, which names the address. The shards are fetched when they are used (`data.shards`).
"""

from pathlib import Path

from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.data import manifests
from pix2pix.data.manifests import Manifest
from pix2pix.params import Data


def is_manifest(address: str) -> bool:
    """Whether an address is one of a manifest."""
    return address.endswith(f"/{manifests.NAME}")


def take(path: Path, address: str, data: Data, folder: Path) -> Manifest:
    """Make a folder of records whose shards lie elsewhere.

    Args:
        path: the fetched manifest.
        address: where it was fetched.
        data: the `data` section of the parameters.
        folder: becomes exactly the file `manifest.json`.

    Raises:
        DataError: the file is no manifest, or its records were made for other parameters.
    """
    content = manifests.parse(path)
    if told := manifests.other(content, data):
        raise DataError(f"{address}: {told}; set that, or prepare the records anew as params.yaml says")
    place = address if "://" in address else Path(address).expanduser().absolute().as_uri()
    content = content.model_copy(update={"address": place.removesuffix(f"/{manifests.NAME}")})
    with files.whole(folder) as new:
        new.mkdir()
        manifests.write(new, content)
    return content
