"""Other generators that are scored beside the model, from a folder of generator folders."""

from pathlib import Path

from pix2pix.base.errors import DataError
from pix2pix.evaluation.evaluation import NAMES
from pix2pix.models.translator import Translator
from pix2pix.params import Data


def load(folder: Path, data: Data) -> dict[str, Translator]:
    """Load the generators in the subfolders of a folder, by the names of the subfolders; files there are ignored.

    Args:
        folder: `evaluate.beside`.
        data: what each generator has to be made for; see `About.expect`.

    Raises:
        DataError: a generator is damaged, was made for something else, or has the name of another subject.
    """
    translators = {}
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        if path.name in NAMES:
            raise DataError(f"{path}: {path.name} is a subject of every evaluation; give the folder another name")
        if path.is_symlink():
            raise DataError(f"{path}: a link, and DVC does not notice changes behind it; copy the folder (`cp -rL`)")
        try:
            translators[path.name] = Translator.load(path)
            about = translators[path.name].about
            about.expect(data)
            if about.back:
                raise DataError("it turns targets into inputs")
        except DataError as error:
            raise DataError(f"{path}: cannot be scored beside the model, take it out: {error}") from None
    return translators
