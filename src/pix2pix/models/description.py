"""What a model was made for, and how it is used: as values for programs, in words for people."""

from typing import TYPE_CHECKING

from pix2pix.base.errors import one_line

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

# Folders of earlier versions do not hold every value.
UNKNOWN = "not written down"


def facts(translator: "Translator") -> dict[str, object]:
    """Everything that the model folder says, and what follows from it."""
    return translator.about | {
        "input": _kind(translator, translator.task.input_is_label),
        "target": _kind(translator, translator.task.target_is_label),
        "classes": list(translator.classes.names) if translator.classes else None,
        "parameters": translator.parameters,
        "dropout": translator.dropout,
        "moving_averages": translator.moving_averages,
    }


def in_words(translator: "Translator") -> dict[str, str]:
    """The facts in words, by subject. Every character is printable, whatever the folder says."""
    known = {key: one_line(value) for key, value in facts(translator).items()}
    first, second = ("left", "right") if translator.task.input_is_left else ("right", "left")
    return {
        "takes": f"{known['input']} of {translator.size}x{translator.size} pixels, the {first} halves of pairs",
        "gives": f"{known['target']}, the {second} halves",
        "classes": _classes(translator),
        "network": f"{known.get('generator', UNKNOWN)}, {translator.parameters:,} parameters",
        "loss": known.get("loss", UNKNOWN),
        "use": f"dropout {'on' if translator.dropout else 'off'}, normalised by {_statistics(translator)}",
        "training": f"{known['fingerprint']}, epoch {known.get('epoch', UNKNOWN)}, "
        f"chosen by {known.get('selected_by', UNKNOWN)}",
        "files": "whole: their SHA-256 are those in about.json",
    }


def _kind(translator: "Translator", is_label: bool) -> str:
    """The kind of one half of the pairs; without a palette nobody has said whether it is a photo."""
    return "label maps" if is_label else "photos" if translator.classes else "pictures"


def _classes(translator: "Translator") -> str:
    if translator.classes is None:
        return "none"
    names = translator.classes.names
    return f"{len(names)}: {', '.join(map(one_line, names))}"


def _statistics(translator: "Translator") -> str:
    moving = translator.moving_averages
    return "the moving averages of its training" if moving else "each picture's own statistics"
