"""What may be said to `python -m pix2pix`. Of ours it imports only the table of measures, so help comes at once."""

import argparse
from pathlib import Path
from typing import NoReturn

from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import SEGMENTATION

MODEL = """\
where the model is:
  models/generator             its folder; this one, of this project, if --model is left out
  models:/facades/3            a version in MLflow's registry
  models:/facades@champion     the version that an alias stands for
  runs:/RUN/generator, or RUN  what the training run of this id has logged (`mlflow ui` shows ids)
"""
PREDICT = f"""\
INPUT is a picture, a folder, or a pattern in quotes (then ** means any folders). Of a folder every picture below it is
taken, hidden ones and links to folders left out. Each becomes a PNG of its name in OUT; those of a folder keep their
place in it. A picture that cannot be used is named at the end, with the reason, and the others are done.

examples:
  python -m pix2pix predict drawing.png -o out
  python -m pix2pix predict data/own/test -o out --half model --side-by-side
  python -m pix2pix predict 'photos/**/*.jpg' -o out --fit resize --model models:/facades@champion

{MODEL}
picture sizes, --fit:
  exact    the model's own size and no other
  resize   any size, brought to the model's and the answer back: label maps to the nearest pixel, photos smoothly
  pad      no larger than the model's: its edges are continued around it, and the answer is cut back

pairs, --half: files of the data sets hold both halves of a pair, side by side, and are twice as wide as high.
  left, right   this half is the input
  model         the half that the model has learned to read
  none          it is one picture after all
"""
EXPORT = f"""\
OUT becomes a folder: the model in a form that needs none of this code, and about.json. It takes `pictures`, uint8
(n, size, size, 3), and gives `translated`, the same. Every picture is normalised by its own statistics, and the
dropout masks are those of one seed. What is written is loaded and compared with this model before it gets its name.

formats:
  savedmodel   TensorFlow's, for TensorFlow Serving and others
  onnx         model.onnx, for ONNX Runtime and others
  litert       model.tflite, for phones; takes one picture at a time

examples:
  python -m pix2pix export -o facades-onnx --format onnx
  python -m pix2pix export -o served --model models:/facades@champion

{MODEL}"""
PROMOTE = """\
Every model that `dvc repro` trains, scores and gives to MLflow becomes a version of the registered model `facades` and
its challenger. This shows its scores beside the champion's, and makes it the champion: what models:/facades@champion
names. It is refused if the challenger is worse by the metric: if the 95% interval of the difference on the same images
(paired bootstrap) leaves out 0 on that side.

examples:
  python -m pix2pix promote
  python -m pix2pix promote --metric ssim
"""
INFO = f"""\
The files of the model are checked, and it is loaded.

examples:
  python -m pix2pix info
  python -m pix2pix info models:/facades@champion --json

{MODEL.replace("if --model is left out", "if none is named")}"""
STUDY = """\
Each picture of a pair, real and generated, is shown for a second; then the participant says which was generated. 10
trials of practice with feedback, 40 that count, as in the paper. Pictures are those that `dvc repro` has left in
reports/, answers go to study.db in the project's home as they come, and any number of people take part at once.

Only this machine can reach the page. --host 0.0.0.0 lets in everyone who can reach the machine; use that in a network
you trust, since what is sent is not encrypted.

examples:
  python -m pix2pix study
  python -m pix2pix study --host 0.0.0.0 --port 9000
  python -m pix2pix study --result
"""

APP = f"""\
It says its address, for a browser on this machine (from another one: `ssh -L 7860:127.0.0.1:7860 MACHINE`). What is
drawn leaves neither of them, and nothing is kept. Ctrl-C ends it.

The page offers this model, the project's own, those in models/beside/, and all that MLflow has.

examples:
  python -m pix2pix app
  python -m pix2pix app --model models:/facades@champion --port 8000

{MODEL}"""


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; `{self.prog} --help` shows what may be said\n")


def parser() -> argparse.ArgumentParser:
    """All commands with their arguments; `command` is the one that was given."""
    whole = _Parser(prog="python -m pix2pix", description="Use a trained model.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _predict(_command(commands, "predict", "put pictures through a model", PREDICT))
    _export(_command(commands, "export", "write a model for people without this code", EXPORT))
    _promote(_command(commands, "promote", "make the newest scored model the one in use", PROMOTE))
    _info(_command(commands, "info", "say what a model was made for", INFO))
    _study(_command(commands, "study", "let people judge: real or generated?", STUDY))
    _app(_command(commands, "app", "draw façades on a page in the browser", APP))
    return whole


def _command(commands: "argparse._SubParsersAction[_Parser]", name: str, words: str, more: str) -> _Parser:
    return commands.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _predict(command: _Parser) -> None:
    command.add_argument("inputs", nargs="+", metavar="INPUT", help="a picture, a folder, or a pattern in quotes")
    command.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="the folder for what comes out")
    command.add_argument("--model", help="a folder, an address of MLflow's, or a run's id; see below")
    command.add_argument("--seed", type=int, default=0, help="of the dropout masks: another one, another answer (0)")
    command.add_argument(
        "--fit", choices=("exact", "resize", "pad"), default="exact", help="pictures of another size (exact)"
    )
    command.add_argument(
        "--half", choices=("left", "right", "model", "none"), help="the half that is the input, of files with both"
    )
    command.add_argument("--snap", action="store_true", help="bring a drawn label map to the palette's colours first")
    command.add_argument(
        "--side-by-side", action="store_true", help="input, answer, and with --half the other half, on one picture"
    )
    command.add_argument("--force", action="store_true", help="write over what is in OUT already")


def _export(command: _Parser) -> None:
    command.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="the folder that is made")
    command.add_argument(
        "--format", choices=("savedmodel", "onnx", "litert"), default="savedmodel", help="see below (savedmodel)"
    )
    command.add_argument("--model", help="a folder, an address of MLflow's, or a run's id; see below")
    command.add_argument("--seed", type=int, default=0, help="of the dropout masks that are baked in (0)")


def _promote(command: _Parser) -> None:
    keys, usual = [measure.key for measure in measures.compared()], measures.lead(SEGMENTATION).key
    command.add_argument("--metric", choices=keys, default=usual, help=f"what decides ({usual})")


def _info(command: _Parser) -> None:
    command.add_argument("model", nargs="?", metavar="MODEL", help="a folder, an address of MLflow's, or a run's id")
    command.add_argument("--json", action="store_true", help="for machines: all that the model folder says, and more")


def _study(command: _Parser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    command.add_argument("--port", type=int, default=8765, help="the port; 0 is any free one (8765)")
    command.add_argument(
        "--result", action="store_true", help="no page: print what came out, write reports/study.json, tell MLflow"
    )


def _app(command: _Parser) -> None:
    command.add_argument("--model", help="the one to begin with: a folder, an address of MLflow's, or a run's id")
    command.add_argument("--port", type=_port, default=7860, help="where the page is on this machine (7860)")


def _port(word: str) -> int:
    """A number of a TCP port that a browser can be sent to."""
    if not (word.isdecimal() and 0 < int(word) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{word!r} is no number from 1 to 65535")
    return int(word)
