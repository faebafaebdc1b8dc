"""All trainings of an ablation, one after the other, and the table of their scores."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pix2pix.base.errors import ParamsError, UserError
from pix2pix.base.files import CHECKOUT, remove, write_text
from pix2pix.pipeline import experiments, workspace
from pix2pix.pipeline.ablation.results import Result, read
from pix2pix.pipeline.ablation.table import markdown, table
from pix2pix.pipeline.ablation.variants import DEFAULT, possible
from pix2pix.reports import comparison

FOLDER = CHECKOUT / ".ablation"
CLONE, KEPT = FOLDER / "code", FOLDER / "rows"
FILES = CSV, _MARKDOWN, PAGE = tuple(CHECKOUT / f"reports/ablation.{kind}" for kind in ("csv", "md", "html"))


class Trained(NamedTuple):
    """The variants of an ablation, by name, after their training.

    Attributes:
        results: the results of the variants that were trained.
        absent: why other variants are impossible with these parameters.
        failed: a line for each variant that failed.
    """

    results: dict[str, Result]
    absent: dict[str, str]
    failed: dict[str, str]


def settings(words: Sequence[str], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, by path, that words such as `data.image_size=128 epochs=10` set; see `workspace.assigned`.

    Raises:
        ParamsError: a word has no `=`, or names a parameter that the variants vary or that the file does not have.
    """
    changes = workspace.assigned(words, base)
    if varied := changes.keys() & DEFAULT.keys():
        raise ParamsError(f"{', '.join(sorted(varied))}: the ablation itself varies it; leave it out")
    return changes


def train(text: str, content: dict[str, Any], changes: Mapping[str, Any]) -> Trained:
    """Train every variant that is possible.

    Args:
        text: the text of the parameters file.
        content: the content of that file, with the changes of this ablation.
        changes: the values that every variant changes, by path.

    Raises:
        UserError: the default variant failed, or another ablation is still running.
        StoppedError: a signal asked this process to stop.
    """
    variants, absent = possible(content)
    for reason in absent.values():
        print(f"left out: {reason}")
    remove(KEPT)
    experiments.clone(CLONE)
    trained = Trained({}, absent, {})
    for number, (name, variant) in enumerate(variants.items(), start=1):
        print(f"\n{number} of {len(variants)}: ablation-{name}, {variant.words}", flush=True)
        if experiments.run(CLONE, f"ablation-{name}", text, {**changes, **variant.varied}, "pix2pix ablation"):
            experiments.keep(CLONE, KEPT / name)
            trained.results[name] = read(variant, KEPT / name)
        elif name == "default":
            raise UserError("the default variant failed, and all others are compared with it; see above")
        else:
            trained.failed[name] = f"{name}: its run failed"
    return trained


def write(results: dict[str, Result], absent: Mapping[str, str]) -> str:
    """Write the table as CSV, Markdown and a page.

    Args:
        results: the results in the table, by variant; two or more, with the default one.
        absent: the reasons why other variants are not in the table, by name.

    Returns:
        The Markdown.
    """
    rows = table(results)
    text = markdown(rows, results, absent)
    write_text(CSV, rows.to_csv(float_format="%.6g", lineterminator="\n"))
    write_text(_MARKDOWN, text)
    write_text(PAGE, comparison.page({name: KEPT / name for name in results}, "Ablation"))
    return text


def scores(results: Mapping[str, Result]) -> dict[str, float]:
    """Return the scores of all variants, by measure and variant: `ssim/l1`."""
    return {
        f"{measure.key}/{name}": result.own[measure.key]
        for name, result in results.items()
        for measure in result.measures
    }
