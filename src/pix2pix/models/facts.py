"""The facts about a trained model, for machines and in words."""

from pix2pix.base.errors import one_line
from pix2pix.data.tasks import Field
from pix2pix.models.translator import Translator


def kind(translator: Translator, field: Field) -> str:
    """The word for one field of a model; a model without a palette does not say whether its pictures are photos."""
    return "label map" if field.is_label else "photo" if translator.classes else "picture"


def facts(translator: Translator) -> dict[str, object]:
    """All that the model folder says, and what follows from it; the hashes of the folder held when it was loaded."""
    return translator.about.told() | {
        "input": f"{kind(translator, translator.task.input)}s",
        "target": f"{kind(translator, translator.task.target)}s",
        "classes": list(translator.classes.names) if translator.classes else None,
        "parameters": translator.parameters,
        "dropout": translator.dropout,
        "moving_averages": translator.moving_averages,
    }


def told(translator: Translator) -> dict[str, str]:
    """The facts in words, by subject. A folder may hold any text; the words are printable lines."""
    about, field = translator.about, translator.task.input
    settings = {key: one_line(value) for key, value in about.settings.items()}
    classes = translator.classes.names if translator.classes else ()
    statistics = (
        "the moving averages of its training" if translator.moving_averages else "each picture's own statistics"
    )
    unsaid = "not written down"  # of a system that has no such setting
    return {
        "takes": f"{kind(translator, field)}s of {field.width}x{field.height} pixels, "
        f"the {about.halves['input']} halves of pairs",
        "gives": f"{kind(translator, translator.task.target)}s, the {about.halves['target']} halves",
        "classes": f"{len(classes)}: {', '.join(map(one_line, classes))}" if classes else "none",
        "network": f"{settings.get('generator', unsaid)}, {translator.parameters:,} parameters",
        "loss": settings.get("loss", unsaid),
        "use": f"dropout {'on' if translator.dropout else 'off'}, normalised by {statistics}",
        "training": f"{one_line(about.fingerprint)}, epoch {about.epoch}, chosen by {one_line(about.selected_by)}",
        "files": "whole: their SHA-256 are those in about.json",
    }
