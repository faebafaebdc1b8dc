"""The identity of code: the source files that something uses, and their hashes without comments and docstrings.

DVC (by `code.json`) and the fingerprint of a training both rest on `closure` and `hashes`. So an edit reruns what uses
the edited file, and a comment reruns nothing.
"""

import ast
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

from pix2pix.base.errors import UserError
from pix2pix.base.files import CHECKOUT, sha256_of

PACKAGE = Path("src/pix2pix")
# A page's parts lie beside the module that renders them and share its stem: `layout.macros.html` of `layout.py`.
PAGE_PARTS = {".html", ".css", ".js"}
# A string, a line continuation, or the rest of a line that holds no code with the empty lines after it. The strings
# are those of Python 3.11, in which an f-string cannot contain its own quotes.
TOKEN = re.compile(
    r"""
    \"\"\" [^"\\]* (?: (?: \\. | "(?!"") ) [^"\\]* )* \"\"\"
    | ''' [^'\\]* (?: (?: \\. | '(?!'') ) [^'\\]* )* '''
    | " [^"\\\n]* (?: \\. [^"\\\n]* )* "
    | ' [^'\\\n]* (?: \\. [^'\\\n]* )* '
    | \\ \n
    | (?P<empty> (?: [ \t\f]* (?: \# [^\n]* )? \n )+ )
    """,
    re.VERBOSE | re.DOTALL,
)
Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def closure(*starts: Path, system: str | None = None) -> frozenset[Path]:
    """The source files of ours that some files use, however indirectly, themselves included.

    A file uses what it imports anywhere in it, the packages it lies in, and the page parts beside it. Imports
    below `if TYPE_CHECKING:` do not count, for they never happen. `params` does not count unless it is a start: DVC
    tracks the values of parameters, and its code only says which values are allowed.

    Args:
        starts: absolute paths of Python files in a checkout: below its `src/pix2pix`, or in its `stages`.
        system: `model.system`. A file that imports `pix2pix.systems`, or `load` from it, loads this system by its
            name, and so uses `systems/<system>.py`; who imports a system's module uses that one alone.

    Raises:
        UserError: a file is no valid Python, or has a relative import.
    """
    found: set[Path] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _used_by(path, system)
    return frozenset(found)


def hashes(files: Collection[Path]) -> dict[str, str]:
    """The SHA-256 of each file's text in hexadecimal, by its path from the checkout's root, sorted by path.

    The text of Python files is without comments and docstrings. Line ends do not count.
    """
    told = {path.relative_to(_checkout(path)).as_posix(): _text(path) for path in files}
    return {name: hashlib.sha256(told[name].encode()).hexdigest() for name in sorted(told)}


def digest(files: Collection[Path]) -> str:
    """One SHA-256 in hexadecimal over the names and the `hashes` of files."""
    return sha256_of(part for item in hashes(files).items() for part in item)


def training_digest(system: str | None, *modules: Path) -> str:
    """The `digest` of the code that decides what a training makes.

    Args:
        system: `model.system`, whose code is `systems/<system>.py`.
        modules: the files of what is handed to the training loop besides: the measures that choose among generators,
            the reader of the records.
    """
    package = CHECKOUT / PACKAGE
    return digest(closure(package / "training/loop.py", *_system_file(system, package), *modules))


def without_comments(text: str) -> str:
    """The text of a Python file without comments, docstrings, empty lines and space at the ends of lines.

    The same under every version of Python that can run the file. The result may be no valid Python: a function whose
    body is a docstring loses its body.

    Args:
        text: of the file, its line ends `\\n`.

    Raises:
        SyntaxError: it is no valid Python.
    """
    return _parsed(text)[1]


def _used_by(path: Path, system: str | None) -> Iterator[Path]:
    """The files that a file uses at first hand."""
    if path.suffix != ".py":
        return
    package = _checkout(path) / PACKAGE
    files = {file for name in _facts(path)[0] if (file := _file_of(name, package))}
    if package / "systems/__init__.py" in files:
        files |= _system_file(system, package)
    yield from (file for file in files if package / "params" not in file.parents)
    yield from (part for part in path.parent.glob(f"{path.stem}.*") if part.suffix in PAGE_PARTS)
    packages = (folder / "__init__.py" for folder in path.parents if folder.is_relative_to(package))
    yield from (file for file in packages if file.is_file())


def _file_of(name: str, package: Path) -> Path | None:
    """The file that runs when `name` is imported: a module's, a package's `__init__`, or the one that defines a name.

    None: it is not ours.
    """
    first, *parts = name.split(".")
    if first != package.name:
        return None
    place = package.joinpath(*parts)
    around = [place.parent.with_suffix(".py"), place.parent / "__init__.py"] if parts else []
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py", *around) if file.is_file()), None)


def _system_file(system: str | None, package: Path) -> set[Path]:
    """The file of a system, if there is one."""
    return set(package.glob(f"systems/{system}.py"))


def _checkout(path: Path) -> Path:
    """The checkout that a file of ours lies in."""
    return next(folder for folder in path.parents if (folder / PACKAGE).is_dir())


def _text(path: Path) -> str:
    return _facts(path)[1] if path.suffix == ".py" else path.read_text(encoding="utf-8")


def _facts(path: Path) -> tuple[frozenset[str], str]:
    """What `_parsed` says of a file."""
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UserError(f"{path}: line {error.lineno}: {error.msg}") from None


@cache
def _parsed(text: str) -> tuple[frozenset[str], str]:
    """The names that a Python text imports, and the text without comments."""
    tree = ast.parse(text)
    lines = text.split("\n")
    for node in _statements(tree, _below):
        if isinstance(node, Scope) and ast.get_docstring(node, clean=False) is not None:
            _cut(lines, node.body[0])
    rest = TOKEN.sub(lambda token: "\n" if token["empty"] else token[0], "\n".join(lines) + "\n")
    names = frozenset(name for node in _statements(tree, _running_below) for name in _imported(node))
    return names, rest.strip("\n")


def _statements(node: ast.AST, below: Callable[[ast.AST], Iterable[ast.AST]]) -> Iterator[ast.AST]:
    """A node and the statements below it at any depth."""
    yield node
    for child in below(node):
        yield from _statements(child, below)


def _below(node: ast.AST) -> Iterable[ast.AST]:
    """The statements in a node's blocks, and its `except` and `case` clauses."""
    kinds = (ast.stmt, ast.excepthandler, ast.match_case)
    return (child for child in ast.iter_child_nodes(node) if isinstance(child, kinds))


def _running_below(node: ast.AST) -> Iterable[ast.AST]:
    """As `_below`, less what stands below `if TYPE_CHECKING:`."""
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        return node.orelse
    return _below(node)


def _cut(lines: list[str], node: ast.stmt) -> None:
    """Cut a statement out of lines, which keep their number. `ast` counts columns in bytes of UTF-8."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before = lines[first].encode()[: node.col_offset].decode()
    after = lines[last].encode()[node.end_col_offset :].decode()
    lines[first : last + 1] = [before, *[""] * (last - first)]
    lines[last] += after


def _imported(node: ast.AST) -> Iterator[str]:
    """The names that a statement imports: modules, or names that modules define."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            raise SyntaxError("a relative import; write `from pix2pix…`", (None, node.lineno, None, None))
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
