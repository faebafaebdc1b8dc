"""The facts about a trained model, for machines and in words."""

from pix2pix.base.errors import one_line
from pix2pix.models.translator import Translator


def kind(translator: Translator, is_label: bool) -> str:
    """The word for one half of a model's pairs; a model without a palette does not say whether it is of photos."""
    return "label map" if is_label else "photo" if translator.classes else "picture"


def facts(translator: Translator) -> dict[str, object]:
    """All that the model folder says, and what follows from it; the hashes of the folder held when it was loaded."""
    return translator.about | {
        "input": f"{kind(translator, translator.task.input_is_label)}s",
        "target": f"{kind(translator, translator.task.target_is_label)}s",
        "classes": list(translator.classes.names) if translator.classes else None,
        "parameters": translator.parameters,
        "dropout": translator.dropout,
        "moving_averages": translator.moving_averages,
    }


def told(translator: Translator) -> dict[str, str]:
    """The facts in words, by subject. A folder may hold any text; the words are printable lines."""
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
