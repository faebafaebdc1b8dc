"""How the distances between sets of pictures grow as photos of façades get worse, and what they cost.

    python -m bench.distances FACADES

FACADES is the published archive, `facades.tar.gz`. A hundred photos of its training split, as they are and made worse,
are compared with the hundred of val. The time is that of an evaluation's row of a hundred pairs, with and without
features.
"""

import argparse
import io
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pix2pix.base import framework

framework.import_tensorflow()

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Field, Task
from pix2pix.evaluation import distances, measures
from pix2pix.evaluation.features import FeatureNetwork, distance
from pix2pix.evaluation.scoring import measure

Photo = NDArray[np.uint8]
NUMBER, SIDE, ROUNDS = 100, 256, 3


def blurred(photo: Photo, radius: float) -> Photo:
    """Blur a photo by a Gaussian of this standard deviation in pixels."""
    return np.asarray(Image.fromarray(photo).filter(ImageFilter.GaussianBlur(radius)))


def noisy(photo: Photo, deviation: float) -> Photo:
    """Add normal noise of this standard deviation in grey levels, the same for each photo."""
    noise = np.random.default_rng(0).normal(0, deviation, photo.shape)
    return np.clip(photo + noise, 0, 255).astype(np.uint8)


def compressed(photo: Photo, quality: float) -> Photo:
    """Return a photo as JPEG of this quality keeps it."""
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "JPEG", quality=int(quality))
    return np.asarray(Image.open(stream))


# The ways to make a photo worse, each with its levels, the mildest first; and their names.
WORSE: Mapping[Callable[[Photo, float], Photo], tuple[float, ...]] = {
    blurred: (1, 2, 4),
    noisy: (15, 40, 80),
    compressed: (30, 10, 3),
}
_NAMES: Mapping[Callable[[Photo, float], Photo], str] = {
    blurred: "blurred, by {:g} px",
    noisy: "noise of {:g} levels",
    compressed: "JPEG of quality {:g}",
}


def photos(archive: Path, split: str, number: int) -> list[Photo]:
    """Return the first photos of a split, uint8 `(256, 256, 3)`: the left halves."""
    with tarfile.open(archive) as held:
        names = [f"facades/{split}/{each}.jpg" for each in range(1, number + 1)]
        whole = [Image.open(io.BytesIO(held.extractfile(name).read())) for name in names]  # type: ignore[union-attr]
    return [np.asarray(each.convert("RGB"))[:, :SIDE] for each in whole]


def main() -> None:
    """Measure, and print a table and the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="facades.tar.gz")
    archive = parser.parse_args().archive
    network = FeatureNetwork()
    val, train = (photos(archive, split, NUMBER) for split in ("val", "train"))
    real = network.means(val)
    titles = ["photos of train", *(row.short.partition(",")[0] for row in measures.FEATURES), "feature distance"]
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for name, made in _sets(train):
        scores = distances.scores(real, network.means(made))
        spoilt = np.mean([distance(network(one), network(other)) for one, other in zip(train, made, strict=True)])
        print(f"| {name} | {' | '.join(_cell(scores, row) for row in measures.FEATURES)} | {spoilt:.3f} |", flush=True)
    for name, given in (("without", None), ("with", network)):
        seconds = sorted(_seconds(val, given) for _ in range(ROUNDS))
        print(f"a row of {NUMBER} pairs {name} features: {seconds[ROUNDS // 2]:.1f} s")


def _sets(photos: list[Photo]) -> Iterator[tuple[str, list[Photo]]]:
    yield "as they are", photos
    for worse, levels in WORSE.items():
        named = _NAMES[worse].format
        yield from ((named(level), [worse(photo, level) for photo in photos]) for level in levels)


def _cell(scores: Mapping[str, float], row: measures.Measure) -> str:
    value, low, high = (row.show(scores[f"{row.key}{bound}"]) for bound in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"


def _seconds(photos: list[Photo], network: FeatureNetwork | None) -> float:
    """Return the time of a row whose answers are the targets."""
    task = Task(tuple(Field(name, "picture", SIDE, SIDE, 3) for name in ("input", "target")))
    pairs = [{"input": photo, "target": photo} for photo in photos]
    split = Examples([f"val/{number}" for number in range(len(photos))], task, pairs.__getitem__)
    start = time.perf_counter()
    measure(split, None, lambda photo: photo, network=network)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
