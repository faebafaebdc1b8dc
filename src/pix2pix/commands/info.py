"""`python -m pix2pix info`: what a model was made for."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from pix2pix.base.errors import one_line
from pix2pix.commands import model

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator


def run(options: Namespace) -> None:
    """Print it, for people or as one JSON object.

    Raises:
        UserError: there is no such model, or its files are damaged.
    """
    translator = model.load(options.model)
    if options.json:
        print(json.dumps(facts(translator), indent=2, sort_keys=True))
    else:
        for name, words in told(translator).items():
            print(f"{name:<9} {words}")


def facts(translator: "Translator") -> dict[str, object]:
    """All that the model folder says, whose hashes held when it was loaded, and what follows from it."""
    return translator.about | {
        "input": _kind(translator, translator.task.input_is_label),
        "target": _kind(translator, translator.task.target_is_label),
        "classes": list(translator.classes.names) if translator.classes else None,
        "parameters": translator.parameters,
        "dropout": translator.dropout,
        "moving_averages": translator.moving_averages,
    }


def told(translator: "Translator") -> dict[str, str]:
    """The same in words, by what they are about; a folder may say anything, a terminal is shown what is printable."""
    known = {key: one_line(value) for key, value in facts(translator).items()}
    first, second = ("left", "right") if translator.task.input_is_left else ("right", "left")
    classes = translator.classes.names if translator.classes else ()
    statistics = (
        "the moving averages of its training" if translator.moving_averages else "each picture's own statistics"
    )
    unsaid = "not written down"  # as in the folders of earlier versions
    return {
        "takes": f"{known['input']} of {translator.size}x{translator.size} pixels, the {first} halves of pairs",
        "gives": f"{known['target']}, the {second} halves",
        "classes": f"{len(classes)}: {', '.join(map(one_line, classes))}" if classes else "none",
        "network": f"{known.get('generator', unsaid)}, {translator.parameters:,} parameters",
        "loss": known.get("loss", unsaid),
        "use": f"dropout {'on' if translator.dropout else 'off'}, normalised by {statistics}",
        "training": f"{known['fingerprint']}, epoch {known.get('epoch', unsaid)}, "
        f"chosen by {known.get('selected_by', unsaid)}",
        "files": "whole: their SHA-256 are those in about.json",
    }


def _kind(translator: "Translator", is_label: bool) -> str:
    """What a half of a pair is; without a palette nobody has said whether it is a photo."""
    return "label maps" if is_label else "photos" if translator.classes else "pictures"
