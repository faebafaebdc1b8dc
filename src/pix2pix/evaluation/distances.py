"""How far two sets of pictures are apart by the features of a network.

All measures follow from the inner products of the features of each two pictures, so parts of the sets are compared
without looking at a picture again. Each function has the key of its measure for a name.
"""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.evaluation.evenly import evenly
from pix2pix.evaluation.intervals import SHARE, jackknifed, wilson
from pix2pix.evaluation.measures import NETWORK, VALUES

# The features of a set, float32 `(pictures, values)`.
SetFeatures = NDArray[np.float32]
Numbers = NDArray[np.float64]
# The neighbours that count, in the sources' own experiments.
_NEIGHBOURS, _MORE_NEIGHBOURS = 3, 5
# With fewer pictures, a part without some of them has no fifth neighbour.
FEWEST = _MORE_NEIGHBOURS + 2
# At most so many pictures of a set count, spread evenly, because intervals of more would take hours. The fewer count,
# the larger the Fréchet distance is, so it cannot be compared with published ones of larger sets; see `cautions`.
MOST = 512


class Products(NamedTuple):
    """The inner products of real and made pictures, float64.

    Attributes:
        real: of each two real pictures, `(real, real)`.
        made: of each two made pictures, `(made, made)`.
        between: of each real and each made picture, `(real, made)`.
        values: the number of features.
    """

    real: Numbers
    made: Numbers
    between: Numbers
    values: int

    @classmethod
    def of(cls, real: SetFeatures, made: SetFeatures) -> "Products":
        """Return the products of two sets."""
        one, other = real.astype(np.float64), made.astype(np.float64)
        return cls(one @ one.T, other @ other.T, one @ other.T, real.shape[1])

    def part(self, kept: NDArray[np.int64]) -> "Products":
        """Return the products of the pictures of these numbers; a number that a set does not have is left out."""
        rows, columns = kept[kept < len(self.real)], kept[kept < len(self.made)]
        return Products(
            self.real[np.ix_(rows, rows)],
            self.made[np.ix_(columns, columns)],
            self.between[np.ix_(rows, columns)],
            self.values,
        )


def frechet_distance(products: Products) -> float:
    """Fréchet distance between two normal distributions that have the means and covariances of the sets.

    It is the formula of FID (Heusel et al. 2017, equation 6): the squared distance of the means, plus the trace of both
    covariances, less twice the trace of the square root of their product. This last trace is the sum of the singular
    values of the centred products between the sets. At least 0; 0 for equal sets.
    """
    real, made, between, _ = products
    means = real.mean() + made.mean() - 2 * between.mean()
    traces = sum((np.trace(each) - len(each) * each.mean()) / (len(each) - 1) for each in (real, made))
    centred = between - between.mean(axis=0) - between.mean(axis=1, keepdims=True) + between.mean()
    shared = np.linalg.svd(centred, compute_uv=False).sum() / np.sqrt((len(real) - 1) * (len(made) - 1))
    return max(float(means + traces - 2 * shared), 0.0)


def kernel_distance(products: Products) -> float:
    """Squared maximum mean discrepancy by the kernel `(xᵀy / values + 1)³`, times 1000.

    The kernel is that of KID (Bińkowski et al. 2018). The estimate is unbiased (Gretton et al. 2012, lemma 6), so it
    may be below 0. No picture is compared with itself, and none with its partner, the one of its number in the other
    set (their equation 4): it is unbiased for pairs, too.
    """
    real, made, between = (_mean_of_others((each / products.values + 1) ** 3) for each in products[:3])
    return 1000 * (real + made - 2 * between)


def _mean_of_others(kernel: Numbers) -> float:
    """Return the mean without the diagonal."""
    return float((kernel.sum() - np.trace(kernel)) / (kernel.size - min(kernel.shape)))


def precision(products: Products) -> float:
    """Share of the made pictures that lie among real ones: as near to one as its third neighbour is, or nearer.

    Kynkäänniemi et al. 2019, equations 1 and 2.
    """
    return float((_between(products) <= _reach(products.real, _NEIGHBOURS)[:, None]).any(axis=0).mean())


def recall(products: Products) -> float:
    """Share of the real pictures that lie among made ones: `precision` with the sets in each other's place."""
    return float((_between(products) <= _reach(products.made, _NEIGHBOURS)).any(axis=1).mean())


def density(products: Products) -> float:
    """Number of real pictures among whose five neighbours a made one would be, divided by five, on average.

    Naeem et al. 2020, equation 3. It is 1 on average for equal distributions, and it has no upper bound.
    """
    near = _between(products) <= _reach(products.real, _MORE_NEIGHBOURS)[:, None]
    return float(near.sum(axis=0).mean() / _MORE_NEIGHBOURS)


def coverage(products: Products) -> float:
    """Share of the real pictures that have a made one as near as their fifth neighbour is, or nearer.

    Naeem et al. 2020, equation 4.
    """
    return float((_between(products) <= _reach(products.real, _MORE_NEIGHBOURS)[:, None]).any(axis=1).mean())


def fid(products: Products) -> float:
    """Fréchet Inception distance (Heusel et al. 2017): `frechet_distance` by the features of the Inception network."""
    return frechet_distance(products)


def kid(products: Products) -> float:
    """Kernel Inception distance (Bińkowski et al. 2018), times 1000: `kernel_distance` by these features."""
    return kernel_distance(products)


def _between(products: Products) -> Numbers:
    """Return the squared distance of each real and each made picture, `(real, made)`."""
    return np.diag(products.real)[:, None] + np.diag(products.made) - 2 * products.between


def _reach(products: Numbers, neighbours: int) -> Numbers:
    """Return the squared distance of each picture to that neighbour in its set, `(pictures,)`."""
    lengths = np.diag(products)
    apart = lengths[:, None] + lengths - 2 * products
    np.fill_diagonal(apart, -1)  # a picture is no neighbour of its own
    return np.partition(apart, neighbours, axis=1)[:, neighbours]


_ANY = (-np.inf, np.inf)
_NOT_NEGATIVE = (0.0, np.inf)
# The networks that look, by the names of their modules.
EFFICIENTNET, INCEPTION = "efficientnet_lite0", "inception"
# The measures by the features of each network, each with the range of its values.
MEASURES: Mapping[str, Mapping[Callable[[Products], float], tuple[float, float]]] = {
    EFFICIENTNET: {
        frechet_distance: _NOT_NEGATIVE,
        kernel_distance: _ANY,
        precision: SHARE,
        recall: SHARE,
        density: _NOT_NEGATIVE,
        coverage: SHARE,
    },
    INCEPTION: {fid: _NOT_NEGATIVE, kid: _ANY},
}


def of_networks(real: Mapping[str, SetFeatures], made: Mapping[str, SetFeatures]) -> dict[str, float]:
    """Return the scores of two sets by the features of each network that has seen both.

    Args:
        real, made: the features of the sets by the network's name in `MEASURES`.
    """
    both = [name for name in MEASURES if name in real and name in made]
    return {key: value for name in both for key, value in scores(real[name], made[name], name).items()}


def scores(real: SetFeatures, made: SetFeatures, network: str = EFFICIENTNET) -> dict[str, float]:
    """Return the measures of two sets with the bounds of their intervals; see `intervals.jackknifed`.

    The real and the made picture of a number are left out together. A jackknife says that a share of 0 or 1 has no
    error, however few pictures there are. So the interval of a share contains Wilson's.

    Args:
        real, made: the features of the sets. `MOST` pictures of each count at most.
        network: the network that has seen them, by its name in `MEASURES`.

    Returns:
        `{key: …, key_low: …, key_high: …}`; nothing if a set has fewer than `FEWEST` pictures.
    """
    if min(len(real), len(made)) < FEWEST:
        return {}
    by, (real, made) = MEASURES[network], (each[evenly(len(each), MOST)] for each in (real, made))
    products = Products.of(real, made)

    def scored(parts: list[NDArray[np.int64]]) -> list[dict[str, float]]:
        return [{each.__name__: each(part) for each in by} for part in map(products.part, parts)]

    found = jackknifed(max(len(real), len(made)), scored)
    ranges = {f"{each.__name__}{end}": within for each, within in by.items() for end in ("_low", "_high")}
    found = {name: float(np.clip(value, *ranges.get(name, _ANY))) for name, value in found.items()}
    shares = {precision: len(made), recall: len(real), coverage: len(real)}
    for name, pictures in ((each.__name__, shares[each]) for each in by if each in shares):
        low, high = wilson(round(found[name] * pictures), pictures)
        found |= {f"{name}_low": min(found[f"{name}_low"], low), f"{name}_high": max(found[f"{name}_high"], high)}
    return found


def too_few(pictures: int) -> str:
    """Say why there are no distances; "" if there are."""
    if pictures >= FEWEST:
        return ""
    return f"too few pictures ({pictures}): the fifth neighbour of each is looked for, which takes {FEWEST} or more"


def cautions(pictures: int, scores: Collection[str]) -> list[str]:
    """Say how the distances among some scores are to be read, in a few sentences each.

    Args:
        pictures: the number of pictures of each set.
        scores: the names of the scores.
    """
    compared, said = min(pictures, MOST), []
    if "frechet_distance" in scores:
        said.append(
            f"{compared} pictures are fewer than the {VALUES} features of {NETWORK}. So the Fréchet distance is far "
            "above that of more pictures, and only distances of as many pictures can be compared. The kernel distance "
            "has no such bias."
        )
    if "fid" in scores:
        said.append(
            "FID and KID are not verified: no published value was reproduced with this Inception network. FID is the "
            f"Fréchet distance by its features, and KID the kernel distance; at most {MOST} pictures of each set count."
        )
    return said
