"""The identity of code: the source files that something uses, and their hashes without comments and docstrings.

DVC (through `code.json`) and the fingerprint of a training both use `closure` and `hashes`. So an edit of a file reruns
only what uses this file, and an edit of a comment reruns nothing.
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
_PAGE_PARTS = {".html", ".css", ".js"}
# It matches a string, a line continuation, or the end of a line without code (spaces, a comment, empty lines after it).
# The strings are those of Python 3.11, in which an f-string cannot contain its own quotes.
_TOKEN = re.compile(
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
    """Return the source files of this project that some files use, directly or indirectly, and these files themselves.

    A file uses every module that it imports, at its top or later, the packages that it lies in, and the page parts
    beside it. Imports below `if TYPE_CHECKING:` never run, so they do not count. `params` counts only as a start: DVC
    compares the values of parameters, and the code of `params` only says which values are allowed.

    Args:
        starts: absolute paths of Python files in a checkout: below its `src/pix2pix`, or in its `stages`.
        system: `model.system`. A file that imports `pix2pix.systems`, or `load` from it, loads this system by name, so
            it uses `systems/<system>.py`. A file that imports the module of one system uses that module only.

    Raises:
        UserError: a file is not valid Python, or has a relative import.
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
    """Return the SHA-256 of each file's text in hexadecimal, by its path below the checkout, sorted by path.

    The comments and docstrings of Python files do not count, nor do the kinds of line ends.
    """
    told = {path.relative_to(_checkout(path)).as_posix(): _text(path) for path in files}
    return {name: hashlib.sha256(told[name].encode()).hexdigest() for name in sorted(told)}


def digest(files: Collection[Path]) -> str:
    """Return one SHA-256 in hexadecimal over the paths and `hashes` of files."""
    return sha256_of(part for item in hashes(files).items() for part in item)


def training_digest(system: str, *modules: Path) -> str:
    """Return the `digest` of the code that decides the result of a training.

    Args:
        system: `model.system`, whose code is `systems/<system>.py`.
        modules: more files whose functions the training loop is given: the measures that choose among generators, and
            the reader of the records.
    """
    package = CHECKOUT / PACKAGE
    return digest(closure(package / "training/loop.py", *_system_file(system, package), *modules))


def without_comments(text: str) -> str:
    """Return the text of a Python file without comments, docstrings, empty lines and spaces at the ends of lines.

    The result is the same under every version of Python that can run the file. It need not be valid Python: a function
    that has only a docstring loses its body.

    Args:
        text: the file's text, with line ends `\\n`.

    Raises:
        SyntaxError: the text is not valid Python.
    """
    return _parsed(text)[1]


def _used_by(path: Path, system: str | None) -> Iterator[Path]:
    """Yield the files that a file uses directly."""
    if path.suffix != ".py":
        return
    package = _checkout(path) / PACKAGE
    files = {file for name in _facts(path)[0] if (file := _file_of(name, package))}
    if package / "systems/__init__.py" in files:
        files |= _system_file(system, package)
    yield from (file for file in files if package / "params" not in file.parents)
    yield from (part for part in path.parent.glob(f"{path.stem}.*") if part.suffix in _PAGE_PARTS)
    packages = (folder / "__init__.py" for folder in path.parents if folder.is_relative_to(package))
    yield from (file for file in packages if file.is_file())


def _file_of(name: str, package: Path) -> Path | None:
    """Return the file that an import of `name` runs: a module, a package, or the module that defines this name.

    None: it is not in this project.
    """
    first, *parts = name.split(".")
    if first != package.name:
        return None
    place = package.joinpath(*parts)
    around = [place.parent.with_suffix(".py"), place.parent / "__init__.py"] if parts else []
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py", *around) if file.is_file()), None)


def _system_file(system: str | None, package: Path) -> set[Path]:
    """Return the file of a system, if there is one."""
    return set(package.glob(f"systems/{system}.py"))


def _checkout(path: Path) -> Path:
    """Return the checkout in which a source file lies."""
    return next(folder for folder in path.parents if (folder / PACKAGE).is_dir())


def _text(path: Path) -> str:
    return _facts(path)[1] if path.suffix == ".py" else path.read_text(encoding="utf-8")


def _facts(path: Path) -> tuple[frozenset[str], str]:
    """Return the result of `_parsed` for a file."""
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UserError(f"{path}: line {error.lineno}: {error.msg}") from None


@cache
def _parsed(text: str) -> tuple[frozenset[str], str]:
    """Return the names that a Python text imports, and the text without comments."""
    tree = ast.parse(text)
    lines = text.split("\n")
    for node in _statements(tree, _below):
        if isinstance(node, Scope) and ast.get_docstring(node, clean=False) is not None:
            _cut(lines, node.body[0])
    rest = _TOKEN.sub(lambda token: "\n" if token["empty"] else token[0], "\n".join(lines) + "\n")
    names = frozenset(name for node in _statements(tree, _running_below) for name in _imported(node))
    return names, rest.strip("\n")


def _statements(node: ast.AST, below: Callable[[ast.AST], Iterable[ast.AST]]) -> Iterator[ast.AST]:
    """Yield a node and the statements below it at any depth."""
    yield node
    for child in below(node):
        yield from _statements(child, below)


def _below(node: ast.AST) -> Iterable[ast.AST]:
    """Return the statements in a node's blocks, and its `except` and `case` clauses."""
    if not (hasattr(node, "body") or hasattr(node, "cases")):
        return ()  # most statements: their many children are expressions
    kinds = (ast.stmt, ast.excepthandler, ast.match_case)
    return (child for child in ast.iter_child_nodes(node) if isinstance(child, kinds))


def _running_below(node: ast.AST) -> Iterable[ast.AST]:
    """As `_below`, but without the block of `if TYPE_CHECKING:`."""
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
    """Yield the names that a statement imports: modules, or names that modules define."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            raise SyntaxError("a relative import; write `from pix2pix…`", (None, node.lineno, None, None))
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
