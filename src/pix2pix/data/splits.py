"""Give each pair a role: training, selection (looked at while training), or evaluation (scored after it)."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pix2pix.base.errors import DataError, number_of
from pix2pix.params import Data

Role = Literal["train", "selection", "evaluation"]
# The order in which the roles choose their pairs. Evaluation comes first, because its scores are reported.
_HELD_OUT: tuple[Role, Role] = ("evaluation", "selection")


def named(data: Data) -> dict[Role, str]:
    """Return the split of every role, as the `data` section names it."""
    return {"train": "train", "evaluation": data.evaluation_split, "selection": data.selection_split}


def roles(ids: Sequence[str], evaluation_split: str, selection_split: str, what: str = "pair") -> dict[Role, list[str]]:
    """Return the pair ids of every role.

    `train:N` takes N pairs out of training: the N pairs whose ids have the lowest SHA-256, so that a larger archive
    changes few of them. `train` means the training pairs themselves, which are still trained on.

    Args:
        ids: pair ids, `split/name`.
        evaluation_split: train, val, test or train:N.
        selection_split: the same, or none.
        what: the word for an example.

    Returns:
        Ids in the order of `ids`, by role: `train`, `evaluation` and, unless its split is none, `selection`.

    Raises:
        DataError: the archive lacks a split, or no pair is left to train on.
    """
    wanted = dict(zip(_HELD_OUT, (evaluation_split, selection_split), strict=True))
    splits = {split: [pair for pair in ids if pair.split("/")[0] == split] for split in ("train", "val", "test")}
    if not splits["train"]:
        raise DataError(f"there is nothing to train on: this archive has {counted(ids)} only")
    chosen: dict[Role, list[str]] = {}
    for role, split in wanted.items():
        if ":" in split:
            chosen[role] = _take(splits["train"], int(split.split(":")[1]), f"data.{role}_split = {split}", what)
            taken = set(chosen[role])
            splits["train"] = [pair for pair in splits["train"] if pair not in taken]
    for role, split in wanted.items():
        if split in splits and not splits[split]:
            raise DataError(_lacking(role, split, ids))
        if split in splits:
            chosen[role] = splits[split]
    return {"train": splits["train"], **{role: chosen[role] for role in _HELD_OUT if role in chosen}}


def counted(ids: Sequence[str]) -> str:
    """Say how many pairs each split has, such as `train (400) and val (100)`."""
    counts = Counter(pair.split("/")[0] for pair in ids)
    return " and ".join(f"{split} ({count})" for split, count in counts.items())


def _take(pairs: Sequence[str], count: int, key: str, what: str) -> list[str]:
    if count >= len(pairs):
        raise DataError(f"{key}: leaves none of {number_of(len(pairs), what)} to train on; take fewer")
    lowest = set(sorted(pairs, key=lambda pair: hashlib.sha256(pair.encode()).hexdigest())[:count])
    return [pair for pair in pairs if pair in lowest]


def _lacking(role: Role, split: str, ids: Sequence[str]) -> str:
    """Say which splits the archive has instead, and name parameters that suit it."""
    present = {pair.split("/")[0] for pair in ids}
    share = max(sum(pair.startswith("train/") for pair in ids) // 10, 1)
    other = next((name for name in ("test", "val") if name in present), None)
    evaluation = other or f"train:{share}"
    selection = f"train:{share}" if other else "none"
    return (
        f"data.{role}_split = {split}: this archive has {counted(ids)} only; "
        f"set data.evaluation_split: {evaluation} and data.selection_split: {selection}"
    )
