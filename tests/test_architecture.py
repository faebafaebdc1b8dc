"""Who may import whom, and that dvc.yaml, params.yaml, MLproject and the locks say what the code does.

The source is parsed, and not run.
"""

import ast
import configparser
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from conftest import CHECKOUT
from ruamel.yaml import YAML

from pix2pix.base.code import closure
from pix2pix.commands.arguments import parser
from pix2pix.params import Data, Params
from pix2pix.params.file import DEFAULTS
from pix2pix.pipeline import identity

SOURCE = CHECKOUT / "src"
PACKAGE = SOURCE / "pix2pix"
STAGES = sorted((CHECKOUT / "stages").glob("*.py"))
MODULES = sorted(PACKAGE.rglob("*.py"))

# What each folder of the library may import, beside itself; `stages` and `commands` stand on top and may import any.
GROUND = {"base", "params"}
LIBRARY = {"data", "networks", "losses", "training", "systems", "models", "evaluation", "web", "reports"}
MAY_IMPORT = {
    "base": set(),
    "params": {"base"},
    "data": GROUND,
    "networks": GROUND,
    "losses": GROUND,
    "training": GROUND | {"data", "networks", "losses"},
    "systems": GROUND | {"data", "networks", "losses", "training"},
    "models": GROUND | {"data", "networks"},
    "evaluation": GROUND | {"data", "networks", "models"},
    "web": GROUND,
    "reports": GROUND | {"data", "evaluation", "training", "web"},
    "pipeline": GROUND | LIBRARY,
    "tracking": GROUND | LIBRARY,
    "app": GROUND | LIBRARY,
    "study": GROUND | LIBRARY,
}
# Their tests, and the check of params.yaml, are instant because none of these imports TensorFlow, however indirectly.
LIGHT_FOLDERS = ["params", "web", "reports", "study"]
READS_RECORDS = [
    *("data/batches.py", "data/preview.py", "data/recorder.py", "data/recording.py", "data/records.py"),
    *("data/shard_writer.py", "data/views.py"),
]
LIGHT_MODULES = [
    "base/code.py", "base/errors.py", "base/files.py", "base/pictures.py", "models/about.py", "models/fitting.py",
    "pipeline/identity.py", "pipeline/stage.py", "pipeline/stopping.py", "training/fingerprint.py",
    "training/curves.py", "training/health/verdict.py", "training/run_folder.py", "evaluation/measures.py",
    "systems/pix2pix_curves.py", "commands/arguments.py", "commands/checkout.py", "commands/inputs.py",
    "commands/main.py",
]  # fmt: skip
HEAVY = {"tensorflow", "keras", "mlflow"}
LOCKS = ["requirements.lock", "requirements-gpu.lock"]
# The lock of an environment of its own, by the group of pyproject.toml that it is made of.
APART = {"beam": "requirements-beam.lock", "kubeflow": "requirements-kubeflow.lock"}
# Packages that are imported by another name.
SOLD_AS = {"PIL": "pillow", "ruamel": "ruamel-yaml", "skimage": "scikit-image"}


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module a file names in an import, wherever it stands: `pix2pix.base.files`, `numpy`, …"""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: line {node.lineno}: a relative import; this test reads absolute ones"
            names.update(
                inner if module_file(inner := f"{node.module}.{alias.name}") else str(node.module)
                for alias in node.names
            )
    return frozenset(names)


def module_file(name: str) -> Path | None:
    """The file of one of our modules; a package's is its `__init__`."""
    place = SOURCE / Path(*name.split("."))
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]
    return found[0] if found and name.partition(".")[0] == "pix2pix" else None


def folders(path: Path) -> set[str]:
    """The folders of ours from which a file imports at first hand: `{"base", "data"}`."""
    ours = [name.split(".") for name in imported(path)]
    return {parts[1] for parts in ours if parts[0] == "pix2pix" and len(parts) > 1}


def foreign(path: Path) -> set[str]:
    """The packages a file imports at first hand: `{"numpy", "pix2pix", …}`."""
    return {name.partition(".")[0] for name in imported(path)}


def folder(path: Path) -> str:
    """`data` for src/pix2pix/data/records.py."""
    return path.relative_to(PACKAGE).parts[0]


def shown(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def yaml(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((CHECKOUT / name).read_text(encoding="utf-8"))


def git_files() -> list[Path]:
    if not (CHECKOUT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := CHECKOUT / name).is_file()]


PIPELINE = yaml("dvc.yaml")["stages"]


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_module_imports_only_what_its_folder_may(path: Path) -> None:
    own = folder(path)
    if own in MAY_IMPORT:
        others = folders(path) - {own} - MAY_IMPORT[own]
        assert not others, f"{own} may not import {', '.join(sorted(others))}"


def test_every_folder_has_its_rule() -> None:
    found = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert found == {*MAY_IMPORT, "commands"}


def test_there_is_no_circle_between_folders() -> None:
    graph = {own: set[str]() for own in MAY_IMPORT}
    for path in MODULES:
        graph.setdefault(folder(path), set()).update(folders(path) - {folder(path)})
    TopologicalSorter(graph).prepare()


def test_there_is_no_circle_between_files() -> None:
    """Not even by what is imported for types alone."""
    TopologicalSorter({path: {*map(module_file, imported(path))} - {None} for path in MODULES}).prepare()


@pytest.mark.parametrize("path", STAGES, ids=shown)
def test_a_stage_is_short_and_imports_no_other_stage(path: Path) -> None:
    assert sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines()) < 40
    others = {stage.stem for stage in STAGES} | {"stages"}
    assert not foreign(path) & others


@pytest.mark.parametrize("path", STAGES, ids=shown)
def test_a_stage_puts_its_own_checkout_first(path: Path) -> None:
    """Before anything of ours is imported: an installed package would run the wrong code in a DVC experiment."""
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    inserts = [i for i, node in enumerate(statements) if "sys.path.insert(0, " in ast.unparse(node)]
    ours = [i for i, node in enumerate(statements) if re.match(r"(from|import) pix2pix", ast.unparse(node))]
    assert inserts and ours and inserts[0] < ours[0]


@pytest.mark.parametrize("path", STAGES, ids=shown)
def test_a_stage_begins_before_it_imports_anything_that_takes_time(path: Path) -> None:
    """A signal during a later import is a line, and not a traceback; Python itself has imported os and sys."""
    lines = [ast.unparse(node) for node in ast.parse(path.read_text(encoding="utf-8")).body[1:6]]
    assert lines[:2] + lines[3:] == ["import os", "import sys", "from pix2pix.base import program", "program.begin()"]


def test_mlflow_is_imported_by_tracking_alone() -> None:
    users = [path for path in [*MODULES, *STAGES] if "mlflow" in foreign(path)]
    assert users and all(path.parent == PACKAGE / "tracking" for path in users), [shown(p) for p in users]


def test_reports_know_of_training_its_table_of_curves_alone() -> None:
    reports = [path for path in MODULES if folder(path) == "reports"]
    known = {name for path in reports for name in imported(path) if name.startswith("pix2pix.training")}
    assert known == {"pix2pix.training.curves"}


def test_the_table_of_measures_waits_for_no_library() -> None:
    """Help on the command line names measures, and has to come at once."""
    used = [path for path in closure(PACKAGE / "commands/arguments.py") if path.suffix == ".py"]
    assert not set().union(*map(foreign, used)) - sys.stdlib_module_names - {"pix2pix"}


def test_nothing_imports_dvc() -> None:
    assert not [shown(path) for path in [*MODULES, *STAGES] if foreign(path) & {"dvc", "dvclive"}]


def light() -> Iterator[Path]:
    """The modules that never import TensorFlow."""
    for name in LIGHT_FOLDERS:
        yield from sorted((PACKAGE / name).rglob("*.py"))
    yield from sorted({*(PACKAGE / "data").rglob("*.py")} - {PACKAGE / name for name in READS_RECORDS})
    yield from (PACKAGE / name for name in LIGHT_MODULES)


@pytest.mark.parametrize("path", [*light(), CHECKOUT / "stages/check.py"], ids=shown)
def test_light_modules_never_import_tensorflow(path: Path) -> None:
    used = [file for file in closure(path) if file.suffix == ".py"]
    assert not [shown(file) for file in used if foreign(file) & HEAVY]


@pytest.mark.parametrize("name", PIPELINE)
def test_a_stage_depends_on_its_code_by_name(name: str) -> None:
    """And on no file of it: `check` looks at all of them, and notes for each stage which ones it uses."""
    stage = PIPELINE[name]
    assert stage["cmd"] == f"python stages/{name}.py"
    code = [dep for dep in stage["deps"] if dep.startswith(("src", "stages"))]
    noted = [entry["code.json"] for entry in stage.get("params", []) if isinstance(entry, dict)]
    assert (code, noted) == (([], [[name]]) if name != "check" else (["stages", "src"], []))


def test_check_notes_the_code_of_every_other_stage() -> None:
    assert PIPELINE["check"]["outs"] == [str(identity.NOTED)]
    assert identity.of_pipeline(Params()).keys() == PIPELINE.keys() - {"check"} | {"files"}


def test_the_pipeline_is_the_stage_scripts() -> None:
    assert set(PIPELINE) == {path.stem for path in STAGES}


def test_what_a_stage_reads_another_one_writes() -> None:
    """All outputs are known to DVC; a dependency that nobody makes would have to lie in git."""
    made = [(out, name) for name, stage in PIPELINE.items() for out in stage.get("outs", []) + stage.get("metrics", [])]
    outs = dict(made)
    assert len(outs) == len(made)
    for name, stage in PIPELINE.items():
        for dep in stage["deps"]:
            if dep in ("src", "stages", "params.yaml", "${data.path}", "${evaluate.beside}"):
                continue
            makers = {maker for out, maker in outs.items() if dep == out or f"{dep}/".startswith(f"{out}/")}
            makers |= {maker for out, maker in outs.items() if out.startswith(f"{dep}/")}
            assert makers - {name}, f"stage {name}: no stage makes {dep}"


@pytest.mark.parametrize("name", PIPELINE)
def test_the_params_of_a_stage_exist(name: str) -> None:
    known = Params().model_dump()
    flat = {*known, *(f"{section}.{key}" for section, keys in known.items() if isinstance(keys, dict) for key in keys)}
    assert {entry for entry in PIPELINE[name].get("params", []) if isinstance(entry, str)} <= flat


@pytest.mark.parametrize("path", STAGES, ids=shown)
def test_a_stage_depends_on_the_sections_it_asks_for(path: Path) -> None:
    """It gets no others; `check` reads the whole file, and depends on it."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    (begin,) = (node for node in calls if ast.unparse(node.func) == "stage.begin")
    asked = set() if not begin.args else eval(f"[{', '.join(map(ast.unparse, begin.args))}]", {"Params": Params})
    named = {name.partition(".")[0] for name in PIPELINE[path.stem].get("params", []) if isinstance(name, str)}
    assert set(asked) == named


def test_the_train_stage_names_every_parameter_of_its_fingerprint() -> None:
    """Else DVC would call a training up to date that would have another fingerprint."""
    named = {entry for entry in PIPELINE["train"]["params"] if isinstance(entry, str)}
    assert {"seed", "model", "train"} <= named
    assert {f"data.{key}" for key in Data.deciding_keys()} <= named


def test_nothing_in_the_pipeline_persists() -> None:
    """A kept output would make training find the finished checkpoint of other parameters."""

    def keys(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (str(key) for key in node)
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
            yield from keys(child)

    assert not {"persist", "frozen", "always_changed"} & set(keys(yaml("dvc.yaml")))


def test_a_fingerprint_covers_the_code_that_trains_and_no_other() -> None:
    """The starts are those of `systems.job`: the loop, the system, and the functions that the stage hands over."""
    starts = ("training/loop.py", "systems/pix2pix.py", "systems/job.py", "evaluation/likeness.py")
    covered = {path.relative_to(PACKAGE).as_posix() for path in closure(*(PACKAGE / name for name in starts))}
    decisive = {"base/determinism.py", "base/seeds.py", "data/batches.py", "data/records.py", "evaluation/likeness.py"}
    decisive |= {"losses/adversarial.py", "networks/generators/unet.py", "training/selection.py", "training/play.py"}
    assert decisive <= covered
    beside = {"commands", "models", "params", "pipeline", "reports", "study", "tracking", "web"}
    assert not [name for name in covered if name.split("/")[0] in beside]
    assert not covered & {"data/archive.py", "evaluation/evaluation.py", "training/run_folder.py"}
    assert not [name for name in covered if name.startswith("training/health/")]
    assert not covered & {"systems/segmenter.py", "networks/segmenter.py"}


def test_mlproject_has_an_entry_point_a_stage() -> None:
    project = yaml("MLproject")
    commands = {name: entry["command"] for name, entry in project["entry_points"].items() if name != "main"}
    assert commands == {name: stage["cmd"] for name, stage in PIPELINE.items()}
    words = shlex.split(project["entry_points"]["main"]["command"])
    start, command = words[: words.index("pix2pix") + 1], words[words.index("pix2pix") + 1 :]
    assert start == ["PYTHONPATH=src", "python", "-m", "pix2pix"]
    # MLflow appends the parameters.
    options = parser().parse_args([*command, "--lambda_l1", "5"])
    assert (options.command, options.parameters) == ("run", ["--lambda_l1", "5"])
    assert project["python_env"] == "python_env.yaml"
    assert yaml("python_env.yaml")["dependencies"] == ["-r requirements.lock"]


def test_the_parameters_file_is_the_defaults() -> None:
    """What params.yaml explains, `Params()` has, and what is `auto` there, the code knows; read without that code."""
    values = Params().model_dump()
    known = dict.fromkeys(("direction", "palette", "label_half", "label_folder"), "auto")
    assert yaml("params.yaml") == values | {"data": values["data"] | known}
    assert (CHECKOUT / "params.yaml").read_text(encoding="utf-8") == DEFAULTS.read_text(encoding="utf-8")


def test_dvc_is_quiet_and_uses_git() -> None:
    """A committed `no_scm` would switch experiments off."""
    config = configparser.ConfigParser()
    config.read_string(re.sub(r"^\s+", "", (CHECKOUT / ".dvc/config").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert config["core"]["analytics"] == "false"
    assert config["core"]["check_update"] == "false"
    assert all("no_scm" not in section for section in config.values())


@pytest.mark.parametrize("name", [*LOCKS, *APART.values(), "bench/requirements.lock", "bench/requirements-cpu.lock"])
def test_the_lock_pins_hashes_and_names_no_host(name: str) -> None:
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    assert "http" not in re.sub(r"^(\S+)==", "==", re.sub(r"#.*", "", text), flags=re.MULTILINE)
    pins = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    for pin in pins:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[^\s;]+( ;.*)? \\\n", pin), pin.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", pin), pin.splitlines()[0]
    assert not re.search(r"^\s*-(?!-hash)", text, flags=re.MULTILINE), "an index, find-links or editable line"


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_every_package_that_is_asked_for(name: str) -> None:
    assert not set(needed()) - pinned(name)


@pytest.mark.parametrize("group", APART)
def test_the_lock_of_an_environment_of_its_own_has_its_group(group: str) -> None:
    assert set(grouped(group)) <= pinned(APART[group])


def pinned(name: str) -> set[str]:
    """The packages of a lock."""
    pins = re.findall(r"^[A-Za-z0-9._-]+(?=.*==)", (CHECKOUT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return set(map(canonical, pins))


def needed() -> Iterable[str]:
    """The packages that pyproject.toml asks for, in the environment of the project."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = chain(project["dependencies"], *project["optional-dependencies"].values())
    return chain(map(package, lines), grouped("dev"))


def grouped(group: str) -> Iterable[str]:
    """The packages of a group of pyproject.toml."""
    groups = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return map(package, groups[group])


def package(line: str) -> str:
    """The package of a line such as `kfp>=2.16`."""
    return canonical(re.split(r"[^A-Za-z0-9._-]", line)[0])


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_that_is_imported_is_asked_for() -> None:
    """Not only there because another one happens to bring it."""
    used = set().union(*map(foreign, [*MODULES, *STAGES])) - {"pix2pix"} - sys.stdlib_module_names
    asked = {*needed(), *chain(*map(grouped, APART))}
    assert not {name for name in used if canonical(SOLD_AS.get(name, name)) not in asked}


def test_the_environment_with_beam_has_every_package_that_its_code_imports() -> None:
    code = [path for path in closure(PACKAGE / "__main__.py", PACKAGE / "commands/prepare.py") if path.suffix == ".py"]
    used = set().union(*map(foreign, code)) - {"pix2pix"} - sys.stdlib_module_names
    assert {canonical(SOLD_AS.get(name, name)) for name in used} <= set(grouped("beam"))


def test_the_model_in_mlflow_asks_for_every_package_its_code_imports() -> None:
    tracking = PACKAGE / "tracking"
    tree = ast.parse((tracking / "model.py").read_text(encoding="utf-8"))
    (asked,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PACKAGES"
    ]
    code = closure(tracking / "pyfunc.py", *PACKAGE.glob("params/*.py"))
    used = set().union(*map(foreign, code)) - {"pix2pix"} - sys.stdlib_module_names
    assert {canonical(name) for name in asked} == {canonical(SOLD_AS.get(name, name)) for name in used}


def test_git_holds_no_data_set_and_no_weights() -> None:
    forbidden = (".h5", ".keras", ".tfrecord", ".npz", ".gz", ".tgz", ".zip", ".tar", ".db", ".pb", ".ckpt")
    files = git_files()
    assert files
    assert not [shown(path) for path in files if path.stat().st_size > 1_000_000 or path.name.endswith(forbidden)]
    under_data = {shown(path) for path in files if shown(path).startswith(("data/", "models/", "reports/", "metrics/"))}
    assert all(name.endswith("README.md") for name in under_data), under_data


def test_names_of_test_files_are_unique() -> None:
    """pytest imports them by their bare names."""
    names = [path.name for path in (CHECKOUT / "tests").rglob("*.py")]
    assert sorted(names) == sorted(set(names))
