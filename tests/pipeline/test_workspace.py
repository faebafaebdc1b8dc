"""Runs with other parameters: how they are said, and the copy of the code they run in."""

import configparser
import hashlib
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import CHECKOUT, settings

from pix2pix import params
from pix2pix.base.errors import ParamsError, UserError
from pix2pix.base.files import write_json
from pix2pix.pipeline import child, workspace

AGAIN = "pix2pix run .copy"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("PIX2PIX_HOME", "DVC_ROOT", "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A copy of the checkout's code that takes its place."""
    copy = tmp_path / "checkout"
    for name in (*workspace.CODE, "params.yaml"):
        source, target = CHECKOUT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    monkeypatch.setattr(workspace, "CHECKOUT", copy)
    monkeypatch.chdir(copy)
    return copy


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


# ---- how parameters are said ----

BASE = params.Params().model_dump()


def test_values_come_by_their_path():
    words = ["--model.lambda_l1", "10", "--data.dataset", "sample", "--seed", "7"]
    assert workspace.overrides(words, BASE) == {"model.lambda_l1": 10, "data.dataset": "sample", "seed": 7}


def test_a_bare_name_means_model_or_train_if_one_has_it():
    """`epochs` and `learning_rate` are parameters of the segmenter too."""
    words = ["--epochs", "5", "--learning_rate", "0.1", "--lambda_l1", "10"]
    assert workspace.overrides(words, BASE) == {"train.epochs": 5, "model.learning_rate": 0.1, "model.lambda_l1": 10}
    assert workspace.overrides(["--segmenter.epochs", "5"], BASE) == {"segmenter.epochs": 5}


def test_the_names_are_those_of_the_file_whatever_its_system():
    base = {"seed": 1, "model": {"system": "noise", "z": 100}, "train": {"epochs": 3}}
    assert workspace.overrides(["--z", "32", "--epochs", "5"], base) == {"model.z": 32, "train.epochs": 5}
    with pytest.raises(ParamsError, match=r"^lambda_l1: unknown parameter"):
        workspace.overrides(["--lambda_l1", "10"], base)


def test_a_bare_name_means_the_only_section_that_has_it():
    assert workspace.overrides(["--crop", "64"], BASE) == {"segmenter.crop": 64}


def test_nothing_said_changes_nothing():
    assert workspace.overrides([], BASE) == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2e-4", 2e-4),
        ("-1", -1),
        ("null", None),
        ("true", True),
        ("off", "off"),
        ("train:40", "train:40"),
        ("https://example.com/a.zip", "https://example.com/a.zip"),
        ("[256, 512]", [256, 512]),
        ("{road: [1, 2, 3], sky: [4, 5, 6]}", {"road": [1, 2, 3], "sky": [4, 5, 6]}),
    ],
)
def test_values_are_read_as_in_the_file(text, value):
    (read,) = workspace.overrides(["--data.url", text], BASE).values()
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("lamda_l1", "did you mean model.lambda_l1?"),
        ("model.lamda_l1", "did you mean model.lambda_l1?"),
        ("trian.epochs", "did you mean train.epochs?"),
        ("epoch", "did you mean train.epochs?"),  # the segmenter has epochs, too
        ("segmenter.epoch", "did you mean segmenter.epochs?"),
        ("train.wzx", "params.yaml has all names, such as train.epochs"),  # not train.zoom, which is as like as this
        ("xyz", "params.yaml has all names, such as train.epochs"),
        ("", "params.yaml has all names, such as train.epochs"),
    ],
)
def test_an_unknown_name_is_refused_with_advice(name, advice):
    with pytest.raises(ParamsError, match=f"^{re.escape(f'{name}: unknown parameter; {advice}')}$"):
        workspace.overrides([f"--{name}", "1"], BASE)


@pytest.mark.parametrize("sections", [("prepare", "report"), ("model", "train")])
def test_an_ambiguous_name_is_refused_with_the_choices(sections):
    one, other = (f"{section}.size" for section in sections)
    base = {section: {"size": 1} for section in sections}
    with pytest.raises(
        ParamsError, match=f"^size: several sections have this key; give the whole path: {one} or {other}$"
    ):
        workspace.overrides(["--size", "1"], base)


@pytest.mark.parametrize("words", [["--epochs"], ["epochs", "5"], ["--epochs", "5", "--seed"], ["epochs=5"], ["5"]])
def test_odd_words_are_refused_as_they_came(words):
    with pytest.raises(ParamsError, match=f"--NAME VALUE.*: {re.escape(' '.join(words))}$"):
        workspace.overrides(words, BASE)


def test_what_is_not_yaml_is_refused():
    with pytest.raises(ParamsError, match=r"data\.palette = '\{road: \[1, 2': not a YAML value"):
        workspace.overrides(["--data.palette", "{road: [1, 2"], BASE)


def test_overridden_changes_what_was_said_and_nothing_else():
    base = settings()
    content = base.model_dump()
    changed = params.check(workspace.overridden(content, {"model.lambda_l1": 10, "seed": 7}))
    assert content == base.model_dump()
    assert (changed.model.lambda_l1, changed.seed) == (10, 7)
    assert (base.model.lambda_l1, base.seed) == (100, 42)
    before, after = base.flat(), changed.flat()
    assert {path for path in before if before[path] != after[path]} == {"model.lambda_l1", "seed"}


# ---- the copy ----


def test_the_copy_has_the_code_and_the_parameters(checkout, tmp_path):
    folder, chosen = tmp_path / "run", settings({"model.lambda_l1": 3, "data.palette": "none"})
    workspace.make(folder, chosen.model_dump(), share_cache=False)
    assert params.load(folder / "params.yaml") == chosen
    made, source = hashes(folder), hashes(checkout)
    assert {name: made.get(name) for name in source if name != "params.yaml"} == {
        name: digest for name, digest in source.items() if name != "params.yaml"
    }
    assert set(made) - set(source) == {".dvc/config"}
    assert not list(folder.rglob("__pycache__"))


def test_the_checkout_stays_as_it_was(checkout, tmp_path):
    before = hashes(checkout)
    for folder in (tmp_path / "outside", checkout / ".inside"):
        workspace.make(folder, settings().model_dump(), share_cache=True)
    after = {name: digest for name, digest in hashes(checkout).items() if not name.startswith(".inside/")}
    assert after == before


def test_a_second_copy_renews_the_code_and_keeps_what_was_made(checkout, tmp_path):
    folder = tmp_path / "run"
    workspace.make(folder, settings().model_dump(), share_cache=False)
    kept = [folder / name for name in ("models/generator/about.json", "dvc.lock", ".dvc/cache/files/md5/00/1")]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("made earlier")
    (folder / "src/pix2pix/gone.py").write_text("a module that the checkout no longer has")
    (folder / "dvc.yaml").write_text("old")
    workspace.make(folder, settings({"seed": 9}).model_dump(), share_cache=False)
    assert all(path.read_text() == "made earlier" for path in kept)
    assert not (folder / "src/pix2pix/gone.py").exists()
    assert (folder / "dvc.yaml").read_bytes() == (checkout / "dvc.yaml").read_bytes()
    assert params.load(folder / "params.yaml").seed == 9


@pytest.mark.parametrize("share", [True, False])
def test_the_copy_is_quiet_outside_git_and_shares_the_cache_if_asked(checkout, tmp_path, share):
    workspace.make(tmp_path / "run", settings().model_dump(), share_cache=share)
    config = configparser.ConfigParser()
    config.read(tmp_path / "run/.dvc/config")
    assert dict(config["core"]) == {"no_scm": "true", "analytics": "false", "check_update": "false"}
    assert config.get("cache", "dir", fallback=None) == (str(checkout / ".dvc/cache") if share else None)


def custom(path):
    return settings({"data.dataset": "custom", "data.path": str(path)}).model_dump()


def test_a_relative_path_to_own_pairs_still_names_them(checkout, tmp_path):
    """It is relative to the checkout, and the pipeline runs elsewhere."""
    (checkout / "mine").mkdir()
    workspace.make(tmp_path / "run", custom("mine"), share_cache=False)
    assert params.load(tmp_path / "run/params.yaml").data.path == str(checkout / "mine")


def test_a_relative_path_to_other_models_still_names_them(checkout, tmp_path):
    (checkout / "others").mkdir()
    content = settings({"evaluate.beside": "others"}).model_dump()
    workspace.make(tmp_path / "run", content, share_cache=False)
    assert params.load(tmp_path / "run/params.yaml").evaluate.beside == str(checkout / "others")


def test_a_relative_path_to_weights_still_names_them(checkout, tmp_path):
    (checkout / "inception.pth").touch()
    weights = {"evaluate.inception_weights": "inception.pth", "evaluate.inception_sha256": 64 * "0"}
    workspace.make(tmp_path / "run", settings(weights).model_dump(), share_cache=False)
    evaluate = params.load(tmp_path / "run/params.yaml").evaluate
    assert evaluate.inception_weights == str(checkout / "inception.pth")


def test_a_model_to_start_from_stays_where_it_is_or_is_an_address(checkout, tmp_path):
    (checkout / "before").mkdir()
    for start, written in (("before", str(checkout / "before")), ("runs:/0123/generator", "runs:/0123/generator")):
        workspace.make(tmp_path / "run", settings({"train.start_from": start}).model_dump(), share_cache=False)
        assert params.load(tmp_path / "run/params.yaml").train.start_from == written


def test_an_absolute_path_still_names_its_pairs(checkout, tmp_path):
    (tmp_path / "mine").mkdir()
    workspace.make(checkout / ".run", custom(tmp_path / "mine"), share_cache=False)
    assert params.load(checkout / ".run/params.yaml").data.path == str(tmp_path / "mine")


@pytest.mark.parametrize("folder", [".", "src", "stages"])
def test_a_folder_that_is_no_copy_is_refused_and_stays(checkout, folder):
    before = hashes(checkout)
    with pytest.raises(UserError, match="is no copy of this project"), workspace.hold(checkout / folder):
        pass
    assert hashes(checkout) == before


def test_two_first_runs_at_once_are_refused_as_two_runs(monkeypatch, tmp_path):
    """The second one comes while the first one is only about to write that the folder is a workspace."""
    folder, write = tmp_path / "new", workspace.write_text

    def slowly(path, text):
        half = path.with_name(f".{path.name}.1.part")
        half.touch()
        with pytest.raises(workspace.BusyError, match="another command is running there"), workspace.hold(folder):
            pass
        half.unlink()
        write(path, text)

    monkeypatch.setattr(workspace, "write_text", slowly)
    with workspace.hold(folder):
        assert [path.name for path in folder.glob("*workspace*")] == [".pix2pix-workspace"]


def test_a_first_run_that_was_killed_at_once_leaves_a_folder_that_can_be_used(tmp_path):
    for name in (".lock", "..pix2pix-workspace.999999999.part"):
        (tmp_path / name).touch()
    with workspace.hold(tmp_path):
        assert (tmp_path / ".pix2pix-workspace").is_file()


# ---- running it ----


@pytest.fixture
def started(monkeypatch):
    """How `dvc` was started; it does not run."""
    calls = []

    def status(command, cwd, env, again):
        calls.append(SimpleNamespace(command=command, cwd=cwd, env=env, again=again))
        return 0

    monkeypatch.setattr(child, "status", status)
    return calls


def test_dvc_runs_in_the_copy_with_the_checkout_as_home(started, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", "src")
    workspace.repro(tmp_path, AGAIN)
    (call,) = started
    assert call.command == [sys.executable, "-m", "dvc", "repro"]
    assert call.cwd == tmp_path
    assert call.env["PIX2PIX_COMMAND"] == call.again == AGAIN
    assert call.env["PIX2PIX_HOME"] == str(CHECKOUT)
    assert call.env["PATH"].startswith(f"{Path(sys.executable).parent}:")
    assert "PYTHONPATH" not in call.env and "MLFLOW_TRACKING_URI" not in call.env


def test_inside_a_dvc_experiment_the_real_home_is_kept(started, monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "real"))
    workspace.repro(tmp_path, AGAIN)
    assert started[0].env["PIX2PIX_HOME"] == str(tmp_path / "real")
    assert "DVC_ROOT" not in started[0].env


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("sqlite:///mlflow.db", f"sqlite:///{CHECKOUT}/mlflow.db"),
        ("sqlite:///runs/mlflow.db", f"sqlite:///{CHECKOUT}/runs/mlflow.db"),
        ("sqlite:////srv/mlflow.db", "sqlite:////srv/mlflow.db"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_a_store_named_relative_to_the_checkout_stays_that_store(started, monkeypatch, tmp_path, given, passed):
    """`mlflow run` names it so."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", given)
    workspace.repro(tmp_path, AGAIN)
    assert started[0].env["MLFLOW_TRACKING_URI"] == passed


def test_a_failed_pipeline_is_a_line(monkeypatch, tmp_path):
    monkeypatch.setattr(child, "status", lambda *_, **__: 255)
    with pytest.raises(UserError, match=f"`dvc repro` in {re.escape(str(tmp_path))} ended with status 255"):
        workspace.repro(tmp_path, AGAIN)


def test_two_runs_in_one_copy_are_refused(checkout):
    """The second one would change the code and the parameters under the first one's feet."""
    folder = checkout / ".run"
    going_on = pytest.raises(UserError, match=r"\.run: another command is running there")
    with workspace.hold(folder), going_on, workspace.hold(folder):
        pass
    with workspace.hold(folder):
        pass


@pytest.mark.parametrize("palette", ["cmp", "none"])
def test_the_scores_are_said(tmp_path, capsys, palette):
    scores = {"pairs": 3, "l1": 0.1234, "psnr": 15.67, "ssim": 0.2468}
    floor = {"classes": 0}
    if palette == "cmp":
        names = ("pixel_accuracy", "class_accuracy", "class_iou")
        scores |= {f"{of}_{name}": 0.5 for of in ("generated", "real") for name in names}
        floor = {"classes": 12} | {f"constant_{name}": 0.375 for name in names}
    write_json(tmp_path / "metrics/evaluate.json", scores)
    write_json(tmp_path / "metrics/segmenter.json", floor)
    assert workspace.report(tmp_path, settings({"data.palette": palette})) == scores
    said = capsys.readouterr().out
    assert "0.247" in said and str(tmp_path / "reports/index.html") in said
    assert ("0.375" in said) == (palette == "cmp")
