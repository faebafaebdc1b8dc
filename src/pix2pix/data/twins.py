"""The same picture in two roles: what was trained on cannot be evaluated, nor can it choose an epoch."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from pix2pix.data.inspection import Facts
from pix2pix.data.plausibility import NAMED, named
from pix2pix.data.splits import Role
from pix2pix.data.tasks import Task

# All pairs of one content in one role and in another: ids and role of each.
_Twins = tuple[list[str], Role, list[str], Role]


def refusals(
    found: Mapping[str, Facts], roles: Mapping[Role, Sequence[str]], task: Task, has_pairs: bool = True
) -> list[str]:
    """The pairs that are in two roles under different names, a line each, and what to do.

    Pairs are the same if all their fields are, or, where there are label maps, if their photos are: two label maps may
    be drawn for one photo, but a network that has seen the photo knows it. Only equal pixels count.

    Args:
        found: the facts about every pair, by its id.
        roles: the pair ids of every role.
        task: the fields.
        has_pairs: whether input and target belong together. If they do not, no picture of either side may be in two
            roles.
    """
    fields = _pictures(task)
    paired = [[task.photo.name] if _has_classes(task) else fields]
    lines: list[str] = []
    for names in paired if has_pairs else [[name] for name in fields]:
        twins = list(_twins(found, roles, names))
        what = "are the same picture" if has_pairs else f"have the same {names[0]}"
        lines += _told(twins, what, "keep it in one role only") if twins else []
    return lines


def remarks(found: Mapping[str, Facts], roles: Mapping[Role, Sequence[str]], task: Task) -> list[str]:
    """Pairs of different roles that share one field, a line each: equal label maps, or equal inputs or targets.

    They are about an archive without `refusals`: its pairs share no more than that field.
    """
    names = [task.label.name] if _has_classes(task) else _pictures(task)
    lines = []
    for name in names:
        twins = list(_twins(found, roles, [name]))
        lines += _told(twins, f"have the same {name} ({task[name].kind})", "") if twins else []
    return lines


def _pictures(task: Task) -> list[str]:
    """Return the names of the fields that are pictures or label maps. Classes are alike in many pictures."""
    return [field.name for field in task.fields if field.kind != "class"]


def _has_classes(task: Task) -> bool:
    kinds = {field.kind for field in task.fields}
    return {"picture", "label map"} <= kinds


def _twins(found: Mapping[str, Facts], roles: Mapping[Role, Sequence[str]], names: Sequence[str]) -> Iterator[_Twins]:
    """All pairs of each two roles for every content that both have under different names."""
    places: dict[tuple[str, ...], dict[Role, list[str]]] = defaultdict(lambda: defaultdict(list))
    for role, members in roles.items():
        for pair in members:
            places[tuple(found[pair].sha256[name] for name in names)][role].append(pair)
    for by_role in places.values():
        for (role, pairs), (other_role, others) in combinations(by_role.items(), 2):
            if pairs != others:
                yield pairs, role, others, other_role


def _told(twins: Sequence[_Twins], what: str, cure: str) -> list[str]:
    lines = [
        f"{named(pairs)} ({role}) and {named(others)} ({other_role}) {what}"
        for pairs, role, others, other_role in twins[:NAMED]
    ]
    more = len(twins) - len(lines)
    lines += [f"… and {more:,} more"] if more else []
    return [*lines[:-1], f"{lines[-1]}; {cure}"] if cure else lines
