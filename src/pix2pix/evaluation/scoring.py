"""The measures of a whole split: how like the real pictures its pictures are, and what a segmenter reads in them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import beside
from pix2pix.evaluation import checkerboard, colourfulness, likeness, measures, multiscale
from pix2pix.evaluation.colour import histograms, intersections
from pix2pix.evaluation.confusion import confusion, confusions, segmentation_scores
from pix2pix.evaluation.distances import EFFICIENTNET, INCEPTION, SetFeatures
from pix2pix.evaluation.features import FeatureNetwork, distance
from pix2pix.evaluation.intervals import SHARE, bounded, bounded_means
from pix2pix.evaluation.measure import ALONE, ANSWERS, COLOUR, CYCLE, LIKENESS, SEGMENTATION, Measure
from pix2pix.evaluation.measures import FEATURE_DISTANCE
from pix2pix.evaluation.segmentation import Reader

Image = NDArray[Any]
# Gets an input and, by name, what the generator reads beside it.
Translate = Callable[..., Image]
# Gets each pair's id and its pictures: `input`, `generated`, `real`, with classes `segmentation` and `truth`, and with
# a way back `again`.
Watch = Callable[[str, dict[str, Image]], None]


@dataclass(frozen=True)
class Measured:
    """The counts from which the scores of a split follow. What does not apply to the split is None or has no column.

    Attributes:
        images: one row for each image, by id; one column for each measure with `each_image`.
        colours: histograms of the real and of the measured picture, int64 `(images, 2, 3, bins)`; see `colour`.
        confusions: pixel counts, int64 `(images, classes, classes)`; see `confusion.confusion`.
        features: what each network sees in each picture, float32 `(images, values)`, by its name in
            `distances.MEASURES`; see `features.Features.mean` and `features.Inception.means`.
    """

    images: pd.DataFrame
    colours: NDArray[np.int64] | None = None
    confusions: NDArray[np.int64] | None = None
    features: Mapping[str, SetFeatures] = field(default_factory=dict)

    def scores(self) -> dict[str, float]:
        """Return the scores with their intervals, but those of sets, see `distances.of_networks`.

        Likeness, looks, answers and cycles are means over the images; the rest counts all pixels.
        """
        means = [measure.key for measure in measures.of(LIKENESS, *ALONE, ANSWERS, CYCLE) if measure.key in self.images]
        scores = bounded_means(self.images[means]) if means else {}
        if self.colours is not None:
            scores |= bounded(self.colours, intersections, SHARE)
        if self.confusions is not None:
            scores |= bounded(self.confusions, lambda counts: vars(segmentation_scores(counts)), SHARE)
        return scores


def measure(
    split: Examples,
    reader: Reader | None,
    translate: Translate,
    watch: Watch | None = None,
    back: Translate | None = None,
    network: FeatureNetwork | None = None,
) -> Measured:
    """Translate the inputs of a split, and compare the answers with the targets, if these belong to the inputs.

    Args:
        split: the examples.
        reader: None for a data set without classes.
        translate: a generator, or a baseline in its place.
        watch: gets every pair and its pictures, in the order of the split.
        back: a generator that turns answers into inputs; they are compared with the inputs.
        network: None for a data set whose targets are label maps.
    """
    rows, colours, confusions, features = [], [], [], defaultdict(list)
    for pair, example in zip(split.ids, split, strict=True):
        input_, target = example["input"], example["target"]
        shown = {"input": input_, "generated": (generated := translate(input_, **beside(example))), "real": target}
        row = (_likeness(target, generated) if split.has_pairs else {}) | _appearance(split, generated)
        if back is not None:
            shown["again"] = back(generated)
            row |= {measure.key: _function(measure)(input_, shown["again"]) for measure in measures.of(CYCLE)}
        if not COLOUR.lacks(split.task.target, classes=reader is not None, pairs=split.has_pairs):
            both = np.stack([histograms(target), histograms(generated)])
            colours.append(both)
            row |= intersections(both)
        if network is not None:
            seen = network(generated)
            features[EFFICIENTNET].append(seen.mean)
            row |= {FEATURE_DISTANCE.key: distance(network(target), seen)} if split.has_pairs else {}
            if network.inception:
                features[INCEPTION].extend(network.inception.means([generated]))
        if reader is not None:
            truth, answer = reader.truth(split.task, example), reader.generated(split.task, generated)
            confusions.append(confusion(truth, answer, len(reader.palette)))
            row |= _recognition(confusions[-1])
            shown |= {"segmentation": reader.palette.paint(answer), "truth": reader.palette.paint(truth)}
        rows.append(row)
        if watch is not None:
            watch(pair, shown)
    images = pd.DataFrame(rows, index=pd.Index(split.ids, name="id"))
    return Measured(
        images,
        np.stack(colours) if colours else None,
        np.stack(confusions) if confusions else None,
        {name: np.stack(each) for name, each in features.items()},
    )


def measure_real(split: Examples, reader: Reader | None, network: FeatureNetwork | None = None) -> Measured:
    """Measure how the real pictures look, and what the networks see in them; not their likeness to themselves."""
    rows = [_appearance(split, example["target"]) for example in split]
    features = features_of(network, lambda: (example["target"] for example in split)) if network else {}
    if reader is None:
        return Measured(pd.DataFrame(rows, index=pd.Index(split.ids, name="id")), features=features)
    truths_and_answers = ((reader.truth(split.task, each), reader.real(split.task, each)) for each in split)
    counts = confusions(truths_and_answers, len(reader.palette))
    rows = [row | _recognition(each) for row, each in zip(rows, counts, strict=True)]
    return Measured(pd.DataFrame(rows, index=pd.Index(split.ids, name="id")), None, counts, features)


def features_of(network: FeatureNetwork, pictures: Callable[[], Iterable[Image]]) -> dict[str, SetFeatures]:
    """Return `Measured.features` of a set of pictures, which `pictures` gives to each network anew."""
    found = {EFFICIENTNET: network.means(pictures())}
    return found | ({INCEPTION: network.inception.means(pictures())} if network.inception else {})


def _likeness(target: Image, generated: Image) -> dict[str, float]:
    """Return the measures of likeness of pixels, by key, for which the picture is large enough."""
    pixels = (row for row in measures.of(LIKENESS) if row is not FEATURE_DISTANCE)
    rows = [row for row in pixels if not row.too_small(min(target.shape[:2]))]
    return {row.key: _function(row)(target, generated) for row in rows}


def _appearance(split: Examples, picture: Image) -> dict[str, float]:
    """Return the measures of one picture alone, by key, that suit the targets."""
    groups = [group for group in ALONE if not group.lacks(split.task.target, classes=False)]
    files = colourfulness, checkerboard
    return {
        row.key: next(getattr(file, row.key) for file in files if hasattr(file, row.key))(picture)
        for row in (measures.of(*groups) if groups else ())
    }


def _function(row: Measure) -> Callable[[Image, Image], float]:
    """Return the function of a measure of likeness, whose key is its name, or of a cycle by a likeness."""
    name = row.key.removeprefix(f"{CYCLE.key}_")
    return next(getattr(file, name) for file in (likeness, multiscale) if hasattr(file, name))


def _recognition(counts: NDArray[np.int64]) -> dict[str, float]:
    """Return the segmentation scores of a single image, by key, for the measures with `each_image`."""
    scores = vars(segmentation_scores(counts))
    return {row.key: scores[row.key] for row in measures.of(SEGMENTATION) if row.each_image}
