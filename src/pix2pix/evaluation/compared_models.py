"""Other generators that are scored beside the model, from a folder of generator folders."""

from pathlib import Path

from pix2pix.base.errors import DataError
from pix2pix.data.tasks import task
from pix2pix.evaluation import sampled
from pix2pix.evaluation.evaluation import NAMES
from pix2pix.models.opening import Kind
from pix2pix.params import Data


def load(folder: Path, data: Data, kind: type[Kind]) -> dict[str, Kind]:
    """Load the generators in the subfolders of a folder, by the names of the subfolders; files there are ignored.

    Args:
        folder: `evaluate.beside`.
        data: what each generator has to be made for; see `About.expect`.
        kind: `Translator` or `Sampler`, which loads each of them.

    Raises:
        DataError: a generator is damaged, was made for something else, or has the name of another subject.
    """
    found: dict[str, Kind] = {}
    taken = sampled.NAMES if task(data).given is None else NAMES
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        if path.name in taken:
            raise DataError(f"{path}: {path.name} is a subject of every evaluation; give the folder another name")
        if path.is_symlink():
            raise DataError(f"{path}: a link, and DVC does not notice changes behind it; copy the folder (`cp -rL`)")
        try:
            found[path.name] = kind.load(path)
            about = found[path.name].about
            about.expect(data)
            if about.back:
                raise DataError("it turns targets into inputs")
        except DataError as error:
            raise DataError(f"{path}: cannot be scored beside the model, take it out: {error}") from None
    return found
