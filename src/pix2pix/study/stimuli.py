"""The pictures of a study, real and generated: the stage `evaluate` wrote them for a model."""

import csv
import hashlib
import io
import re
from pathlib import Path

from PIL import Image as PillowImage
from PIL import UnidentifiedImageError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pix2pix.base.errors import DataError, one_line
from pix2pix.base.files import read_json, sha256_of
from pix2pix.evaluation import pair_pictures

KINDS = ("generated", "real")
AGAIN = "`dvc repro evaluate` makes it"
FINGERPRINT = re.compile("[0-9a-f]{16}")


class ChangedError(Exception):
    """A picture has changed since the study began."""


class Stimuli:
    """The evaluated pairs of a workspace's model.

    Attributes:
        fingerprint: the fingerprint of the training that made the model.
        ids: the ids of the pairs, in the order of `reports/images.csv`.
        digest: the SHA-256 of all pictures, in hexadecimal.
    """

    def __init__(self, root: Path) -> None:
        """Check the pictures of the workspace `root`.

        Raises:
            DataError: there is no evaluation yet, a picture is absent or damaged, the two pictures of a pair differ in
                size, or DVC knows that the pictures are of an earlier model.
        """
        self.fingerprint = _fingerprint(root / "models/generator/about.json")
        _check_lock(root / "dvc.lock")
        self.ids = _ids(root / "reports/images.csv")
        self._folder = root / "reports/pictures"
        self._digests = {}
        self._sizes = {}
        for pair in self.ids:
            for kind in KINDS:
                content = self._content(pair, kind)
                self._digests[pair, kind] = hashlib.sha256(content).hexdigest()
                self._sizes[pair, kind] = _size(self._path(pair, kind), content)
        for (pair, kind), size in self._sizes.items():
            if size != self.size:
                raise DataError(f"{self._path(pair, kind)}: its size differs from that of other pictures; {AGAIN} anew")
        self.digest = sha256_of(part for (pair, kind), digest in self._digests.items() for part in (pair, kind, digest))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, in pixels, if there are any."""
        return next(iter(self._sizes.values()))

    def png(self, pair: str, kind: str) -> bytes:
        """Return a picture as PNG, 8-bit RGB. Real and generated pictures are encoded alike, and contain only pixels.

        Raises:
            ChangedError: the file has changed since the study began.
        """
        try:
            content = self._path(pair, kind).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != self._digests[pair, kind]:
            raise ChangedError(
                f"{self._path(pair, kind)}: changed since the study began; end the study and start it anew"
            )
        stream = io.BytesIO()
        with PillowImage.open(io.BytesIO(content)) as picture:
            plain = PillowImage.frombytes("RGB", picture.size, picture.convert("RGB").tobytes())
        plain.save(stream, format="PNG")
        return stream.getvalue()

    def _path(self, pair: str, kind: str) -> Path:
        return pair_pictures.path(self._folder, pair, kind)

    def _content(self, pair: str, kind: str) -> bytes:
        try:
            return self._path(pair, kind).read_bytes()
        except FileNotFoundError:
            raise DataError(f"{self._path(pair, kind)}: no such picture; {AGAIN}") from None


def _fingerprint(path: Path) -> str:
    try:
        about = read_json(path)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no model yet; `dvc repro` makes it, and its pictures") from None
    except ValueError:
        about = None
    found = about.get("fingerprint") if isinstance(about, dict) else None
    if not (isinstance(found, str) and FINGERPRINT.fullmatch(found)):
        raise DataError(f"{path}: it does not name the training that made the model; `dvc repro train` makes it anew")
    return found


def _check_lock(path: Path) -> None:
    """Refuse pictures if `dvc.lock` says that they are of another model than the present one.

    That is so after a `dvc repro train` alone. A person who runs stages without DVC has no lock, and is trusted.
    """
    try:
        stages = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["stages"]
        made, used = (
            {entry["path"]: entry["md5"] for entry in stages[stage][part]}["models/generator"]
            for stage, part in (("train", "outs"), ("evaluate", "deps"))
        )
    except (FileNotFoundError, KeyError, TypeError, ValueError, YAMLError):
        return
    if made != used:
        raise DataError("reports/pictures: an earlier model than models/generator made them; run `dvc repro evaluate`")


def _ids(path: Path) -> list[str]:
    """Return the ids of the evaluated pairs."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            ids = [row["id"] for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise DataError(
            f"{path}: there is no such file, because no model is evaluated yet; `dvc repro` does it"
        ) from None
    except (KeyError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: unreadable ({one_line(error)}); `dvc repro evaluate` makes it anew") from None
    return list(dict.fromkeys(ids))


def _size(path: Path, content: bytes) -> tuple[int, int]:
    """Return the width and height of a picture, in pixels, and check the checksums in the file."""
    try:
        with PillowImage.open(io.BytesIO(content), formats=["PNG"]) as picture:
            picture.verify()
            return picture.size
    except (UnidentifiedImageError, PillowImage.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path}: damaged ({one_line(error)}); remove it, and {AGAIN} anew") from None
