import pytest

from pix2pix.commands import prepare


@pytest.mark.parametrize("words", [["--beam"], ["out"], []])
def test_it_needs_the_way_and_the_place(command, words: list[str]) -> None:
    status, out, err = command("prepare", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_where_beam_is_absent_it_says_how_to_get_it(command, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(prepare, "ENVIRONMENT", tmp_path / "absent")
    status, out, err = command("prepare", "--beam", "out", "--runner", "FlinkRunner")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: ") and "`make beam` makes it" in err
