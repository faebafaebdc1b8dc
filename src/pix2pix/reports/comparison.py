"""The page of several runs, side by side on the same images.

`comparison.html` has the words; this file reads the runs and compares them with the first one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pix2pix import params
from pix2pix.base.errors import DataError, ParamsError
from pix2pix.data.labels import Palette, palette_of
from pix2pix.data.tasks import Field
from pix2pix.evaluation import differences, distances, floors, measures
from pix2pix.evaluation.intervals import too_few
from pix2pix.evaluation.measure import (
    ANSWERS,
    APPEARANCE,
    ASKED,
    COLOUR,
    CYCLE,
    HELD_OUT,
    LIKENESS,
    OTHER_CLASS,
    PATTERN,
    SAMPLES,
    SEGMENTATION,
)
from pix2pix.evaluation.terms import Terms, terms
from pix2pix.params import words
from pix2pix.params.renamed import PRESENT
from pix2pix.reports import layout, scoreboard, training_charts
from pix2pix.reports.layout import Gallery, Order, Picture, Tile
from pix2pix.reports.results import read
from pix2pix.reports.run import Run, read_run
from pix2pix.reports.scoreboard import Board
from pix2pix.web import looks

_AT_FIRST = 12  # the number of pairs that the gallery shows at first
# The rows of an enlarged pair: the kind of the picture that all runs share, and the kind of each run's own picture.
ROWS = (("input", "generated"), ("real", "error"), ("truth", "segmentation"))
WORDS = {"truth": "true classes", "segmentation": "classes read", "error": "error map"}


@dataclass(frozen=True)
class Compared:
    """A run on the page: its name there, its files, and its parameters by path."""

    name: str
    run: Run
    asked: dict[str, Any]

    @property
    def data_set(self) -> str:
        """The name of the data set. The parameters are as a file has them, so they are not checked again."""
        dataset, name, url, path = (self.asked.get(f"data.{key}") for key in ("dataset", "name", "url", "path"))
        return words.called(str(dataset), name and str(name), url and str(url), str(path))


def page(runs: Mapping[str, Path], title: str | None = None) -> str:
    """Return the page as HTML: parameters that differ, scores, differences to the first run, curves and pictures.

    Args:
        runs: the folders of two or more runs, by their names on the page. A folder has `params.yaml` and the files that
            `read_run` reads. All runs are compared with the first one.
        title: the title of the page; by default the names of the runs.

    Raises:
        DataError: there are fewer than two runs, a file is missing or damaged, or the runs were not evaluated on the
            same pairs for the same task.
    """
    if len(runs) < 2:
        raise DataError("a comparison takes two runs or more")
    try:
        compared = [Compared(name, read_run(folder), _asked(folder)) for name, folder in runs.items()]
        for other in compared[1:]:
            _check_same(compared[0], other)
        return _render(compared, title or " and ".join([", ".join(list(runs)[:-1]), list(runs)[-1]]))
    except (DataError, ParamsError) as error:
        raise DataError(_of_run(str(error), runs)) from None


def _of_run(words: str, runs: Mapping[str, Path]) -> str:
    """Put the name of a run before an error that begins with a file of this run."""
    inside = [name for name, folder in runs.items() if words.startswith(f"{folder}/")]
    name = max(inside, key=lambda name: len(str(runs[name])), default=None)
    return words if name is None else f"the run {name}: {words}"


def _asked(folder: Path) -> dict[str, Any]:
    """Return the parameters of the run by path, as DVC noted them, because params.yaml may have been edited since.

    The parameters of an older run get the paths that they have now.
    """
    path, lock = folder / "params.yaml", folder / "dvc.lock"
    content = (lock.exists() and _noted(lock)) or params.read(path)
    if not isinstance(content, dict):
        raise DataError(f"{path}: it has no sections; restore it from git")
    flat: dict[str, Any] = {}
    for name, value in content.items():
        flat |= {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
    return {PRESENT.get(path, path): value for path, value in flat.items()}


def _noted(lock: Path) -> dict[str, Any] | None:
    """Return the parameters with which DVC made the report; None if it has made none."""
    try:
        stages = params.read(lock)["stages"]
        return dict(stages["report"]["params"]["params.yaml"]) if "report" in stages else None
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{lock}: not as DVC writes it; `dvc repro` there writes it anew") from None


def _check_same(first: Compared, other: Compared) -> None:
    one, its = _terms(first), _terms(other)
    both = f"{first.name} and {other.name} cannot be compared"
    if task := one.other_task(its):
        raise DataError(f"{both}: they have different tasks ({task})")
    if pictures := one.other_pictures(its):
        raise DataError(f"{both}: they were scored on different pictures ({pictures})")


def _terms(compared: Compared) -> Terms:
    manifest, fields = compared.run.manifest, compared.run.about.fields
    return terms(
        {name: Field(name, **dict(field)) for name, field in fields if field},
        manifest.direction,
        _palette(compared.run),
        compared.data_set,
        manifest.roles["evaluation"].split,
        manifest.roles["evaluation"].pairs,
        manifest.roles["evaluation"].pictures,
        compared.run.example,
    )


def _palette(run: Run) -> Palette | None:
    return palette_of(run.about.palette, run.about.ignore)


def _render(compared: list[Compared], title: str) -> str:
    first = compared[0]
    palette = _palette(first.run)
    # Segmenters that read the same classes in the same photos are taken for the same one.
    one_reader = all(each.run.confusions["real"].equals(first.run.confusions["real"]) for each in compared)
    ranked = first.run.ranked
    ids = layout.spread(ranked, len(_kinds(first.run)) * (len(compared) + 1), first.run.size)
    rank = first.run.rank
    tiles = [_tile(compared, pair) for pair in ids]
    if not first.run.sampled:
        tiles.sort(key=lambda tile: tile.values[rank.key], reverse=rank.higher_is_better)
    return layout.render(
        "comparison.html",
        title=title,
        proportions=looks.proportions(first.run.size),
        rank=rank,
        compared=compared,
        evaluated=first.run.manifest.roles["evaluation"],
        differing=_differing(compared),
        one_reader=one_reader,
        too_few=too_few(len(first.run.images)),
        segmenter_warnings=_segmenter_warnings(compared),
        boards=_boards(compared, one_reader),
        cautions=distances.cautions(len(first.run.images), {key for each in compared for key in each.run.scores}),
        differences=_differences(compared, palette if one_reader else None),
        shown=_tile(compared, ranked[len(ranked) // 2]),
        gallery_=Gallery(
            tiles, _orders(first), _AT_FIRST, len(ranked), columns=len(compared) + (not first.run.sampled)
        ),
        example=first.run.example,
        charts=training_charts.of_runs({each.name: each.run for each in compared}),
        colours=layout.colours(palette),
    )


def _segmenter_warnings(compared: list[Compared]) -> dict[str, list[str]]:
    """Return the names of the runs whose FCN-scores mean nothing, by the reason."""
    warned: dict[str, list[str]] = {}
    for each in compared:
        if words := each.run.segmenter_warning:
            warned.setdefault(words, []).append(each.name)
    return warned


def _differing(compared: list[Compared]) -> dict[str, list[Any]]:
    """Return the values of the parameters that differ between runs, by path."""
    paths = dict.fromkeys(path for each in compared for path in each.asked)
    values = {path: [layout.without_secrets(each.asked.get(path, "–")) for each in compared] for path in paths}
    return {path: found for path, found in values.items() if any(value != found[0] for value in found)}


def _boards(compared: list[Compared], one_reader: bool) -> dict[str, Board]:
    """Return the scores of the runs, between the ceiling and the floor of the first run's evaluation."""
    first, reference = compared[0].run, compared[0].name
    models = [(each.name, each.name, each.run.subject("generated")) for each in compared]
    # A slash keeps these keys apart from names of runs.
    ends = {key: (f"/{key}", first.subject(key)["name"], first.subject(key)) for key in first.subjects.index}
    ceiling, floor = ([ends[key] for key in keys if key in ends] for keys in (["real"], floors.NAMES))
    blank = [ends[key] for key in ("noise", "mean", OTHER_CLASS) if key in ends]
    of_real = [ends[key] for key in ("training", "real") if key in ends]
    ceiling_of_sets = [ends[key] for key in ("real", HELD_OUT) if key in ends]
    return {
        "segmentation": (
            scoreboard.board([*ceiling, *models, *floor], measures.of(SEGMENTATION), reference)
            if one_reader
            else scoreboard.board(models, measures.of(SEGMENTATION))
        ),
        "likeness": scoreboard.board([*models, *floor], measures.of(LIKENESS), reference),
        "colours": scoreboard.board([*ceiling, *models, *floor], measures.of(COLOUR, APPEARANCE), reference),
        "cycles": scoreboard.board(models, measures.of(CYCLE), reference),
        "pattern": scoreboard.board([*ceiling, *models, *floor], measures.of(PATTERN), reference),
        "answers": scoreboard.board([*ceiling, *models], measures.of(ANSWERS), reference),
        "distances": scoreboard.board([*of_real, *models, *floor, *blank], measures.SETS, reference),
        "samples": scoreboard.board([*ceiling_of_sets, *models, *blank], measures.of_noise(classes=True), reference),
    }


def _differences(compared: list[Compared], palette: Palette | None) -> Board:
    """Return the scores of the other runs minus those of the first, on the same images."""
    if compared[0].run.sampled or not compared[0].run.manifest.paired:
        return _differences_of_sets(compared)
    per_image = partial(differences.per_image, palette=palette)
    first, *others = (read(each.run.folder / "reports", "evaluate", per_image) for each in compared)
    rows = [
        (
            each.name,
            f"{each.name} − {compared[0].name}",
            differences.differences(measured, first) | differences.of_sets(each.run.scores, compared[0].run.scores),
        )
        for each, measured in zip(compared[1:], others, strict=True)
    ]
    return scoreboard.board(rows, measures.compared(), differences=True)


def _differences_of_sets(compared: list[Compared]) -> Board:
    """Return the scores of the other runs, whose pictures have no real ones beside them, minus those of the first."""
    first, *others = compared
    rows = [
        (each.name, f"{each.name} − {first.name}", differences.of_sets(each.run.scores, first.run.scores))
        for each in others
    ]
    return scoreboard.board(rows, measures.of(SAMPLES, ASKED), differences=True)


def _kinds(run: Run) -> list[tuple[str, str]]:
    """Return the rows of an enlarged pair; see `ROWS`."""
    if run.sampled:
        return [("real", "generated")]
    there = {"generated": True, "error": run.manifest.paired, "segmentation": bool(run.classes)}
    return [(shared, own) for shared, own in ROWS if there[own]]


def _tile(compared: list[Compared], pair: str) -> Tile:
    """Make the tile of a pair. Each of `_kinds` is a row: the picture that all runs share, then one of each run."""
    if compared[0].run.sampled:
        return _tile_of_samples(compared, pair)
    rows = [each.run.image(pair) for each in compared]
    pictures = []
    for shared, own in _kinds(compared[0].run):
        hidden = own != "generated"
        pictures.append(_picture(compared[0].run, pair, shared, WORDS.get(shared, shared), hidden and shared != "real"))
        pictures += [
            _picture(each.run, pair, own, f"{each.name}: {WORDS[own]}" if own in WORDS else each.name, hidden)
            for each in compared
        ]
    rank = compared[0].run.rank
    shown = {rank.short: rank.key} | ({"right class": "generated_pixel_accuracy"} if compared[0].run.classes else {})
    gains = {key: sum(row[key] - rows[0][key] for row in rows) / (len(rows) - 1) for key in shown.values()}
    scores = {name: [f"{row[key]:.3f}" for row in rows] for name, key in shown.items()}
    return Tile(
        id=pair,
        values={**gains, "place": rows[0]["place"]},
        words=" · ".join(f"{name} {' / '.join(found)}" for name, found in scores.items()),
        figures={
            name: " · ".join(f"{each.name} {score}" for each, score in zip(compared, found, strict=True))
            for name, found in scores.items()
        },
        pictures=pictures,
    )


def _tile_of_samples(compared: list[Compared], id_: str) -> Tile:
    """Make the tile of the pictures that the runs have made from noises of one number."""
    place = compared[0].run.image(id_)["place"]
    made = [_picture(each.run, id_, "generated", each.name, hidden=False) for each in compared]
    return Tile(id=f"sample {place + 1}", values={"place": place}, words="", figures={}, pictures=made)


def _picture(run: Run, pair: str, kind: str, name: str, hidden: bool) -> Picture:
    return Picture(name, layout.data_uri(run.picture(pair, kind)), hidden)


def _orders(first: Compared) -> list[Order]:
    """Return the ways to order the pairs, by how far the other runs are above the first on average."""
    if first.run.sampled:
        return [Order("place", "Number", "First", "Last", descending=False)]
    read_classes = [
        Order("generated_pixel_accuracy", "Right class gained", "Most right class gained", "Most right class lost")
    ]
    rank = first.run.rank
    better, worse = ("gained", "lost") if rank.higher_is_better else ("lost", "gained")
    likeness = Order(
        rank.key,
        f"{rank.short} {better}",
        f"Most {rank.short} {better}",
        f"Most {rank.short} {worse}",
        descending=rank.higher_is_better,
    )
    return [
        likeness,
        *(read_classes if first.run.classes else []),
        Order("place", "Id", "First by id", "Last by id", descending=False),
    ]
