"""What a worker makes before its first trial; the trials themselves are those of test_search_trials.py."""

import threading
from queue import SimpleQueue
from types import SimpleNamespace

import pytest
from filelock import FileLock

from pix2pix.params.file import parsed
from pix2pix.pipeline import experiments, workspace
from pix2pix.pipeline.search import search as searching

TEXT = "seed: 42\nmodel:\n  # The weight.\n  lambda_l1: 100\ntracking:\n  log_model: true\n"


@pytest.fixture
def made(monkeypatch, tmp_path):
    """What is run in the clone."""
    calls = []
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    monkeypatch.setattr(experiments, "clone", lambda folder: folder.mkdir())
    monkeypatch.setattr(workspace, "repro", lambda *words: calls.append(words))
    return calls


def search(*varied):
    changes = {"tracking.log_model": False}
    return SimpleNamespace(text=TEXT, changes=changes, space=dict.fromkeys(varied), again="pix2pix search …")


def test_what_all_trials_share_is_made_with_the_values_of_all_trials(made, tmp_path):
    searching._prepare(search("model.lambda_l1", "train.epochs"), tmp_path / "code")
    assert made == [(tmp_path / "code", "pix2pix search …", "segmenter")]
    text = (tmp_path / "code/params.yaml").read_text()
    assert "# The weight." in text and parsed(text, "it")["tracking"] == {"log_model": False}


@pytest.mark.parametrize("varied", ["data.image_size", "segmenter.epochs", "seed", "prepare.max_pixels"])
def test_what_differs_between_trials_is_not_made_beforehand(made, tmp_path, varied):
    searching._prepare(search("model.lambda_l1", varied), tmp_path / "code")
    assert made == [] and (tmp_path / "code").is_dir()


def test_workers_make_it_one_after_the_other(made, monkeypatch, tmp_path):
    # Not `capsys`: what a thread prints while it is read may be lost.
    said = SimpleQueue()
    monkeypatch.setattr(searching, "print", lambda line, **_: said.put(line), raising=False)
    with FileLock(tmp_path / ".search.lock"):
        worker = threading.Thread(target=searching._prepare, args=(search("model.lambda_l1"), tmp_path / "code"))
        worker.start()
        assert "waiting" in said.get(timeout=60)
        assert worker.is_alive() and made == []
    worker.join()
    assert len(made) == 1
