import ast
import hashlib
import io
import textwrap
import tokenize

import pytest
from conftest import CHECKOUT
from hypothesis import given
from hypothesis import strategies as st

from pix2pix.base import code
from pix2pix.base.errors import UserError

SOURCES = sorted([*CHECKOUT.glob("src/**/*.py"), *CHECKOUT.glob("stages/*.py")])


@pytest.fixture
def tree(tmp_path):
    """`tree({"train/loop.py": "import …"})` writes files below `src/pix2pix`; gives the checkout."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / "src/pix2pix" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path

    write({"__init__.py": ""})
    return write


def used(checkout, start, system=None):
    """The names in `src/pix2pix` of what a file there uses, less the packages' own files."""
    package = checkout / "src/pix2pix"
    names = {path.relative_to(package).as_posix() for path in code.closure(package / start, system=system)}
    return {name for name in names if not name.endswith("__init__.py")}


# --- which files are used ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "import pix2pix.other.b",
        "import pix2pix.other.b as short",
        "import os, pix2pix.other.b",
        "from pix2pix.other import b",
        "from pix2pix.other import c, b as short",
        "from pix2pix.other.b import name",
        "from pix2pix.other.b import *",
        "def later():\n    from pix2pix.other import b",
        "class A:\n    async def f(self):\n        with x:\n            import pix2pix.other.b",
        "try:\n    pass\nexcept ImportError:\n    import pix2pix.other.b",
        "try:\n    pass\nfinally:\n    import pix2pix.other.b",
        "match x:\n    case 1:\n        import pix2pix.other.b",
        "while True:\n    pass\nelse:\n    import pix2pix.other.b",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import pix2pix.other.b",
        "x = 1; import pix2pix.other.b",
    ],
)
def test_an_import_is_seen_wherever_it_stands(tree, statement):
    checkout = tree({"a.py": statement, "other/__init__.py": "", "other/b.py": "", "other/unused.py": ""})
    assert used(checkout, "a.py") == {"a.py", "other/b.py"}


@pytest.mark.parametrize(
    "statement",
    [
        "import os\nimport numpy.linalg",
        "import pix2pix_tools.b\nfrom elsewhere.pix2pix import b",
        "if TYPE_CHECKING:\n    from pix2pix import b",
        "if typing.TYPE_CHECKING:\n    if x:\n        from pix2pix import b",
        "x = 'import pix2pix.b'",
        "# import pix2pix.b",
    ],
)
def test_what_is_no_import_of_ours_is_not_used(tree, statement):
    assert used(tree({"a.py": statement, "b.py": ""}), "a.py") == {"a.py"}


def test_what_is_used_is_followed_to_its_end_and_in_circles(tree):
    files = {"a.py": "import pix2pix.b", "b.py": "import pix2pix.c", "c.py": "import pix2pix.a", "d.py": ""}
    assert used(tree(files), "a.py") == {"a.py", "b.py", "c.py"}


def test_packages_on_the_way_count_and_what_they_import(tree):
    files = {"a.py": "import pix2pix.in_.deep.b", "in_/__init__.py": "import pix2pix.c", "in_/deep/__init__.py": ""}
    checkout = tree({**files, "in_/deep/b.py": "", "c.py": ""})
    package = checkout / "src/pix2pix"
    names = ["__init__.py", "a.py", "c.py", "in_/__init__.py", "in_/deep/__init__.py", "in_/deep/b.py"]
    assert code.closure(package / "a.py") == {package / name for name in names}
    assert package / "in_/__init__.py" in code.closure(package / "in_/deep/b.py")


def test_page_parts_beside_a_module_count(tree):
    parts = {"web/page.html", "web/page.css", "web/page.js", "web/page.macros.html"}
    others = {"web/pages.html", "web/page.yaml", "web/page.md", "page.html"}
    checkout = tree(dict.fromkeys(parts | others, "") | {"a.py": "import pix2pix.web.page", "web/page.py": ""})
    assert used(checkout, "a.py") == {"a.py", "web/page.py", *parts}


def test_parameters_do_not_count_nor_what_they_import(tree):
    files = {"a.py": "from pix2pix import params", "params/__init__.py": "import pix2pix.b", "b.py": ""}
    assert used(tree(files), "a.py") == {"a.py"}
    assert used(tree({"params/c.py": ""}), "params/__init__.py") == {"b.py"}, "unless they are the start"


@pytest.mark.parametrize(
    "statement", ["from pix2pix import systems", "import pix2pix.systems", "from pix2pix.systems import load"]
)
def test_a_system_is_loaded_by_its_name(tree, statement):
    systems = {"systems/__init__.py": "", "systems/one.py": "import pix2pix.loss", "systems/two.py": "", "loss.py": ""}
    checkout = tree({"a.py": "import pix2pix.b", "b.py": statement, **systems})
    assert used(checkout, "a.py", "one") == {"a.py", "b.py", "systems/one.py", "loss.py"}
    assert used(checkout, "a.py", "two") == {"a.py", "b.py", "systems/two.py"}


@pytest.mark.parametrize(
    "statement", ["from pix2pix.systems import two", "import pix2pix.systems.two", "from pix2pix.systems.two import x"]
)
def test_who_imports_a_system_uses_no_other(tree, statement):
    checkout = tree({"a.py": statement, "systems/__init__.py": "", "systems/one.py": "", "systems/two.py": ""})
    assert used(checkout, "a.py", "one") == {"a.py", "systems/two.py"}


def test_a_script_beside_the_source_may_be_the_start(tree):
    checkout = tree({"a.py": ""})
    (checkout / "stages").mkdir()
    (checkout / "stages/run.py").write_text("import sys\nfrom pix2pix import a\n")
    assert list(code.hashes(code.closure(checkout / "stages/run.py"))) == [
        "src/pix2pix/__init__.py",
        "src/pix2pix/a.py",
        "stages/run.py",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = 1\ndef f(:\n", r"a\.py: line 2: "), ("from . import b", r"a\.py: line 1: a relative import")],
)
def test_what_cannot_be_followed_is_one_line(tree, text, line):
    checkout = tree({"a.py": text})
    with pytest.raises(UserError, match=line) as caught:
        code.closure(checkout / "src/pix2pix/a.py")
    assert "\n" not in str(caught.value)


# --- what their hashes are of -----------------------------------------------------------------------------


def test_a_hash_is_of_the_text_without_comments(tree):
    checkout = tree({"a.py": '"""What."""\n\nx = 1  # why\n', "page.html": "<!-- why -->\n"})
    files = [checkout / "src/pix2pix/page.html", checkout / "src/pix2pix/a.py"]
    assert code.hashes(files) == {
        "src/pix2pix/a.py": hashlib.sha256(b"x = 1").hexdigest(),
        "src/pix2pix/page.html": hashlib.sha256(b"<!-- why -->\n").hexdigest(),
    }


def test_a_digest_follows_names_and_contents_and_not_order_or_place(tree, tmp_path_factory):
    checkout = tree({"a.py": "x = 1", "b.py": "x = 2"})
    a, b = (checkout / f"src/pix2pix/{name}.py" for name in "ab")
    first = code.digest([a, b])
    assert code.digest([b, a]) == first
    moved = tmp_path_factory.mktemp("moved") / "checkout"
    checkout.rename(moved)
    a, b = (moved / f"src/pix2pix/{name}.py" for name in "ab")
    assert code.digest([a, b]) == first
    a.write_text("x = 2")
    b.write_text("x = 1")
    assert code.digest([a, b]) != first


def test_the_digest_of_a_training_follows_its_loop_its_system_and_what_is_handed_to_it(tree, monkeypatch):
    checkout = tree(
        {
            "training/loop.py": "import pix2pix.networks.layer",
            "training/health/verdict.py": "",
            "networks/layer.py": "",
            "systems/__init__.py": "",
            "systems/mine.py": "import pix2pix.losses.loss",
            "systems/other.py": "",
            "losses/loss.py": "",
            "evaluation/likeness.py": "",
        }
    )
    monkeypatch.setattr(code, "CHECKOUT", checkout)
    package = checkout / "src/pix2pix"

    def digest():
        return code.training_digest("mine", package / "evaluation/likeness.py")

    first = digest()
    decisive = {"training/loop.py", "networks/layer.py", "systems/mine.py", "losses/loss.py", "evaluation/likeness.py"}
    followed = set()
    for path in package.rglob("*.py"):
        path.write_text(f"{before}\nX = 1\n" if (before := path.read_text()) else "X = 1\n")
        if digest() != first:
            followed.add(path.relative_to(package).as_posix())
        path.write_text(before)
    assert digest() == first
    assert followed == decisive | {"__init__.py", "systems/__init__.py"}
    assert code.training_digest("other", package / "evaluation/likeness.py") != first


SAME = [
    ("x = 1\n", "x = 1  # a comment\n"),
    ("x = 1\n", "# it's \"odd\n\n\n   # more\nx = 1   \t\n\n"),
    ("x = 1\n", '"""A docstring.\n\n# in it\n"""\nx = 1'),
    ("x = 1\n", "r'''A docstring'''\nx = 1"),
    ("x = 1\n", '("A docstring"  # in two\n " parts")\nx = 1'),
    ("def f(a):\n    return a\n", 'def f(a):\n    """Ünïcode ‘doc’."""\n\n    return a  # é\n'),
    (
        "class A:\n    x = 1\n    def f(self):\n        return 1",
        "class A:\n    'é'\n\n    x = 1\n\n    def f(self):\n        'doc'\n        return 1",
    ),
    ("@a\n@b(1)\nasync def f():\n    yield", "@a  # first\n# then\n@b(1)\nasync def f():\n    'doc'\n    yield"),
    ("def f(): pass\n", "def f(): pass # same line"),
    ("def f():\n    def g():\n        return 1", "def f():\n    'f'\n\n    def g():\n        'g'\n        return 1"),
    ("x = [\n    1,\n    2,\n]", "x = [  # list\n    1,\n    # two\n\n    2,\n]\n"),
    ("x = 1 + \\\n    2\n", "x = 1 + \\\n    2  # sum\n"),
    ("x = 'a'\n", "x = 'a'#b'\n"),
    ("if x:\n    y\n", "if x:\n\n    # why\n    y\n"),
    ("x = f'{a}'\n", "x = f'{a}'  # '{b}'\n"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_comments_docstrings_and_empty_lines_do_not_count(one, other):
    ast.parse(one), ast.parse(other)
    assert code.without_comments(one) == code.without_comments(other)


DIFFERENT = [
    ("x = 1", "x = 2"),
    ("x = '#a'", "x = '#b'"),
    ('x = "it\'s # a"', 'x = "it\'s # b"'),
    ("x = '\\'# a'", "x = '\\'# b'"),
    ("x = r'\\'# a'", "x = r'\\'# b'"),
    ("x = '''\n# a\n'''", "x = '''\n# b\n'''"),
    ("x = '''a\n\n\nb'''", "x = '''a\n\nb'''"),
    ("x = '''a  \nb'''", "x = '''a\nb'''"),
    ('x = """a"b # c"""', 'x = """a"b # d"""'),
    ("x = '''a'b''c # d'''", "x = '''a'b''c # e'''"),
    ("x = f'{a} # {b}'", "x = f'{a} # {c}'"),
    ("x = f\"{d['#a']}\"", "x = f\"{d['#b']}\""),
    ("x = 'a' '# b'", "x = 'a' '# c'"),
    ("x = b'# a'", "x = b'# b'"),
    ("x = 'a\\\n# b'", "x = 'a\\\n# c'"),
    ("def f():\n    x = 1\n    'a'", "def f():\n    x = 1\n    'b'"),
    ("def f():\n    f'a'", "def f():\n    f'b'"),
    ("def f():\n    b'a'", "def f():\n    b'b'"),
    ("if x:\n    'a'", "if x:\n    'b'"),
    ("x = 1\n'a'", "x = 1\n'b'"),
    ("'doc'\n'a'", "'doc'\n'b'"),
    ("'doc'; x = 1", "'doc'; x = 2"),
    ("if x:\n    y\n    z", "if x:\n    y\nz"),
    ("x = a \\\n\n+b", "x = a \\\n+b"),
    ("x = a\n+b", "x = a \\\n+b"),
    ("@a\ndef f():\n    'doc'", "@b\ndef f():\n    'doc'"),
    ("def f(): 'doc'", "def g(): 'doc'"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_everything_else_counts(one, other):
    ast.parse(one), ast.parse(other)
    assert code.without_comments(one) != code.without_comments(other)


def docstrings(tree):
    """The statements that are one, each with what it stands in."""
    for node in ast.walk(tree):
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            yield node, node.body[0]


def meaning(text):
    """The syntax tree of a text without docstrings."""
    tree = ast.parse(text)
    for node, statement in docstrings(tree):
        node.body.remove(statement)
    return ast.dump(tree)


def tokens(text, without=()):
    """What Python reads of a text, less comments, line ends, indents and the tokens of some statements."""
    layout = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    spans = [((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)) for node in without]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in layout and not any(start <= token.start < end for start, end in spans):
            yield token.string


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_what_is_left_of_a_file_is_its_tokens(path):
    """As Python's own reader of tokens has them."""
    text = path.read_text(encoding="utf-8")
    left = code.without_comments(text)
    assert list(tokens(left)) == list(tokens(text, [statement for _, statement in docstrings(ast.parse(text))]))
    assert '"""' in left or not left or all(line and line == line.rstrip() for line in left.split("\n"))


NAMES = st.sampled_from(["x", "y", "é"])
STRINGS = st.sampled_from(
    ["'#'", '"it\'s"', "'''a\n\n  # b  \n'''", '"""q"q"""', "r'\\'", "f'{x}#'", "b'#'", "'\\\n#'"]
)
VALUES = st.one_of(NAMES, STRINGS, st.sampled_from(["1", "(1,\n2)", "1 + \\\n2", "[\n]"]))
SIMPLE = st.one_of(st.builds("{} = {}".format, NAMES, VALUES), st.builds("f({})".format, VALUES), VALUES)


def block(inner):
    heads = st.sampled_from(["def f():", "class A:", "if x:", "@x\ndef g():", "async def h():", "with x:"])
    return st.builds(lambda head, body: f"{head}\n{indented(body)}", heads, st.lists(inner, min_size=1, max_size=3))


def indented(statements):
    """Statements a level deeper, and with them what stands in strings and brackets."""
    return "    " + "\n".join(statements).replace("\n", "\n    ")


PROGRAMS = st.lists(st.recursive(SIMPLE, block, max_leaves=8), min_size=1, max_size=4).map("\n".join)


def valid(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@given(PROGRAMS.filter(valid), PROGRAMS.filter(valid))
def test_texts_that_are_the_same_mean_the_same(one, other):
    if code.without_comments(one) == code.without_comments(other):
        assert meaning(one) == meaning(other)


@given(PROGRAMS.filter(valid), st.data())
def test_a_comment_anywhere_changes_nothing(text, data):
    """After every token that ends a line, and on lines of their own."""
    lines = text.split("\n")
    read = tokenize.generate_tokens(io.StringIO(text).readline)
    ends = {token.end[0] for token in read if token.type in (tokenize.NEWLINE, tokenize.NL)}
    noise = st.sampled_from(["", "  ", "# it's", '  # "a"', "\t#", "  \n\n  # own line", "\n"])
    changed = "\n".join(line + data.draw(noise) if number in ends else line for number, line in enumerate(lines, 1))
    assert code.without_comments(changed) == code.without_comments(text)


@given(PROGRAMS.filter(valid), st.data())
def test_another_token_is_another_text(text, data):
    """Unless the two mean the same."""
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.sampled_from("xy1#'\" \n")) + text[place + 1 :]
    if valid(changed) and meaning(changed) != meaning(text):
        assert code.without_comments(changed) != code.without_comments(text)
