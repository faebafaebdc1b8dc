"""The arguments of every command. Imports nothing slow, so that help comes at once."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from pix2pix.base.solvers import MOST_STEPS, SOLVERS
from pix2pix.commands import help
from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import SEGMENTATION

MODEL = "a folder, an address in MLflow, or the id of a run; see below"


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command line, and which command's help explains it."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """As the base class, but every argument has to be known, also to a command's own parser."""
        options, unknown = super().parse_known_args(args, namespace)
        # argparse ends a list of words at the first option. Words after it belong to the list, too.
        lists = [each.dest for each in self._actions if not each.option_strings and each.nargs in ("*", "+")]
        if lists and not any(word.startswith("-") for word in unknown):
            setattr(options, lists[-1], [*getattr(options, lists[-1]), *unknown])
            unknown = []
        if unknown:
            self.error(f"unknown: {' '.join(unknown)}")
        return options, unknown

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; `{self.prog} --help` explains the command line\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; `command` in what it returns is the given command's name."""
    whole = _Parser(
        prog="pix2pix",
        usage="pix2pix [-h] COMMAND …",
        description=help.WHOLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(
        prog="pix2pix", dest="command", required=True, metavar="COMMAND", help=argparse.SUPPRESS
    )
    for name, purpose in help.PURPOSES.items():
        text, add_arguments = COMMANDS[name]
        command = commands.add_parser(
            name,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            epilog=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add_arguments(command)
    return whole


def _app(command: _Parser) -> None:
    _model(command, "the model to begin with: ")
    _precision(command)
    command.add_argument("--port", type=_port, default=7860, help="the page's port on this machine (7860)")


def _predict(command: _Parser) -> None:
    command.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="a picture, a video, a folder, or a pattern in quotes"
    )
    _out(command, "the folder for the answers", required=True)
    _model(command)
    command.add_argument(
        "--seed", type=int, default=0, help="the seed of dropout and noise; another seed, another answer (0)"
    )
    _steps(command)
    _precision(command)
    command.add_argument(
        "--fit",
        choices=("exact", "resize", "pad", "tile"),
        default="exact",
        help="for pictures of another size (exact)",
    )
    command.add_argument(
        "--half", choices=("left", "right", "model", "none"), help="for files with both halves of a pair: the input"
    )
    command.add_argument(
        "--snap", action="store_true", help="first change every pixel of a label map to the nearest label colour"
    )
    command.add_argument(
        "--instances",
        type=Path,
        metavar="PLACE",
        help="the folder with the instance maps, for a model that reads them; see below",
    )
    command.add_argument(
        "--side-by-side", action="store_true", help="put input, answer, and with --half the other half on one picture"
    )
    existing = command.add_mutually_exclusive_group()
    _force(existing)
    existing.add_argument(
        "--skip-existing", action="store_true", help="leave out inputs whose answer exists, to finish a stopped call"
    )


def _sample(command: _Parser) -> None:
    _out(command, "the folder or the file to write; see below", required=True)
    command.add_argument("--count", type=_number(1, 100_000), default=16, help="how many pictures, of each class (16)")
    command.add_argument("--class", dest="class_", metavar="NAME", help="the class of the pictures; without it, all")
    command.add_argument("--seed", type=_number(0, 2**31 - 1), default=0, help="the seed of the noise (0)")
    command.add_argument(
        "--to", type=_number(0, 2**31 - 1), metavar="SEED", help="go from --seed to this seed in --count pictures"
    )
    _model(command)
    _force(command)


def _info(command: _Parser) -> None:
    command.add_argument("model", nargs="?", metavar="MODEL", help=MODEL)
    command.add_argument("--json", action="store_true", help="print everything that is known, for programs")


def _export(command: _Parser) -> None:
    _out(command, "the folder to make", required=True)
    command.add_argument(
        "--format", choices=("savedmodel", "onnx", "litert"), default="savedmodel", help="see below (savedmodel)"
    )
    _model(command)
    command.add_argument("--seed", type=int, default=0, help="the seed of the dropout masks in the export (0)")
    _steps(command)


def _look(command: _Parser) -> None:
    command.usage = "pix2pix look [-h] [-o OUT] [--force] PATH [CHANGE ...]"
    command.add_argument("path", type=Path, metavar="PATH", help="a folder or an archive (tar, tar.gz, zip)")
    command.add_argument("changes", nargs="*", metavar="CHANGE", help="NAME=VALUE, any number; see below")
    command.add_argument(
        "-o", "--out", type=Path, default=Path("look.png"), metavar="OUT", help="the picture to write (look.png)"
    )
    _force(command)


def _run(command: _Parser) -> None:
    command.usage = "pix2pix run [-h] [--defaults | --recipe NAME] [--share-cache] FOLDER [PARAMETERS]"
    start = command.add_mutually_exclusive_group()
    start.add_argument("--defaults", action="store_true", help="start from the defaults instead of params.yaml")
    start.add_argument("--recipe", metavar="NAME", help="start from a recipe; `pix2pix recipe` lists them")
    command.add_argument("--share-cache", action="store_true", help="use the checkout's DVC cache")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="the folder for the copy")
    command.add_argument("parameters", nargs=argparse.REMAINDER, metavar="PARAMETERS", help="--NAME VALUE, any number")


def _compare(command: _Parser) -> None:
    command.add_argument("runs", nargs="+", metavar="RUN", help="two or more; see below")


def _ablation(command: _Parser) -> None:
    command.add_argument("changes", nargs="*", metavar="CHANGE", help="NAME=VALUE, any number; see below")


def _search(command: _Parser) -> None:
    command.usage = "pix2pix search [-h] [OPTIONS] VALUES [VALUES ...]"
    command.add_argument(
        "values", nargs="+", metavar="VALUES", help="NAME=LOW..HIGH, NAME=A,B or NAME=VALUE; see below"
    )
    command.add_argument(
        "--trials", type=_number(1, 100_000), default=20, metavar="N", help="the number of trials (20)"
    )
    command.add_argument("--objective", metavar="FIGURE", help="the figure by which trials are compared; see below")
    command.add_argument(
        "--startup",
        type=_number(1, 100_000),
        default=5,
        metavar="N",
        help="the number of trials that have random values and finish before any other is stopped early (5)",
    )
    command.add_argument(
        "--storage", metavar="URL", help="the database of the search, for workers on several machines (search.db)"
    )


def _study(command: _Parser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    command.add_argument("--port", type=int, default=8765, help="the port; 0 is any free port (8765)")
    command.add_argument(
        "--result",
        action="store_true",
        help="serve no page: add up the answers, print the result, write it to reports/study.json and to MLflow",
    )


def _promote(command: _Parser) -> None:
    command.add_argument(
        "name", nargs="?", metavar="NAME", help="the registered model; without NAME that of params.yaml, see below"
    )
    keys, usual = [measure.key for measure in measures.deciding()], measures.lead(SEGMENTATION).key
    command.add_argument("--metric", choices=keys, default=usual, help=f"the measure that decides ({usual})")


def _kubeflow(command: _Parser) -> None:
    command.usage = "pix2pix kubeflow [-h] --image IMAGE -o OUT [OPTIONS] [CHANGE ...]"
    command.add_argument("--image", required=True, metavar="IMAGE", help="the container image; see below")
    _out(command, "the file to write", required=True)
    command.add_argument(
        "--as", dest="kind", choices=("pipeline", "trainjob", "tfjob"), default="pipeline", help="see below (pipeline)"
    )
    command.add_argument("--nodes", type=_number(0, 1000), metavar="N", help="the pods of a trainjob or a tfjob")
    command.add_argument(
        "--gpus", type=_number(0, 1000), default=0, metavar="N", help="GPUs for each stage that trains (0)"
    )
    command.add_argument(
        "--home-claim", metavar="NAME", help="the PersistentVolumeClaim for checkpoints, so that a retry resumes"
    )
    command.add_argument("--config-map", metavar="NAME", help="the ConfigMap that has MLFLOW_TRACKING_URI")
    command.add_argument(
        "--secret", metavar="NAME", help="the Secret that has MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    )
    _force(command)
    command.add_argument("changes", nargs="*", metavar="CHANGE", help="NAME=VALUE, any number; see below")


def _prepare(command: _Parser) -> None:
    command.usage = "pix2pix prepare [-h] --beam OUT [OPTIONS]"
    command.add_argument("--beam", action="store_true", required=True, help="compute with Apache Beam")
    command.add_argument("out", metavar="OUT", help="an empty folder, or an address of a bucket (s3://, gs://)")
    command.add_argument("options", nargs=argparse.REMAINDER, metavar="OPTIONS", help="Beam's own; see below")


def _nothing(_: _Parser) -> None:
    """A command without arguments."""


def _clean(command: _Parser) -> None:
    chosen = command.add_mutually_exclusive_group(required=True)
    chosen.add_argument("names", nargs="*", default=[], metavar="FINGERPRINT", help="the trainings' fingerprints")
    chosen.add_argument("--all", action="store_true", help="remove the checkpoints of all trainings")
    chosen.add_argument("--caches", action="store_true", help="remove shards/ and checked/ instead; see below")
    chosen.add_argument(
        "--dead-runs",
        nargs="?",
        const=24,
        type=_number(1, 10_000),
        metavar="HOURS",
        help="remove nothing: end the runs in MLflow whose process is dead; see below (24)",
    )


def _recipe(command: _Parser) -> None:
    command.add_argument("name", nargs="?", metavar="NAME", help="the recipe")
    _out(command, "the file to write the recipe to")
    _force(command)


def _migrate(command: _Parser) -> None:
    command.add_argument("path", nargs="?", type=Path, metavar="PATH", help="the parameters file")


def _model(command: _Parser, role: str = "") -> None:
    command.add_argument("--model", help=f"{role}{MODEL}")


def _out(command: _Parser, purpose: str, required: bool = False) -> None:
    command.add_argument("-o", "--out", type=Path, required=required, metavar="OUT", help=purpose)


def _steps(command: _Parser) -> None:
    command.add_argument(
        "--steps",
        type=_number(1, MOST_STEPS),
        metavar="N",
        help=f"how often a model that works in steps is evaluated for a picture, 1 to {MOST_STEPS} (its own number)",
    )
    command.add_argument("--solver", choices=SOLVERS, help="the method of these steps (its own)")


def _precision(command: _Parser) -> None:
    command.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="how exactly the model computes; bfloat16 is faster on processors that have it (float32)",
    )


def _force(command: argparse._ActionsContainer) -> None:
    command.add_argument("--force", action="store_true", help="write over existing files")


def _number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return what reads a number of these from the command line."""

    def read(word: str) -> int:
        if not (word.isdecimal() and lowest <= int(word) <= highest):
            raise argparse.ArgumentTypeError(f"{word!r} is not a number from {lowest:,} to {highest:,}")
        return int(word)

    return read


def _port(word: str) -> int:
    """The number of a TCP port that a browser can be sent to."""
    if not (word.isdecimal() and 0 < int(word) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{word!r} is not a number from 1 to 65535")
    return int(word)


# Every command's explanation, and the function that adds its arguments.
COMMANDS: dict[str, tuple[str, Callable[[_Parser], None]]] = {
    "app": (help.APP, _app),
    "predict": (help.PREDICT, _predict),
    "sample": (help.SAMPLE, _sample),
    "info": (help.INFO, _info),
    "export": (help.EXPORT, _export),
    "look": (help.LOOK, _look),
    "run": (help.RUN, _run),
    "compare": (help.COMPARE, _compare),
    "ablation": (help.ABLATION, _ablation),
    "search": (help.SEARCH, _search),
    "study": (help.STUDY, _study),
    "promote": (help.PROMOTE, _promote),
    "sync": (help.SYNC, _nothing),
    "kubeflow": (help.KUBEFLOW, _kubeflow),
    "prepare": (help.PREPARE, _prepare),
    "clean": (help.CLEAN, _clean),
    "recipe": (help.RECIPE, _recipe),
    "migrate": (help.MIGRATE, _migrate),
}
