"""The facts about a trained model, for machines and in words."""

from pix2pix.base.errors import one_line
from pix2pix.data.tasks import Field
from pix2pix.models.about import About
from pix2pix.models.opening import Generator
from pix2pix.models.sampler import Sampler
from pix2pix.models.translator import Translator
from pix2pix.params.palette import entries, has_ids


def kind(model: Generator, field: Field) -> str:
    """Return the word for a field. Pictures are surely photos beside façades, and where grey ones get colours."""
    if model.about.made_for == "colourise":
        return "grey photo" if field.name == "input" else "colour photo"
    return "photo" if field.kind == "picture" and model.about.palette == "cmp" else field.kind


def channels(model: Generator, field: Field) -> str:
    """Say what channels and bits a field has, ` in grey of 16 bits`; nothing for 8-bit RGB, or if its word says it."""
    said = model.about.made_for == "colourise" and field.bits == 8
    return "" if said or field.asked.is_plain else f" in {field.asked}"


def facts(model: Generator) -> dict[str, object]:
    """Return everything that the model folder says, and what follows from it. Loading has checked the hashes."""
    if isinstance(model, Sampler):
        return model.about.told() | {"target": f"{model.task.target.kind}s", "parameters": model.parameters}
    return _facts(model)


def _facts(translator: Translator) -> dict[str, object]:
    return translator.about.told() | {
        "input": f"{kind(translator, translator.task.input)}s",
        "target": f"{kind(translator, translator.task.target)}s",
        "instances": translator.task.has_instances,
        "classes": list(translator.classes.names) if translator.classes else None,
        "parameters": translator.parameters,
        "dropout": translator.dropout,
        "moving_averages": translator.moving_averages,
    }


def told(model: Generator) -> dict[str, str]:
    """Return the facts in words, by subject. The folder may have any text, but the words are printable lines."""
    return _told_of_sampler(model) if isinstance(model, Sampler) else _told(model)


def _told_of_sampler(sampler: Sampler) -> dict[str, str]:
    about, made = sampler.about, sampler.task.target
    return {
        "takes": f"{sampler.noise_size} random numbers{' and a class' if sampler.classes else ''}",
        "gives": f"{kind(sampler, made)}s{channels(sampler, made)} of {made.width}x{made.height} pixels"
        f"{_half(about, 'target', ' of pairs')}",
        **({"classes": ", ".join(map(one_line, sampler.classes))} if sampler.classes else {}),
        "network": f"{one_line(about.system)}, {sampler.parameters:,} parameters",
        "use": "normalised by the moving averages of its training",
        **_origin(about),
    }


def _origin(about: About) -> dict[str, str]:
    return {
        "training": f"{one_line(about.fingerprint)}, epoch {about.epoch}, chosen by {one_line(about.selected_by)}",
        "files": "whole: each SHA-256 is the one in about.json",
    }


def _told(translator: Translator) -> dict[str, str]:
    about, field, made = translator.about, translator.task.input, translator.task.target
    settings = {key: one_line(value) for key, value in about.settings.items()}
    statistics = (
        "the moving averages of its training" if translator.moving_averages else "each picture's own statistics"
    )
    loss = settings.get("loss", settings.get("adversarial"))  # a bridge has no choice of losses
    seen = " that sees classes, not colours" if settings.get("label_input") == "one_hot" else ""
    return {
        "takes": f"{kind(translator, field)}s{channels(translator, field)} of {field.width}x{field.height} pixels"
        f"{_half(about, 'input', ' of pairs')}{', each with its instance map' if about.task.has_instances else ''}",
        "gives": f"{kind(translator, made)}s{channels(translator, made)}{_half(about, 'target')}",
        "classes": _classes(translator),
        "network": f"{settings.get('generator', one_line(about.system))}{seen}, {translator.parameters:,} parameters",
        **({"loss": loss} if loss else {}),
        "use": f"{_random(translator)}, normalised by {statistics}" if about.walk is None else about.walk.words,
        **_origin(about),
    }


def _random(translator: Translator) -> str:
    if not translator.random:
        return "neither dropout nor noise"
    return f"{' and '.join(translator.random)} {'on' if translator.dropout else 'off'}"


def _classes(translator: Translator) -> str:
    """The number of classes and their names, each with its id in the files if these have ids."""
    if translator.classes is None:
        return "none"
    said = translator.about.palette
    ids = {name: entry.id for name, entry in entries(said).items()} if has_ids(said) else {}
    names = [f"{one_line(name)} (id {ids[name]})" if ids else one_line(name) for name in translator.classes.names]
    return f"{len(names)}: {', '.join(names)}"


def _half(about: About, name: str, of: str = "") -> str:
    """The half of the training pairs that a field was; nothing if each field had files of its own."""
    return f", the {about.halves[name]} halves{of}" if about.halves else ""
