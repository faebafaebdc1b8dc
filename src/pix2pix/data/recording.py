"""The way from the pictures of an archive to a manifest, whoever inspects the pictures and writes the shards."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pix2pix import params
from pix2pix.base.errors import DataError
from pix2pix.data import archive, labels, manifests, picture_classes, shard_writer, splits, tasks
from pix2pix.data.inspection import Facts
from pix2pix.data.manifests import Far, Manifest, RoleEntry, Shard
from pix2pix.data.origin import Origin
from pix2pix.data.shard_writer import Group, Written
from pix2pix.data.splits import Role
from pix2pix.data.survey import Survey

# The manifest has the most frequent sizes of pictures, so that photos of a thousand sizes do not fill it.
_SIZES = 5


class Recording:
    """Records that are being written, group by group.

    Attributes:
        groups: the pairs of each shard, and the pairs that no role uses.
    """

    def __init__(self, origin: Origin, pictures: archive.Pictures, data: params.Data, per_shard: int) -> None:
        """Plan the shards.

        Args:
            origin: where the archive came from.
            pictures: of the archive.
            data: the `data` section of the parameters.
            per_shard: the most pairs of a shard.

        Raises:
            DataError: the archive lacks a split.
        """
        self._origin, self._pictures, self._data = origin, pictures, data
        self._roles = pictures.roles()
        self.groups = shard_writer.plan(self._roles, pictures.files, per_shard)
        self._survey = Survey(pictures.files, data)
        self._shards: dict[Role, list[Shard]] = {role: [] for role in self._roles}

    def add(self, group: Group, written: Written) -> None:
        """Note what became of a group; each comes once, in the order of `groups`."""
        for pair, found in zip(group.pairs, written.found, strict=True):
            self._survey.add(pair, found)
        if group.role and written.shard:
            self._shards[group.role].append(written.shard)

    def manifest(self) -> Manifest:
        """Return the manifest after the last group.

        Raises:
            DataError: there are bad pictures, one line for each, or pictures that are not what `data` says
                (`Survey.refusals`).
        """
        if lines := self._survey.refusals(self._roles):
            raise DataError("\n".join(lines))
        data, fields = self._data, tasks.task(self._data).fields
        classes = labels.classes_of(data)
        kept = [facts for members in self._roles.values() for facts in self._survey.of(members)]
        return Manifest(
            format=manifests.FORMAT,
            dataset=self._origin.dataset,
            archive=self._origin.sha256,
            direction=data.direction,
            places=tasks.places(data),
            fit=data.fit,
            fields=fields,
            classes=list(classes.names) if classes else None,
            colours=manifests.colours_of(classes),
            class_names=list(data.class_names) or None,
            attribute_share=data.attribute_share if data.attribute else None,
            splits=Counter(pair.split("/")[0] for pair in self._pictures.files),
            roles={role: self._role(role, split) for role, split in splits.named(data).items() if role in self._roles},
            sizes=_sizes(kept, data.has_pairs),
            notes=Counter(facts.note for facts in kept if facts.note),
            far=_far(kept, [field.name for field in fields if field.is_label]),
            remarks=[*self._pictures.remarks, *self._survey.remarks(self._roles)],
        )

    def _role(self, role: Role, split: str) -> RoleEntry:
        """Return the manifest's entry of a role."""
        found, sides = self._survey.of(self._roles[role]), self._pictures.counts.get(role)
        ids = [facts.class_id for facts in found if facts.class_id is not None]
        names = self._data.class_names
        return RoleEntry(
            split=split,
            pairs=len(found),
            shards=self._shards[role],
            sides=sides,
            classes=picture_classes.counted(ids, names) if names else None,
            shares=_mean([facts.shares for facts in found if facts.shares]),
            **manifests.summed_up({facts.id: facts.sha256 for facts in found}, sides["input"] if sides else None),
        )


def _mean(shares: Sequence[Mapping[str, float]]) -> dict[str, float] | None:
    return {name: float(np.mean([each[name] for each in shares])) for name in shares[0]} if shares else None


def _sizes(found: Sequence[Facts], paired: bool) -> dict[str, int]:
    """Count the sizes of pictures; without pairs, a picture that is in several records counts once."""
    sizes = {facts.id if paired else facts.sha256["target"]: f"{facts.width}x{facts.height}" for facts in found}
    return dict(Counter(sizes.values()).most_common(_SIZES))


def _far(found: Sequence[Facts], labels: Sequence[str]) -> Far | None:
    """Return how far the label maps are from the palette; None if there are none."""
    shares = [facts.far[name] for facts in found if facts.far for name in labels]
    return Far(mean=float(np.mean(shares)), worst=max(shares)) if shares else None
