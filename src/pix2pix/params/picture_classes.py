"""The values of `data.classes` and `data.attribute`: the classes of whole pictures, for `data.task: labelled`."""

from pix2pix.params import palette as palettes
from pix2pix.params.messages import ProblemError, listed

# The data sets whose archive has a label map in the colours of cmp for each photo.
_WITH_LABEL_MAPS = ("facades", "sample")


def listed_names(value: list[str] | None) -> list[str] | None:
    """Return a value of `data.classes`.

    Raises:
        ValueError: it has fewer than two names, or names that cannot be told apart.
    """
    if value is None:
        return None
    palettes.check_names(value)
    if len(value) < 2:
        raise ValueError("must be null, or a list of two or more names of classes")
    return value


def class_of_cmp(value: str | None) -> str | None:
    """Return a value of `data.attribute`.

    Raises:
        ValueError: it is no class of the palette cmp.
    """
    if value is not None and value not in palettes.CMP:
        raise ValueError(f"must be null, or a class of the palette cmp: {listed(palettes.CMP)}")
    return value


def names(classes: list[str] | None, attribute: str | None) -> tuple[str, ...]:
    """Return the names of the classes by class id: those of `classes`, or without and with the attribute, or none."""
    return tuple(classes or ()) if attribute is None else (f"no {attribute}", attribute)


def agree(task: str, dataset: str, classes: list[str] | None, attribute: str | None) -> None:
    """Check that pictures have classes if the task asks for them, and that the data set can tell them.

    Raises:
        ProblemError: they have none, or too many, or the data set cannot.
    """
    said = {"classes": classes, "attribute": attribute}
    needed = _key(dataset) if task == "labelled" else None
    if task == "labelled" and needed is None:
        words = f"another one, because {dataset} has no classes of pictures; custom, facades and sample can have some"
        raise ProblemError("task", task, words)
    for key, value in said.items():
        if key != needed and value is not None:
            raise ProblemError(key, value, _null(task, dataset, needed))
    if needed and said[needed] is None:
        raise ProblemError(needed, None, f"given, because data.task: {task} needs classes")


def _key(dataset: str) -> str | None:
    """Return the key that says the classes of a data set; None if none can."""
    return "classes" if dataset == "custom" else "attribute" if dataset in _WITH_LABEL_MAPS else None


def _null(task: str, dataset: str, needed: str | None) -> str:
    if needed is None:
        return f"null, because pictures of data.task: {task} have no classes; those of labelled do"
    return f"null, because data.{needed} says the classes of data.dataset: {dataset}"
