"""The command; what moves where, params/test_migration.py tries."""

from pathlib import Path

import pytest
from conftest import CHECKOUT

from pix2pix.commands import migrate


@pytest.fixture
def moving(monkeypatch):
    """A migration that moves one key."""

    def migrated(text, _):
        return (text.replace("old:", "new:"), ["old is new now"]) if "old:" in text else (text, [])

    monkeypatch.setattr(migrate, "migrated", migrated)


@pytest.mark.usefixtures("moving")
def test_the_file_is_rewritten_and_the_old_text_is_kept_byte_for_byte(command):
    Path("mine.yaml").write_bytes("old: 1\r\n# ü\n".encode())
    status, out, err = command("migrate", "mine.yaml")
    assert (status, err) == (0, "")
    assert out == "old is new now\nmine.yaml is up to date; the old text is in mine.yaml.old\n"
    assert Path("mine.yaml").read_text(encoding="utf-8") == "new: 1\n# ü\n"
    assert Path("mine.yaml.old").read_bytes() == "old: 1\r\n# ü\n".encode()
    assert command("migrate", "mine.yaml") == (0, "mine.yaml is up to date; nothing was changed\n", "")


@pytest.mark.usefixtures("moving")
def test_an_older_old_file_is_not_written_over(command):
    Path("mine.yaml").write_text("old: 1\n")
    Path("mine.yaml.old").write_text("precious")
    status, out, err = command("migrate", "mine.yaml")
    assert (status, out) == (2, "") and err.startswith("error: mine.yaml.old exists already")
    assert (Path("mine.yaml").read_text(), Path("mine.yaml.old").read_text()) == ("old: 1\n", "precious")


@pytest.mark.usefixtures("moving")
def test_without_a_path_it_is_the_checkouts_file(command, monkeypatch, tmp_path):
    (tmp_path / "checkout").mkdir()
    monkeypatch.setattr(migrate, "CHECKOUT", tmp_path / "checkout")
    (tmp_path / "checkout/params.yaml").write_text("old: 1\n")
    assert command("migrate")[0] == 0
    assert (tmp_path / "checkout/params.yaml").read_text() == "new: 1\n"


def test_the_checkouts_own_file_is_in_the_new_form(command):
    path = CHECKOUT / "params.yaml"
    assert command("migrate", path) == (0, f"{path} is up to date; nothing was changed\n", "")


def test_an_error_is_about_the_file_that_was_given(command):
    Path("mine.yaml").write_text("seed: [\n")
    status, _, err = command("migrate", "mine.yaml")
    assert status and err.startswith("error: mine.yaml: line ") and "params.yaml" not in err


@pytest.mark.parametrize(
    ("contents", "line"), [(None, "mine.yaml: No such file or directory"), (b"\xff", "mine.yaml: not a text file")]
)
def test_what_is_no_parameters_file_is_a_line(command, contents, line):
    if contents is not None:
        Path("mine.yaml").write_bytes(contents)
    status, out, err = command("migrate", "mine.yaml")
    assert (status != 0, out) == (True, "") and err.startswith(f"error: {line}") and err.count("\n") == 1
    assert not Path("mine.yaml.old").exists()
