"""Recipes: whole parameters files by name. Each is the defaults with a few values of its own."""

from pathlib import Path
from typing import Any

from pix2pix.base.errors import ParamsError, one_line
from pix2pix.params.file import DEFAULTS, editable, edited
from pix2pix.params.messages import listed

# The recipes, one file each. A file has only the values that differ from the defaults; its first line says what it is.
# With the key `recipe` it has only the values that differ from that recipe.
FOLDER = Path(__file__).resolve().parents[1] / "systems" / "recipes"


def names() -> dict[str, str]:
    """Return the first line of each recipe, by the recipe's name."""
    return {path.stem: _first_line(path) for path in sorted(FOLDER.glob("*.yaml"))}


def text(name: str) -> str:
    """Return a recipe as the text of a whole `params.yaml`, comments included.

    Raises:
        ParamsError: there is no recipe of that name.
    """
    if name not in names():
        raise ParamsError(f"{one_line(name)}: no such recipe; there are {listed(names())}")
    return f"# {_first_line(FOLDER / f'{name}.yaml')}\n#\n{edited(_content(name))}"


def _content(name: str) -> Any:
    """Return the content of a recipe as `editable` gives it."""
    own = editable((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    other = own.pop("recipe", None)
    content = _content(other) if other else editable(DEFAULTS.read_text(encoding="utf-8"))
    if own.get("model", {}).get("system", content["model"]["system"]) != content["model"]["system"]:
        content["model"] = own.pop("model")  # another system has other keys, so its recipe has all of them
    for section, values in own.items():
        content[section].update(values)
    return content


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
