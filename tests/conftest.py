"""What several tests share: quick parameters and a few small pairs."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server of MLflow would start eight more processes, for work that no test has.
os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")

import gc
import shutil
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from pix2pix import params
from pix2pix.commands.main import main
from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import LIKENESS, Measure
from pix2pix.pipeline import stopping

CHECKOUT = Path(__file__).resolve().parents[1]
# What `mlflow run`, DVC and git put into the environment of the processes that they start.
FORGOTTEN = (
    *("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "DVC_ROOT", "DVC_EXP_NAME"),
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"),
)
# The smallest run that goes all the way: 32x32 pictures, networks of a few thousand weights.
TINY = {
    "data.dataset": "sample",
    "data.image_size": 32,
    "data.sample_train": 6,
    "data.sample_val": 2,
    "data.sample_test": 5,  # as few as have intervals
    "evaluate.repeats": 2,
    "segmenter.epochs": 1,
    "segmenter.batch_size": 2,
    "segmenter.crop": 32,
    "segmenter.filters": 4,
    "train.epochs": 2,
    "model.generator_filters": 4,
    "model.generator_depth": 3,
    "model.discriminator_filters": 4,
    "train.log_every": 4,
    "train.validation_pairs": 2,
    "tracking.log_model": False,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make crash` is these tests in their long form."""
    parser.addoption("--full", action="store_true", help="crash tests at the demo's size, more kills, more damage")


def pytest_configure(config: pytest.Config) -> None:
    """How many inputs Hypothesis tries: the same ones every time, many more in the long form. And what signals do."""
    # `nohup`, and a shell that starts tests in the background, have them ignored, and all children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    common = {"deadline": None, "derandomize": True, "print_blob": False, "database": None}
    common["suppress_health_check"] = [hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("usual", max_examples=60, **common)
    hypothesis.settings.register_profile("full", max_examples=2000, **common)
    hypothesis.settings.load_profile("full" if config.getoption("--full") else "usual")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are slow as a whole come first, so that none of two workers has one left when the other is done."""

    def quick(item: pytest.Item) -> bool:
        module = item.getparent(pytest.Module)
        return not (module and module.get_closest_marker("slow"))

    items.sort(key=quick)


def pytest_collection_finish() -> None:
    """Test modules have been imported by now; where none needs MLflow, nobody waits for it."""
    if "mlflow" in sys.modules:
        import newest_schema  # noqa: F401
    gc.freeze()  # what is imported stays, so no search for garbage goes through it again


def settings(changes: dict[str, Any] | None = None) -> params.Params:
    """The defaults with `TINY` and then `changes`, both by path; checked like a parameters file."""
    content = params.Params().model_dump()
    for path, value in (TINY | (changes or {})).items():
        section, _, key = path.rpartition(".")
        (content[section] if section else content)[key] = value
    return params.check(content)


def trained_with(**changes: Any) -> params.Params:
    """`settings` whose changes are keys of `model` or `train`, by their bare names."""
    return settings(
        {f"{'model' if key in params.Pix2pix.model_fields else 'train'}.{key}": v for key, v in changes.items()}
    )


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """The folder of a generator of 32x32 that has learned nothing: label maps, the right halves, to photos."""
    from tiny import save_generator  # TensorFlow, which not every test needs

    return save_generator(tmp_path_factory.mktemp("models") / "generator", label_half="right")


@pytest.fixture(scope="session")
def tiny_sampler(tmp_path_factory):
    """The folder of a generator of grey pictures of 32x32 from noise, which has learned nothing."""
    from made_sampler import save_sampler  # TensorFlow, which not every test needs

    return save_sampler(tmp_path_factory.mktemp("models") / "generator")


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """`pix2pix …` in an empty folder: words to exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stopping, "raised_signals", nullcontext)  # pytest listens to them itself

    def run(*words):
        status = 0
        try:
            main([str(word) for word in words])
        except SystemExit as ended:
            status = ended.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory):
    """An empty MLflow store; to make one takes MLflow seconds."""
    from mlflow.tracking import MlflowClient  # which not every test needs

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def home_with_store(monkeypatch, tmp_path, fresh_store):
    """A home with an empty MLflow store, for a process that no `mlflow run`, `dvc` or git hook has started."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(fresh_store, home / "mlflow.db")
    for name in FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIX2PIX_HOME", str(home))
    return home


@pytest.fixture
def another_measure(monkeypatch: pytest.MonkeyPatch) -> Measure:
    """A row more in the table of measures: all that anybody has to write, but for its function."""
    row = Measure("gloom", "Gloom (0 to 1)", LIKENESS, higher_is_better=False, digits=4)
    monkeypatch.setattr(measures, "MEASURES", (*measures.MEASURES, row))
    return row
