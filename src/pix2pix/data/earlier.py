"""Whether a fetched archive is the one that `dvc.lock` was made with.

DVC removes `data/raw` before it runs `download`, so `dvc.lock` is all that tells of the earlier archive. It has the MD5
of DVC's list of the files in `data/raw`, with the MD5 of each.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError

# With other values of these, another archive is meant.
_KEYS = ("dataset", "url", "sha256")


def expect(lock: Path, data: params.Data, folder: Path, addresses: Iterable[str]) -> None:
    """Refuse an archive that is not the earlier one, though the parameters name the same.

    Args:
        lock: `dvc.lock`; without it anything is taken.
        data: the `data` section of the parameters.
        folder: what `download.fetch` wrote.
        addresses: where the archive may have come from, then as now.

    Raises:
        DataError: it is another archive.
    """
    before = _noted(lock, data)
    source = files.read_json(folder / "source.json")
    if before is None:
        return
    with (folder / "archive").open("rb") as file:
        archive = hashlib.file_digest(file, "md5").hexdigest()
    if before not in [_dvc_hash(archive, source | {"address": address}) for address in addresses]:
        raise DataError(
            f"{source['address']}: another archive than the one that {lock} was made with; its sha256 is "
            f"{source['sha256']}. If it is meant, set data.sha256 to that; if not, ask who changed it"
        )


def _noted(lock: Path, data: params.Data) -> str | None:
    """The hash of `data/raw` in `dvc.lock`, if it was made with the same parameters."""
    try:
        stage: Any = YAML(typ="safe", pure=True).load(lock.read_text(encoding="utf-8"))["stages"]["download"]
        told = stage["params"]["params.yaml"]
        same = all(told[f"data.{key}"] == getattr(data, key) for key in _KEYS)
        return str(stage["outs"][0]["md5"]) if same else None
    except FileNotFoundError:
        return None
    except (YAMLError, LookupError, TypeError):
        return None  # of an earlier version, or damaged, which DVC itself says


def _dvc_hash(archive: str, source: dict[str, Any]) -> str:
    """DVC's hash of the folder, were this the MD5 of its archive, and this the content of its `source.json`."""
    listed = {"archive": archive, "source.json": hashlib.md5(files.as_json(source).encode()).hexdigest()}
    entries = [{"md5": md5, "relpath": name} for name, md5 in listed.items()]
    return hashlib.md5(json.dumps(entries).encode()).hexdigest() + ".dir"
