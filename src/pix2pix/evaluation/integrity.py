"""A check that evaluation changes no model."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pix2pix.base.errors import DataError
from pix2pix.base.files import sha256
from pix2pix.models.opening import Generator


@contextmanager
def unchanged(folders: Iterable[Path], translators: Mapping[str, Generator]) -> Iterator[None]:
    """Hash the files of model folders and the weights of the loaded models before and after the block.

    Raises:
        DataError: the block ended well, and a hash has changed.
    """
    before = _hashes(folders := list(folders), translators)
    yield
    after = _hashes(folders, translators)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        raise DataError(
            f"{changed[0]}: changed while it was evaluated, so its scores would be meaningless and were not "
            "written; run `dvc repro evaluate` again, and report it if no other program wrote there"
        )


def _hashes(folders: Iterable[Path], translators: Mapping[str, Generator]) -> dict[str, str]:
    files = {str(path): sha256(path) for folder in folders for path in folder.rglob("*") if path.is_file()}
    return files | {f"the weights of {name}": translator.digest() for name, translator in translators.items()}
