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
    if task != "labelled":
        for key, value in (("classes", classes), ("attribute", attribute)):
            if value is not None:
                raise ProblemError(key, value, "null, because pictures have classes with data.task: labelled only")
    elif classes is None and attribute is None:
        raise ProblemError("classes", None, "given, or data.attribute, because data.task: labelled needs classes")
    elif classes is not None and attribute is not None:
        raise ProblemError("classes", classes, "null, because data.attribute says the classes already")
    elif classes is not None and dataset != "custom":
        words = f"null, because classes are those of your own pictures (data.dataset: custom), not of {dataset}"
        raise ProblemError("classes", classes, words)
    elif attribute is not None and dataset not in _WITH_LABEL_MAPS:
        words = f"null, because only {' and '.join(_WITH_LABEL_MAPS)} have label maps with the classes of cmp"
        raise ProblemError("attribute", attribute, words)
