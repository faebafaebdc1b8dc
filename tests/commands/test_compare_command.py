"""The command; where a run's files come from, pipeline/test_compare.py tries."""

import pytest
from finished import make_run, settings

from pix2pix.pipeline import compare


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a finished run."""
    folder = make_run(tmp_path / "checkout", settings())
    (folder / "dvc.lock").write_text("stages: {}\n", encoding="utf-8")
    monkeypatch.setattr(compare, "CHECKOUT", folder)
    monkeypatch.setattr(compare, "PAGE", folder / "reports/compare.html")
    return folder


@pytest.mark.parametrize("here", ["workspace", "."])
def test_the_checkout_and_another_folder(checkout, tmp_path, command, here):
    other = make_run(tmp_path / "other", settings(train__epochs=3), seed=1)
    status, out, err = command("compare", here, other)
    page = (checkout / "reports/compare.html").read_text(encoding="utf-8")
    assert f"workspace and {other}" in page and "train.<wbr>epochs" in page
    assert (status, err) == (0, "") and out.startswith(f"{checkout / 'reports/compare.html'}: 0.")


@pytest.mark.parametrize("names", [["."], [".", "workspace"]])
def test_one_run_is_refused(checkout, command, names):
    assert command("compare", *names) == (1, "", "error: a comparison takes two runs or more\n")
    assert not (checkout / "reports/compare.html").exists()


def test_runs_of_other_pairs_are_refused_in_one_line(checkout, tmp_path, command):
    other = make_run(tmp_path / "other", settings(), ("test/1", "test/7"))
    status, out, err = command("compare", ".", other)
    assert (status, out) == (1, "") and err.startswith("error: workspace and ") and err.count("\n") == 1
    assert not (checkout / "reports/compare.html").exists()
