"""The page of a run: what was asked, what came out, and how to make it again, in one HTML file.

The same inputs give the same bytes, and nothing on the page asks another machine for anything. The words and the
looks are in `report.html`; here the inputs are read and pictures, curves and tables are made ready for it.
"""

import base64
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
from matplotlib.ticker import MaxNLocator
from PIL import Image as PillowImage

from pix2pix.data import labels, tasks
from pix2pix.errors import DataError
from pix2pix.files import read_json
from pix2pix.params import Params
from pix2pix.pictures import GAP, Image, load_rgb

JPEG_QUALITY = 88
LARGEST_SIDE = 512  # larger pictures are shrunk, so that the page can still be sent by mail
FRAMES = 8  # epochs of which samples are shown
HOUSES = 4  # pairs shown of each
POINTS = 200  # of a curve: more cannot be told apart at its width

# What the left and the right halves of each dataset show; of one with classes the task knows.
HALVES = {
    "facades": ("photos", "label maps"),
    "sample": ("photos", "label maps"),
    "cityscapes": ("photos", "label maps"),
    "maps": ("aerial photos", "maps"),
    "edges2shoes": ("edges", "shoes"),
    "edges2handbags": ("edges", "handbags"),
    "night2day": ("photos by day", "photos by night"),
}

Read = TypeVar("Read")


@dataclass(frozen=True)
class Run:
    """What the other stages wrote, under the names of their files.

    Attributes:
        validation: empty where nothing was set aside to look at.
        confusion: pixels by true class (rows) and read class (columns); None without FCN-scores.
        samples: the sample grids by their epoch, in order.
    """

    manifest: dict[str, Any]
    train: dict[str, float]
    times: dict[str, Any]
    losses: pd.DataFrame
    validation: pd.DataFrame
    samples: dict[int, Path]
    segmenter: dict[str, float]
    scores: dict[str, float]
    images: pd.DataFrame
    confusion: pd.DataFrame | None
    about: dict[str, Any]


@dataclass(frozen=True)
class Tile:
    """One pair of the gallery: its scores and its pictures, `(name, data URI)` from input to segmentation."""

    scores: dict[str, Any]
    pictures: list[tuple[str, str]]


@dataclass(frozen=True)
class Chart:
    """Curves over the epochs, in the units of an SVG of `WIDTH` x `HEIGHT`.

    Attributes:
        lines: name, points and last value of each curve.
        neutral: where an undecided discriminator would be, as `(y, value)`, or None.
        columns, rows: the ticks, `(place, label)`.
    """

    WIDTH, HEIGHT = 400, 200
    LEFT, RIGHT, TOP, BOTTOM = 34, 392, 10, 176

    title: str
    note: str
    lines: list[tuple[str, str, float]]
    neutral: tuple[float, float] | None
    columns: list[tuple[float, str]]
    rows: list[tuple[float, str]]


def page(params: Params, root: Path = Path()) -> str:
    """The page as HTML.

    Args:
        params: those the run was made with.
        root: the folder that the inputs' paths start from.

    Raises:
        DataError: an input is absent or damaged, or the scores are not of the manifest's pairs.
    """
    try:
        return _render(params, _read_run(params, root), root)
    except (KeyError, TypeError, UndefinedError) as error:
        raise DataError(f"an input of the report lacks what it needs ({error}); `dvc repro` makes it anew") from None


def _render(params: Params, run: Run, root: Path) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["value"] = _value
    ranked = run.images.sort_values(["ssim", "id"], ascending=[False, True])
    source, target = _halves(params)
    return environment.get_template("report.html").render(
        params=params,
        sections=_sections(params),
        run=run,
        source=source,
        target=target,
        by_colour=tasks.task(params.data).target_is_label,
        likeness=ranked.describe().to_dict(),
        shown=_tile(ranked.iloc[len(ranked) // 2], run, root),
        gallery={
            name: [_tile(row, run, root) for _, row in rows.iterrows()]
            for name, rows in choose(ranked, params.report.gallery_pairs).items()
        },
        film=_film(run.samples),
        charts=_charts(params, run),
        classes=_classes(run.confusion),
        shares=_shares(run.manifest),
        colours=_colours(params),
    )


def choose(ranked: pd.DataFrame, count: int) -> dict[str, pd.DataFrame]:
    """The best, median and worst rows in equal parts, or all of them where there are no more than `count`."""
    if len(ranked) <= count:
        return {"All, best first": ranked}
    best, worst = -(-count // 3), count // 3
    middle = count - best - worst
    first = (len(ranked) - middle) // 2
    parts = {
        "Best": ranked.iloc[:best],
        "Middle": ranked.iloc[first : first + middle],
        "Worst": ranked.iloc[len(ranked) - worst :],
    }
    return {name: rows for name, rows in parts.items() if len(rows)}


def _read_run(params: Params, root: Path) -> Run:
    scores = _json(root / "metrics/evaluate.json", "evaluate")
    looked = params.data.selection_split != "none"
    run = Run(
        manifest=_json(root / "data/records/manifest.json", "prepare"),
        train=_json(root / "metrics/train.json", "train"),
        times=_json(root / "reports/training/times.json", "train"),
        losses=_table(root / "reports/training/losses.csv", "train", "step", "generator_l1"),
        validation=(
            _table(root / "reports/training/validation.csv", "train", "epoch", "validation_l1")
            if looked
            else pd.DataFrame()
        ),
        samples=_samples(root / "reports/training/samples", looked),
        segmenter=_json(root / "metrics/segmenter.json", "segmenter"),
        scores=scores,
        images=_table(root / "reports/images.csv", "evaluate", "id", "ssim"),
        confusion=_confusion(root / "reports/confusion.csv") if "generated_class_iou" in scores else None,
        about=_json(root / "models/generator/about.json", "train"),
    )
    pairs = {pair["id"] for pair in run.manifest["pairs"] if pair["role"] == "evaluation"}
    if set(run.images["id"]) != pairs:
        raise DataError(f"{root / 'reports/images.csv'}: not the manifest's evaluation pairs; run `dvc repro evaluate`")
    return run


def _read(path: Path, stage: str, parse: Callable[[Path], Read]) -> Read:
    try:
        return parse(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; `dvc repro {stage}` makes it") from None
    except (ValueError, SyntaxError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # of the disk, not of what the file holds; Pillow's have no number
        reason = " ".join(str(error).split())
        raise DataError(
            f"{path}: cannot be read ({reason}); remove it, and `dvc repro {stage}` makes it anew"
        ) from None


def _json(path: Path, stage: str) -> Any:
    return _read(path, stage, read_json)


def _table(path: Path, stage: str, *columns: str) -> pd.DataFrame:
    """A CSV file with at least these columns; an id such as "NA" or "007" is a text."""

    def parse(path: Path) -> pd.DataFrame:
        table = pd.read_csv(path, dtype={"id": str, "class": str}, keep_default_na=False, na_values=[""])
        if missing := [column for column in columns if column not in table]:
            raise ValueError(f"it has no column {missing[0]}")
        return table

    return _read(path, stage, parse)


def _confusion(path: Path) -> pd.DataFrame:
    table = _table(path, "evaluate", "class").set_index("class")
    return table[table.index]


def _samples(folder: Path, looked: bool) -> dict[int, Path]:
    samples = {int(path.stem.removeprefix("epoch-")): path for path in sorted(folder.glob("epoch-*.png"))}
    if looked and not samples:
        raise DataError(f"{folder}: no sample pictures; `dvc repro train` makes them")
    return samples


def _halves(params: Params) -> tuple[str, str]:
    """What the generator is given and what it is asked for, in words."""
    task = tasks.task(params.data)
    if task.input_is_label:
        return "label maps", "photos"
    if task.target_is_label:
        return "photos", "label maps"
    return task.input_and_target(*HALVES.get(params.data.dataset, ("left halves", "right halves")))


def _sections(params: Params) -> dict[str, dict[str, Any]]:
    """The parameters by section; what stands outside of one under "run"."""
    sections: dict[str, dict[str, Any]] = {}
    for path, value in params.flat().items():
        section, _, key = path.rpartition(".")
        sections.setdefault(section or "run", {})[key] = value
    return sections


def _value(value: Any) -> str:
    """A parameter as `params.yaml` writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _colours(params: Params) -> dict[str, str]:
    """The CSS colour of each class."""
    palette = params.data.palette
    if palette == "none":
        return {}
    if isinstance(palette, dict):
        return {name: f"rgb({', '.join(map(str, colour))})" for name, colour in palette.items()}
    return {
        name: f"rgb({', '.join(map(str, colour))})"
        for name, colour in zip(labels.CMP.names, labels.CMP.colours, strict=True)
    }


def _shares(manifest: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The mean share of each class among the pixels, by role; empty without classes."""
    rows = pd.DataFrame([{"role": pair["role"], **pair["shares"]} for pair in manifest["pairs"] if pair.get("shares")])
    if rows.empty or not manifest["classes"]:
        return {}
    means = rows.groupby("role")[manifest["classes"]].mean()
    return {role: means.loc[role].to_dict() for role in ("train", "selection", "evaluation") if role in means.index}


def _classes(confusion: pd.DataFrame | None) -> list[dict[str, Any]]:
    """A row a class: name, its share of the pixels, its IoU, and how its pixels were read, as shares by class."""
    if confusion is None:
        return []
    true, read = confusion.sum(axis=1), confusion.sum(axis=0)
    right = pd.Series({name: confusion.loc[name, name] for name in confusion.index})
    table = pd.DataFrame({"share": true / true.sum(), "iou": right / (true + read - right)})
    shares = confusion.div(true, axis=0)
    return [{"name": name, **table.loc[name], "read": shares.loc[name].to_dict()} for name in confusion.index]


def _tile(row: "pd.Series[Any]", run: Run, root: Path) -> Tile:
    stem = str(row["id"]).replace("/", "-")
    names = ["input", "generated", "real"]
    pictures = [(name, _jpeg(_picture(root, f"{stem}-{name}.png"))) for name in names]
    if run.confusion is not None:
        pictures.append(("segmentation", _jpeg(_picture(root, f"{stem}-segmentation.png"))))
    return Tile({str(name): value for name, value in row.items()}, pictures)


def _picture(root: Path, name: str) -> Image:
    return _read(root / "reports/pictures" / name, "evaluate", load_rgb)


def _jpeg(picture: Image) -> str:
    """A picture as a data URI, its longest side at most `LARGEST_SIDE`."""
    image = PillowImage.fromarray(picture)
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=JPEG_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def _film(samples: dict[int, Path]) -> list[dict[str, Any]]:
    """The sampled pairs side by side: their inputs, what was generated after some epochs, and the real pictures.

    Returns:
        Strips from top to bottom: `{"name": "input" | "generated" | "real", "epoch": int | None, "pictures": URIs}`.
    """
    if not samples:
        return []
    epochs = list(samples)
    spread = sorted({round(i * (len(epochs) - 1) / (FRAMES - 1)) for i in range(FRAMES)})
    last = _columns(samples[epochs[-1]])
    return [
        {"name": "input", "epoch": None, "pictures": last[0]},
        *({"name": "generated", "epoch": epochs[i], "pictures": _columns(samples[epochs[i]])[1]} for i in spread),
        {"name": "real", "epoch": None, "pictures": last[2]},
    ]


def _columns(path: Path) -> list[list[str]]:
    """The pictures of a sample grid (see `pictures.grid`) by column: inputs, generated, real."""
    sheet = _read(path, "train", load_rgb)
    side = (sheet.shape[1] - 4 * GAP) // 3
    step = side + GAP
    tops = range(GAP, sheet.shape[0] - side + 1, step)[:HOUSES]
    return [[_jpeg(sheet[top : top + side, left : left + side]) for top in tops] for left in range(GAP, 3 * step, step)]


def _charts(params: Params, run: Run) -> list[Chart]:
    epochs = run.losses["step"] * run.train["epochs"] / run.train["steps"]
    logged = {str(name): pd.DataFrame({"epoch": epochs, "value": run.losses[name]}) for name in run.losses}
    return [*_adversarial(logged, params.train.discriminator_loss), _l1(logged, run)]


def _adversarial(logged: dict[str, pd.DataFrame], rule: str) -> list[Chart]:
    """The charts of the two players; none if there was no discriminator."""
    if "discriminator_loss" not in logged:
        return []
    undecided = math.log(2)
    terms = {"real pictures": logged["discriminator_real"], "generated ones": logged["discriminator_fake"]}
    both = 2 * undecided if rule == "sum" else undecided
    return [
        _chart("Discriminator", f"The {rule} of its two terms.", {"loss": logged["discriminator_loss"]}, both),
        _chart("Its two terms", "Lower: it tells them apart.", terms, undecided),
        _chart("Generator", "Lower: it fools the discriminator.", {"loss": logged["generator_gan"]}, undecided),
    ]


def _l1(logged: dict[str, pd.DataFrame], run: Run) -> Chart:
    """L1 while training, halved from the loss's [-1, 1] to the range 0 to 1, beside that on pairs put aside."""
    learnt = logged["generator_l1"]
    curves = {"while training": learnt.assign(value=learnt["value"] / 2)}
    if len(run.validation):
        split = run.manifest["roles"]["selection"]["split"]
        curves[f"on {split}"] = run.validation.rename(columns={"validation_l1": "value"})
    return _chart("L1", "Of a range 0 to 1. Lower: nearer to the real picture.", curves)


def _chart(title: str, note: str, curves: dict[str, pd.DataFrame], neutral: float | None = None) -> Chart:
    """A chart of curves with the columns `epoch` and `value`."""
    end = max(float(curve["epoch"].iloc[-1]) for curve in curves.values())
    curves = {name: _thin(curve) for name, curve in curves.items()}
    heights = [*pd.concat(curves.values())["value"], *([] if neutral is None else [neutral])]
    rows = MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(min(heights), max(heights))
    columns = [tick for tick in MaxNLocator(5, integer=True).tick_values(0, end) if tick <= end]

    def across(epoch: float) -> float:
        return round(Chart.LEFT + epoch / end * (Chart.RIGHT - Chart.LEFT), 1)

    def up(value: float) -> float:
        return round(Chart.BOTTOM - (value - rows[0]) / (rows[-1] - rows[0]) * (Chart.BOTTOM - Chart.TOP), 1)

    def points(curve: pd.DataFrame) -> str:
        return " ".join(f"{across(x)},{up(y)}" for x, y in zip(curve["epoch"], curve["value"], strict=True))

    return Chart(
        title=title,
        note=note,
        lines=[(name, points(curve), curve["value"].iloc[-1]) for name, curve in curves.items()],
        neutral=None if neutral is None else (up(neutral), neutral),
        columns=[(across(tick), f"{tick:g}") for tick in columns],
        rows=[(up(tick), f"{tick:.3g}") for tick in rows],
    )


def _thin(curve: pd.DataFrame) -> pd.DataFrame:
    """A curve of at most `POINTS` points, each the mean of equally many neighbours."""
    return curve.groupby(curve.index // math.ceil(len(curve) / POINTS)).mean()
