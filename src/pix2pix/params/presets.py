"""Presets: whole parameters files by name, each the defaults with a few values of its own."""

from pathlib import Path

from pix2pix.base.errors import ParamsError, one_line
from pix2pix.params.file import DEFAULTS, editable, edited
from pix2pix.params.messages import listed

# A file a preset. It says only what differs from the defaults; its first line says what it is.
FOLDER = Path(__file__).resolve().parents[1] / "systems" / "presets"


def names() -> dict[str, str]:
    """What each preset is, by its name."""
    return {path.stem: _first_line(path) for path in sorted(FOLDER.glob("*.yaml"))}


def text(name: str) -> str:
    """A preset as the text of a whole `params.yaml`, comments included.

    Raises:
        ParamsError: there is no preset of that name.
    """
    if name not in names():
        raise ParamsError(f"{one_line(name)}: no such recipe; there are {listed(names())}")
    path = FOLDER / f"{name}.yaml"
    content = editable(DEFAULTS.read_text(encoding="utf-8"))
    for section, values in editable(path.read_text(encoding="utf-8")).items():
        content[section].update(values)
    return f"# {_first_line(path)}\n#\n{edited(content)}"


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
