"""`pix2pix promote`: the newest scored model against the one in use."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pix2pix.base import framework
from pix2pix.base.errors import DataError, UserError, one_line
from pix2pix.commands import model
from pix2pix.evaluation import measures
from pix2pix.evaluation.differences import PerImage, differences, of_sets
from pix2pix.evaluation.intervals import FEWEST, too_few
from pix2pix.evaluation.measure import SAMPLES, SEGMENTATION, Measure

if TYPE_CHECKING:
    from pix2pix.tracking.champion import Version

_TITLES = ("challenger", "champion", "difference")


def run(options: Namespace) -> None:
    """Print the scores of both, and make the challenger the champion unless it is worse.

    It is worse if the 95% interval of the difference on the same pictures lies wholly on the worse side of 0. If the
    two cannot be told apart, the newer one wins.

    Raises:
        UserError: there is no challenger, its files are not whole, it is worse, or the two cannot be compared: they
            have too few pictures in common for an interval, for example.
    """
    framework.import_tensorflow()  # tracking needs it
    from pix2pix.tracking.champion import CHALLENGER, CHAMPION, holder, promote
    from pix2pix.tracking.store import shown_uri, tracking_uri

    name = options.name or model.own_name()
    challenger, champion = (holder(tracking_uri(), name, alias) for alias in (CHALLENGER, CHAMPION))
    if challenger is None:
        raise DataError(
            f"{name} has no challenger in MLflow at {shown_uri()}: "
            "`dvc repro` trains and scores a model, which becomes one"
        )
    print(
        f"{name} in MLflow at {shown_uri()}: version {challenger.number} is the challenger, "
        + (f"version {champion.number} the champion" if champion else "and there is no champion yet")
    )
    if champion is not None:
        _refuse_other(challenger, champion)
    apart = _differences(challenger, champion) if champion else {}
    print(_table(challenger, champion, apart))
    if champion is not None:
        _refuse_few(len(challenger.images))
        _refuse_worse(apart, options.metric)
    promote(tracking_uri(), challenger)
    print(f"version {challenger.number} is the champion now: models:/{name}@{CHAMPION}")


def _refuse_other(challenger: "Version", champion: "Version") -> None:
    """Refuse to compare versions of other tasks or of other evaluation pictures.

    Raises:
        UserError: they are, or one was scored by an earlier version of this program and the records differ.
    """
    both = f"versions {challenger.number} and {champion.number} of {challenger.name}"
    if challenger.terms is None or champion.terms is None:
        if challenger.data != champion.data:
            raise DataError(
                f"{both} were scored on different pictures, or in different directions, so neither can be called "
                "better; score both on the same records, or give one a name of its own (`tracking.model_name`)"
            )
    elif task := challenger.terms.other_task(champion.terms):
        raise DataError(
            f"{both} have different tasks ({task}), so neither can be called better; nothing is changed. Give the new "
            "model a name of its own: set `tracking.model_name` in params.yaml, then `dvc repro`"
        )
    elif pictures := challenger.terms.other_pictures(champion.terms):
        raise DataError(
            f"{both} were scored on different pictures ({pictures}), so neither can be called better; score both on "
            "the same ones"
        )


def _differences(challenger: "Version", champion: "Version") -> dict[str, float]:
    """The challenger's scores minus the champion's, with bounds; see `differences.differences`.

    Raises:
        DataError: the scores of one are damaged, or of other pictures.
    """
    if measures.lead(SAMPLES).key in challenger.scores:
        return of_sets(challenger.scores, champion.scores)  # the terms say whether the real pictures are the same
    one, other = map(_images, (challenger, champion))
    if not one.likeness.index.equals(other.likeness.index):
        raise DataError(
            f"versions {challenger.number} and {champion.number} of {challenger.name} were scored on different "
            "pictures, so neither can be called better; score both on the same ones"
        )
    # If the scores on the real photos differ, two segmenters have read the classes.
    ceiling = [measure.figure("real") for measure in measures.of(SEGMENTATION)]
    if any(challenger.scores.get(name) != champion.scores.get(name) for name in ceiling):
        one = PerImage(one.likeness, None)
    return differences(one, other) | of_sets(challenger.scores, champion.scores)


def _images(version: "Version") -> PerImage:
    try:
        return PerImage.of_table(version.images)
    except ValueError as error:
        raise DataError(
            f"version {version.number}: its scores image by image cannot be read ({one_line(error)}); "
            "`dvc repro --single-item --force evaluate` with its parameters scores it again"
        ) from None


def _table(challenger: "Version", champion: "Version | None", apart: Mapping[str, float]) -> str:
    """The scores of both with their intervals, a line for each measure."""
    lines: list[tuple[str, ...]] = [("", *_TITLES) if champion else ("", _TITLES[0])]
    for measure in measures.compared():
        if (name := measure.figure()) in challenger.scores:
            scores = [_cell(each.scores, name, measure) for each in (challenger, champion) if each]
            gain = [_cell(apart, measure.key, measure, "+")] if champion else []
            better = measure.wanted or ("more" if measure.higher_is_better else "less")
            lines.append((f"{measure.title}, {better} is better", *scores, *gain))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _cell(scores: Mapping[str, float], name: str, measure: Measure, sign: str = "") -> str:
    if name not in scores:
        return "-"
    if f"{name}_low" not in scores:
        return measure.show(scores[name], sign)
    value, low, high = (measure.show(scores[name + bound], sign) for bound in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"


def _refuse_few(pictures: int) -> None:
    """Refuse to replace a champion where nothing says whether the challenger is worse.

    Raises:
        UserError: there are too few pictures for an interval.
    """
    if reason := too_few(pictures):
        raise UserError(
            f"{reason}, so nothing says whether the challenger is worse; nothing is changed. Evaluate both on "
            f"{FEWEST} pictures or more"
        )


def _refuse_worse(apart: Mapping[str, float], name: str) -> None:
    """Refuse a challenger that is worse by the measure of this key.

    Raises:
        UserError: the interval of the difference lies on the worse side of 0, or no difference is known.
    """
    known = {measure.key: measure for measure in measures.deciding() if measure.key in apart}
    if name not in known:
        raise DataError(
            f"{name}: no difference is known, since two segmenters have read the classes, or there are none, or it was "
            f"not measured for both; --metric takes {', '.join(known)}"
        )
    low, high = apart[f"{name}_low"], apart[f"{name}_high"]
    no_worse = high >= 0 if known[name].higher_is_better else low <= 0
    if not no_worse:  # NaN is no reason to promote
        raise UserError(
            f"the challenger is worse: its {known[name].title} differs by {apart[name]:+.3f} [{low:+.3f}, "
            f"{high:+.3f}]; nothing is changed"
        )
