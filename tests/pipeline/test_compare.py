import shutil
import subprocess
import sys

import pytest
from finished import make_run, settings

from pix2pix.base.errors import DataError
from pix2pix.pipeline import compare


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a finished run."""
    folder = make_run(tmp_path / "checkout", settings())
    (folder / "dvc.lock").write_text("stages: {}\n", encoding="utf-8")
    monkeypatch.setattr(compare, "CHECKOUT", folder)
    monkeypatch.setattr(compare, "PAGE", folder / "reports/compare.html")
    return folder


def test_what_dvc_says_of_an_unknown_name_is_one_line(tmp_path, monkeypatch):
    said = "\nERROR: failed to get 'params.yaml' from 'here' - unknown Git revision 'nosuch'\n\nHaving any troubles?\n"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 255, "", said))
    with pytest.raises(
        DataError, match=r"^nosuch: not a folder, and DVC has no run of that name: failed to get .*'nosuch'$"
    ):
        compare.locate("nosuch", tmp_path / "scratch")


@pytest.mark.slow
def test_a_revision_comes_out_of_dvcs_cache(checkout, tmp_path, monkeypatch):
    def call(*words):
        subprocess.run(words, cwd=checkout, check=True, capture_output=True)

    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    dvc = (sys.executable, "-m", "dvc")
    call("git", "init", "--quiet")
    call(*dvc, "init", "--quiet")
    call(*dvc, "add", "--quiet", "metrics", "reports", "models", "data/records")
    call("git", "add", "--all")
    call("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "a run")
    kept = (checkout / "reports/images.csv").read_bytes()
    for name in ("metrics", "reports", "models", "data"):
        shutil.rmtree(checkout / name)
    found = compare.locate("HEAD", tmp_path / "scratch")
    assert (found / "reports/images.csv").read_bytes() == kept
    assert compare.comparison.page({"then": found, "now": make_run(checkout, settings(), seed=1)})
