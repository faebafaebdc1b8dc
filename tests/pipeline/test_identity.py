import json
import types

import pytest

from pix2pix.base.errors import UserError
from pix2pix.pipeline import identity

FILES = {
    "stages/check.py": "from pix2pix.pipeline import identity\n",
    "stages/train.py": "from pix2pix import systems\n",
    "stages/report.py": "from pix2pix.reports import report\n",
    "src/pix2pix/systems/__init__.py": "",
    "src/pix2pix/systems/one.py": "",
    "src/pix2pix/systems/two.py": "",
    "src/pix2pix/reports/report.py": "",
    "src/pix2pix/reports/report.html": "<p>",
    "src/pix2pix/pipeline/identity.py": "",
}
ONE, TWO = (types.SimpleNamespace(model=types.SimpleNamespace(system=name)) for name in ("one", "two"))
WITHOUT_A_MODEL = types.SimpleNamespace()


@pytest.fixture(autouse=True)
def checkout(monkeypatch, tmp_path):
    """A small one in the checkout's place."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(identity, "CHECKOUT", tmp_path)
    return tmp_path


@pytest.fixture
def noted(checkout):
    """`code.json` is written."""
    (checkout / "code.json").write_text(json.dumps(identity.of_pipeline(ONE)))


def test_a_stage_uses_its_script_its_system_and_its_page():
    assert set(identity.of_stage("train", ONE)) == {
        "stages/train.py",
        "src/pix2pix/systems/__init__.py",
        "src/pix2pix/systems/one.py",
    }
    report = {"stages/report.py", "src/pix2pix/reports/report.py", "src/pix2pix/reports/report.html"}
    assert set(identity.of_stage("report", WITHOUT_A_MODEL)) == report


def test_check_looks_at_the_code_of_every_stage():
    assert set(identity.of_stage("check", ONE)) == set(FILES) - {"src/pix2pix/systems/two.py"}


def test_every_stage_but_check_is_noted_with_its_files():
    noted = identity.of_pipeline(ONE)
    assert noted.keys() == {"train", "report", "files"}
    assert noted["files"] == {stage: identity.of_stage(stage, ONE) for stage in ("train", "report")}


@pytest.mark.parametrize(
    ("name", "followed"),
    [
        ("stages/train.py", {"train"}),
        ("src/pix2pix/systems/one.py", {"train"}),
        ("src/pix2pix/systems/two.py", set()),
        ("src/pix2pix/reports/report.html", {"report"}),
        ("src/pix2pix/pipeline/identity.py", set()),
    ],
)
def test_the_value_of_a_stage_follows_its_files(checkout, name, followed):
    before = identity.of_pipeline(ONE)
    with (checkout / name).open("a") as file:
        file.write("x = 1\n")
    after = identity.of_pipeline(ONE)
    assert {stage for stage in ("train", "report") if before[stage] != after[stage]} == followed


@pytest.mark.usefixtures("noted")
def test_the_noted_code_is_expected(checkout):
    identity.expect_noted("train", identity.of_stage("train", ONE))
    (checkout / "stages/train.py").write_text("from pix2pix import systems  # a comment\n")
    identity.expect_noted("train", identity.of_stage("train", ONE))


@pytest.mark.usefixtures("noted")
def test_other_code_is_refused_by_name(checkout):
    (checkout / "src/pix2pix/systems/one.py").write_text("x = 1")
    with pytest.raises(UserError) as caught:
        identity.expect_noted("train", identity.of_stage("train", ONE))
    line = "src/pix2pix/systems/one.py: edited since code.json was written; run `dvc repro check` first"
    assert str(caught.value) == line
    identity.expect_noted("report", identity.of_stage("report", ONE))


@pytest.mark.usefixtures("noted")
def test_another_system_is_refused():
    with pytest.raises(UserError, match=r"systems/one.py, src/pix2pix/systems/two.py: edited since code.json"):
        identity.expect_noted("train", identity.of_stage("train", TWO))


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"files": {}}'])
def test_a_note_that_cannot_be_read_is_one_line(checkout, content):
    if content is not None:
        (checkout / "code.json").write_text(content)
    with pytest.raises(UserError, match=r"^code.json: missing or damaged; `dvc repro check` writes it$"):
        identity.expect_noted("train", {})


def test_nothing_is_expected_of_check():
    identity.expect_noted("check", {"stages/check.py": "0" * 64})


def test_a_stage_without_the_section_model_has_no_system():
    assert [identity.system(chosen) for chosen in (TWO, WITHOUT_A_MODEL)] == ["two", None]
