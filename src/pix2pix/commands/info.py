"""`python -m pix2pix info`: what a model was made for."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from pix2pix.base.errors import one_line
from pix2pix.commands import model
from pix2pix.data.tasks import Field

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
    return translator.about.told() | {
        "input": _kind(translator, translator.task.input),
        "target": _kind(translator, translator.task.target),
        "classes": list(translator.classes.names) if translator.classes else None,
        "parameters": translator.parameters,
        "dropout": translator.dropout,
        "moving_averages": translator.moving_averages,
    }


def told(translator: "Translator") -> dict[str, str]:
    """The same in words, by what they are about; a folder may say anything, a terminal is shown what is printable."""
    about, field = translator.about, translator.task.input
    settings = {key: one_line(value) for key, value in about.settings.items()}
    classes = translator.classes.names if translator.classes else ()
    statistics = (
        "the moving averages of its training" if translator.moving_averages else "each picture's own statistics"
    )
    unsaid = "not written down"  # what a system has no such setting of
    return {
        "takes": f"{_kind(translator, field)} of {field.width}x{field.height} pixels, "
        f"the {about.halves['input']} halves of pairs",
        "gives": f"{_kind(translator, translator.task.target)}, the {about.halves['target']} halves",
        "classes": f"{len(classes)}: {', '.join(map(one_line, classes))}" if classes else "none",
        "network": f"{settings.get('generator', unsaid)}, {translator.parameters:,} parameters",
        "loss": settings.get("loss", unsaid),
        "use": f"dropout {'on' if translator.dropout else 'off'}, normalised by {statistics}",
        "training": f"{one_line(about.fingerprint)}, epoch {about.epoch}, chosen by {one_line(about.selected_by)}",
        "files": "whole: their SHA-256 are those in about.json",
    }


def _kind(translator: "Translator", field: Field) -> str:
    """What the values of a field are; without a palette nobody has said whether they are photos."""
    return "label maps" if field.is_label else "photos" if translator.classes else "pictures"
