"""A full disk, a folder that cannot be written, an input that is gone or damaged: for every stage that writes.

One scratch clone is run once; then each fault is brought about in it for real, and the real script is run. It has to
end with one clear line, what was there has to stay as it was, and once the cause is gone the stage has to work, with
the same bytes as before. The disks are small file systems in memory, which only root may mount.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clone import Clone, fresh, outs, stage_outs
from forked import Forks
from written_records import change_rows, read_rows

pytestmark = pytest.mark.slow

WRITING = ["download", "prepare", "segmenter", "train", "evaluate", "report"]
MADE = ("data", "models", "metrics", "reports", "checkpoints")
BALLAST = ".ballast"
# A checkpoint an epoch, which no fingerprint depends on: the second one can fail with the first one there. And as few
# subjects to evaluate as there can be.
SETTING = {"train.checkpoint_epochs": 1, "model.ema": 0, "evaluate.repeats": 1}
# How long training took is another figure each time.
TIMED = {"reports/training/times.json"}


@dataclass(frozen=True)
class Done:
    """How a stage ended."""

    status: int
    out: str
    err: str

    def said(self) -> list[str]:
        """What stands on stderr, less the bars of progress."""
        lines = re.split(r"[\r\n]+", self.err)
        return [line for line in lines if line.strip() and not re.search(r"\d+%\||\d (images|pair)|\?, \? ", line)]

    def refusal(self, *names: str, status: int = 1) -> str:
        """The one line of a stage that failed; it has one of the names in it."""
        assert self.status == status, f"status {self.status}\n{self.out[-1000:]}\n{self.err[-3000:]}"
        said = [line for line in self.said() if not line.startswith("warning: ")]
        assert len(said) == 1 and said[0].startswith("error: "), self.err[-4000:]
        assert any(name in said[0] for name in names), said[0]
        assert ".part" not in said[0], said[0]
        assert len(said[0]) < 400, said[0]
        return said[0]


class Stages:
    """The scratch clone, all of it made once, and its scripts."""

    def __init__(self, clone: Clone, forks: Forks) -> None:
        self.clone, self.path, self._forks = clone, clone.path, forks
        self.golden: dict[str, bytes] = {}

    def run(self, stage: str, **environment: str) -> Done:
        """A stage's script, as `python stages/….py` (see `forked.py`)."""
        self._forks.start(f"stages/{stage}.py", **environment)
        return Done(*self._forks.ended())

    def keep(self) -> None:
        """Remember how everything is now."""
        self.golden = self.outputs()
        for name in MADE:
            shutil.copytree(self.path / name, self.path.parent / "kept" / name)

    def restore(self) -> None:
        """Make everything as it was."""
        self.clone.params(SETTING)
        for name in MADE:
            wipe(self.path / name)
            shutil.copytree(self.path.parent / "kept" / name, self.path / name)

    def outputs(self) -> dict[str, bytes]:
        """Every file of every output, less what is never twice the same."""
        return {name: content for name, content in self.clone.outputs().items() if name not in TIMED}

    def untouched(self) -> None:
        """Every output is as it was."""
        now = self.outputs()
        assert now.keys() == self.golden.keys()
        assert [name for name in now if now[name] != self.golden[name]] == []
        self.no_leftovers()

    def whole(self, stage: str) -> None:
        """Every output of a stage is there with all its files as they were, or is not there at all."""
        now = self.outputs()
        for out in outs_of(stage):
            files = {name for name in self.golden if name == out or name.startswith(f"{out}/")}
            there = {name for name in now if name == out or name.startswith(f"{out}/")}
            assert not there or there == files, (out, there ^ files)
            assert [name for name in there if now[name] != self.golden[name]] == []

    def no_leftovers(self) -> None:
        """Nobody was writing when they were stopped."""
        assert [str(path) for name in MADE for path in (self.path / name).rglob(".*.part")] == []

    def works(self, stage: str) -> Done:
        """The stage runs, and everything is as it was."""
        done = self.run(stage)
        assert done.status == 0, done.err[-3000:]
        self.untouched()
        return done


def outs_of(stage: str) -> list[str]:
    return stage_outs()[stage]


def wipe(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, fresh_store: Path) -> Iterator[Stages]:
    path = tmp_path_factory.mktemp("faults") / "clone"
    clone = fresh(path, SETTING, store=fresh_store)
    clone.run("dvc", "config", "--local", "core.no_scm", "true")
    with Forks(clone.path, clone.environment()) as forks:
        stages = Stages(clone, forks)
        for stage in ["check", *WRITING]:
            done = stages.run(stage)
            assert done.status == 0, done.err
        assert set(outs()) == {out for stage in ["check", *WRITING] for out in outs_of(stage)}
        stages.keep()
        yield stages
    shutil.rmtree(path.parent, ignore_errors=True)


@pytest.fixture
def stages(made: Stages) -> Iterator[Stages]:
    """The clone, as it was made; what a test did to it is undone."""
    yield made
    made.restore()


# ---- disks ----


@contextmanager
def disk(folder: Path, free: int | None = None, writable: bool = True) -> Iterator[None]:
    """Put a folder with all it holds on a disk of its own.

    Args:
        folder: it is made if it is absent.
        free: the bytes that the disk has left until the file `BALLAST` is removed; None: enough.
        writable: if not, nothing on it can be changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder.with_name(f"{folder.name}-aside")
    shutil.copytree(folder, aside)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        shutil.rmtree(aside)
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        if free is not None:
            state = os.statvfs(folder)
            with (folder / BALLAST).open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - free)
        if not writable:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(aside)


def writable_again(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)


# Where a stage writes, and how much of what it needs the disk has left: the fewer the longer the stage takes.
FULL = {
    ("download", "data"): (0, 0.3, 0.99),
    ("prepare", "data"): (0, 0.3, 0.6, 0.9),
    ("segmenter", "models"): (0.5,),
    ("segmenter", "metrics"): (0,),
    ("train", "models"): (0, 0.02, 0.5, 0.97),
    ("train", "reports"): (0, 0.5),
    ("train", "metrics"): (0,),
    ("evaluate", "reports"): (0, 0.5),
    ("evaluate", "metrics"): (0,),
    ("report", "reports"): (0, 0.5),
}


@pytest.mark.parametrize(("stage", "folder"), FULL)
def test_a_full_disk(stages: Stages, stage: str, folder: str) -> None:
    """First with the outputs in place, then as DVC runs a stage, which removes them before."""
    need = sum(
        len(stages.golden[name]) for out in outs_of(stage) for name in stages.golden if inside(name, out, folder)
    )
    assert need
    place = stages.path / folder
    for number, part in enumerate(FULL[stage, folder]):
        for out in outs_of(stage) if number % 2 else ():
            wipe(stages.path / out)
        with disk(place, free=int(part * need) // 4096 * 4096):
            line = stages.run(stage).refusal(*outs_of(stage))
            assert ": No space left on device; free some space" in line, line
            stages.whole(stage)
            stages.no_leftovers()
            if not number % 2:
                stages.untouched()
            if number == len(FULL[stage, folder]) - 1:
                (place / BALLAST).unlink()
                stages.works(stage)
        stages.restore()


def inside(name: str, out: str, folder: str) -> bool:
    return (name == out or name.startswith(f"{out}/")) and name.startswith(f"{folder}/")


@pytest.mark.parametrize(("stage", "folder"), FULL)
def test_a_folder_that_cannot_be_written(stages: Stages, stage: str, folder: str) -> None:
    with disk(stages.path / folder, writable=False):
        line = stages.run(stage).refusal(*outs_of(stage))
        assert ": Read-only file system; the disk can only be read" in line
        stages.untouched()


# ---- inputs ----


def gone(path: Path) -> None:
    wipe(path)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    """A copy that was not finished."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def tail_cut(path: Path) -> None:
    """All but the checksum at its end."""
    path.write_bytes(path.read_bytes()[:-8])


def flipped(path: Path) -> None:
    """One bit, in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def zeros(path: Path) -> None:
    """As after a power cut on some file systems."""
    path.write_bytes(bytes(path.stat().st_size))


def folder_instead(path: Path) -> None:
    wipe(path)
    path.mkdir()


def file_instead(path: Path) -> None:
    wipe(path)
    path.write_text("no folder")


def names_of(name: str) -> tuple[str, ...]:
    """What a line may call an input: its path, its name, or for a part of a model the model's folder."""
    path = Path(name)
    return (name, path.name, *([path.parent.as_posix()] if path.parts[0] == "models" else []))


Damage = Callable[[Path], None]
ANY: tuple[Damage, ...] = (gone, emptied, cut, tail_cut, flipped, zeros, folder_instead)
# One bit of a figure makes another figure, and no table knows its own length.
FIGURES: tuple[Damage, ...] = (gone, emptied, cut, zeros, folder_instead)
TABLE: tuple[Damage, ...] = (gone, emptied, zeros, folder_instead)
FOLDER: tuple[Damage, ...] = (gone, folder_instead, file_instead)
# One file of each kind has all damages, and each other input one, for the same code reads it. What that code refuses is
# in tests/data/test_records.py, tests/networks/test_folder.py and tests/reports/test_results.py.
INPUTS: dict[str, dict[str, tuple[Damage, ...]]] = {
    "prepare": {"data/raw": FOLDER, "data/raw/archive": ANY, "data/raw/source.json": (gone, cut)},
    "segmenter": {
        "data/records": (gone,),
        "data/records/manifest.json": (cut,),
        "data/records/evaluation-00000-of-00001.tfrecord": (flipped,),
        "data/records/train-00000-of-00001.tfrecord": (flipped,),
    },
    "train": {
        "data/records": FOLDER,
        "data/records/manifest.json": (gone, emptied, cut, tail_cut, zeros, folder_instead),
        "data/records/evaluation-00000-of-00001.tfrecord": (flipped,),
        "data/records/train-00000-of-00001.jsonl": (gone, cut, flipped),
        "data/records/train-00000-of-00001.tfrecord": ANY,
        "data/records/selection-00000-of-00001.tfrecord": (cut, flipped),
    },
    "evaluate": {
        "data/records": (gone,),
        "data/records/evaluation-00000-of-00001.tfrecord": (flipped,),
        "data/records/train-00000-of-00001.tfrecord": (flipped,),
        "models/generator": (gone, file_instead),
        "models/generator/about.json": (gone, emptied, cut),
        "models/generator/architecture.json": (emptied, cut, folder_instead),
        "models/generator/model.weights.h5": (gone, cut, flipped),
        "models/segmenter": (gone,),
        "models/segmenter/about.json": (cut,),
        "models/segmenter/architecture.json": (cut,),
        "models/segmenter/model.weights.h5": (flipped,),
        # The folder that says why there is no model for the way back.
        "models/back": FOLDER,
        "models/back/about.json": (cut,),
    },
    "report": {
        "data/records/manifest.json": (cut,),
        "metrics/train.json": (cut,),
        "metrics/segmenter.json": (gone,),
        "metrics/evaluate.json": FIGURES,
        "models/generator/about.json": (zeros,),
        "reports/training": FOLDER,
        "reports/training/times.json": (cut,),
        "reports/training/losses.csv": TABLE,
        "reports/training/curves.json": (gone,),
        "reports/training/validation.csv": (zeros,),
        "reports/training/health.json": (emptied,),
        "reports/training/samples": (gone,),
        "reports/training/samples/epoch-0002.png": (emptied, cut, zeros, folder_instead),
        "reports/scores.csv": (gone,),
        "reports/images.csv": (emptied,),
        "reports/absent.json": (cut,),
        "reports/confusions/generated.csv": (folder_instead,),
        "reports/pictures": (gone,),
        # Runs of earlier versions have none.
        "reports/back": (folder_instead, file_instead),
        "reports/back/absent.json": (gone,),
        "reports/pictures/test-2-real.png": (gone, cut),
    },
}


@pytest.mark.parametrize(("stage", "name"), [(stage, name) for stage in INPUTS for name in INPUTS[stage]])
def test_an_input_that_is_gone_or_damaged(stages: Stages, stage: str, name: str) -> None:
    faults = []
    for damage in INPUTS[stage][name]:
        damage(stages.path / name)
        before = stages.outputs()
        done = stages.run(stage)
        try:
            done.refusal(*names_of(name))
            assert not [word for word in ("loss:", "starting", "fingerprint") if word in done.out], done.out
            assert stages.outputs() == before
            stages.no_leftovers()
        except AssertionError as error:
            faults.append(f"{damage.__name__}: {error}")
        wipe(stages.path / name)
        stages.restore()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("damage", [gone, cut, flipped, folder_instead])
def test_an_archive_of_ones_own_that_is_gone_or_damaged(stages: Stages, damage: Damage) -> None:
    own = stages.path / "data/own/pairs.tar.gz"
    shutil.copy2(stages.path / "data/raw/archive", own)
    said = {"data.direction": "right_to_left", "data.palette": "cmp", "data.label_half": "right"}
    stages.clone.params(SETTING | said | {"data.dataset": "custom", "data.path": "data/own/pairs.tar.gz"})
    damage(own)
    # That it is there at all is asked with the parameters.
    stages.run("download").refusal("data/own/pairs.tar.gz", status=2 if damage is gone else 1)
    stages.untouched()
    wipe(own)
    shutil.copy2(stages.path.parent / "kept/data/raw/archive", own)
    assert stages.run("download").status == 0
    assert (stages.path / "data/raw/archive").read_bytes() == stages.golden["data/raw/archive"]


# ---- records ----

TRAIN = "train-00000-of-00001.tfrecord"


def one_record_less(records: Path) -> None:
    """A shard that ends where a record ends."""
    content, row = (records / TRAIN).read_bytes(), read_rows(records, "train")[5]
    assert row["shard"] == TRAIN
    (records / TRAIN).write_bytes(content[: row["offset"]])


def emptied_shard(records: Path) -> None:
    emptied(records / TRAIN)


def of_another_split(records: Path) -> None:
    """A sound shard under another's name."""
    shutil.copy2(records / "selection-00000-of-00001.tfrecord", records / TRAIN)


def change_manifest(records: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = json.loads((records / "manifest.json").read_text())
    change(content)
    (records / "manifest.json").write_text(json.dumps(content))


def rows_without_a_pair(records: Path) -> None:
    change_rows(records, TRAIN, lambda rows: rows.pop(2))


def rows_of_other_places(records: Path) -> None:
    change_rows(records, TRAIN, lambda rows: rows[2].update(offset=rows[2]["offset"] + 16))


def manifest_of_other_bytes(records: Path) -> None:
    change_manifest(records, lambda content: content["roles"]["train"]["shards"][0].update(sha256="0" * 64))


def manifest_of_another_size(records: Path) -> None:
    change_manifest(records, lambda content: content["fields"]["input"].update(height=64))


WRONG_RECORDS = [
    one_record_less,
    emptied_shard,
    of_another_split,
    rows_without_a_pair,
    rows_of_other_places,
    manifest_of_other_bytes,
    manifest_of_another_size,
]


@pytest.mark.parametrize(
    ("damage", "stage"), [*[(damage, "train") for damage in WRONG_RECORDS], (rows_without_a_pair, "segmenter")]
)
def test_records_that_are_not_the_manifests_are_found_before_training(
    stages: Stages, damage: Damage, stage: str
) -> None:
    damage(stages.path / "data/records")
    before = stages.outputs()
    done = stages.run(stage)
    done.refusal("data/records")
    assert not [word for word in ("loss:", "starting", "fingerprint") if word in done.out], done.out
    assert stages.outputs() == before


# ---- outputs ----


@pytest.mark.parametrize("stage", [stage for stage in WRITING if stage != "segmenter"])
def test_outputs_that_are_of_another_kind(stages: Stages, stage: str) -> None:
    """A file where a folder belongs is replaced; a folder of something where a file belongs is not ours to remove."""
    outputs = [stages.path / out for out in outs_of(stage)]
    for path in [path for path in outputs if path.is_file()]:
        folder_instead(path)
        (path / "mine").write_text("keep")
        line = stages.run(stage).refusal(str(path.relative_to(stages.path)))
        assert "directory" in line
        assert (path / "mine").read_text() == "keep"
        stages.no_leftovers()
        wipe(path)
    for path in [path for path in outputs if path.is_dir()]:
        file_instead(path)
    stages.works(stage)


@pytest.mark.parametrize(("stage", "folder"), [("train", "metrics"), ("report", "reports"), ("train", "models")])
def test_a_file_where_outputs_have_their_folder(stages: Stages, stage: str, folder: str) -> None:
    file_instead(stages.path / folder)
    stages.run(stage).refusal(folder)
    assert (stages.path / folder).read_text() == "no folder"


# ---- checkpoints, logs, MLflow ----


def test_a_disk_that_is_full_when_a_checkpoint_is_saved(stages: Stages) -> None:
    """Nothing of the first one; then the first one whole and nothing of the second; then all of it."""
    checkpoints = stages.path / "checkpoints"
    run = json.loads((stages.path / "models/generator/about.json").read_text())["fingerprint"]
    size = sum(path.stat().st_size for path in max((checkpoints / run).glob("step-*")).iterdir())
    wipe(checkpoints)
    with disk(checkpoints, free=size // 2):
        line = stages.run("train").refusal("step-00000006-epoch-0001")
        assert ": No space left on device; free some space" in line
        stages.untouched()
        assert [path.name for path in (checkpoints / run).glob("*step*")] == []
        with (checkpoints / BALLAST).open("r+b") as ballast:
            ballast.truncate(ballast.seek(0, 2) - size)
        line = stages.run("train").refusal("step-00000012-epoch-0002")
        assert ": No space left on device; free some space" in line
        stages.untouched()
        assert [path.name for path in (checkpoints / run).glob("*step*")] == ["step-00000006-epoch-0001"]
        (checkpoints / BALLAST).unlink()
        assert "resuming at step 6 of 12" in stages.works("train").out


def test_checkpoints_that_cannot_be_written(stages: Stages) -> None:
    with disk(stages.path / "checkpoints", writable=False):
        line = stages.run("train").refusal("checkpoints")
        assert ": Read-only file system; the disk can only be read" in line
        stages.untouched()
        writable_again(stages.path / "checkpoints")
        stages.works("train")


# Both stages tell MLflow by the same code, so one of them has all four.
@pytest.mark.parametrize(
    ("stage", "folder", "full"),
    [
        *[("train", folder, full) for folder in ("store", "mlartifacts") for full in (True, False)],
        *[("evaluate", "store", True), ("evaluate", "mlartifacts", False)],
    ],
)
def test_mlflow_without_a_disk_is_a_warning(stages: Stages, stage: str, folder: str, full: bool) -> None:
    store = stages.path / "store"
    store.mkdir(exist_ok=True)
    shutil.copy2(stages.path / "mlflow.db", store)
    environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{store}/mlflow.db"} if folder == "store" else {}
    with disk(stages.path / folder, free=0 if full else None, writable=full):
        done = stages.run(stage, **environment)
    assert done.status == 0, done.err
    (line,) = done.said()
    assert line.startswith("warning: MLflow at ")
    stages.untouched()


def test_a_log_on_a_full_disk_does_not_stop_training(stages: Stages) -> None:
    with disk(stages.path / "logs", free=0):
        stages.works("train")


def test_a_log_that_cannot_be_written(stages: Stages) -> None:
    with disk(stages.path / "logs", writable=False):
        line = stages.run("train").refusal("logs", "events.out.tfevents")
        assert ": Read-only file system; the disk can only be read" in line
        stages.untouched()


# ---- training that diverges ----


def test_a_generator_that_diverges(stages: Stages) -> None:
    stages.clone.params(SETTING | {"model.learning_rate": 1e30})
    known = {run.info.run_id for run in stages.clone.trainings()}
    line = stages.run("train").refusal("training stopped")
    assert "at step" in line and "model.learning_rate" in line
    stages.untouched()
    (run,) = [run for run in stages.clone.trainings() if run.info.run_id not in known]
    assert run.info.status == "FAILED"
    folder = stages.path / "checkpoints" / run.data.tags["fingerprint"]
    assert folder.is_dir() and not list(folder.glob("*step*"))


def test_a_segmenter_that_diverges(stages: Stages) -> None:
    stages.clone.params(SETTING | {"segmenter.learning_rate": 1e30})
    line = stages.run("segmenter").refusal("training stopped: segmenter_loss is ")
    assert "segmenter.learning_rate" in line
    stages.untouched()


# ---- through DVC ----


def dvc(stages: Stages, *words: str, fine: bool = True) -> str:
    done = stages.clone.run("dvc", "repro", *words, fine=fine)
    assert fine or done.returncode
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_once_the_cause_is_gone_dvc_repro_works(stages: Stages) -> None:
    """A full disk, then a read-only one, damage to what DVC made, damage to what a person gave, and divergence."""
    stages.clone.run("dvc", "commit", "--force", "--quiet")
    assert "up to date" in dvc(stages)
    reports = stages.path / "reports"
    wipe(reports / "index.html")
    with disk(reports, free=0):
        stages.clone.params(SETTING | {"report.gallery_pairs": 1})
        assert "error: reports/index.html: No space left on device; free some space" in dvc(stages, fine=False)
        (reports / BALLAST).unlink()
        dvc(stages)
        assert "up to date" in dvc(stages)
    stages.clone.params(SETTING)
    dvc(stages)
    with disk(reports, writable=False):
        stages.clone.params(SETTING | {"report.gallery_pairs": 2})
        assert "Read-only file system" in dvc(stages, fine=False)
        writable_again(reports)
        dvc(stages)
    stages.clone.params(SETTING)
    flipped(stages.path / "data/raw/archive")
    wipe(stages.path / "data/records")
    emptied(stages.path / "models/generator/about.json")
    dvc(stages)
    stages.untouched()
    stages.clone.params(SETTING | {"model.learning_rate": 1e30})
    assert "error: training stopped: " in dvc(stages, fine=False)
    assert not (stages.path / "models/generator").exists()
    stages.clone.params(SETTING)
    dvc(stages)
    assert "up to date" in dvc(stages)
    stages.untouched()
