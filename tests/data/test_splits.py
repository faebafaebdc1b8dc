import pytest
from hypothesis import given
from hypothesis import strategies as st

from pix2pix.base.errors import DataError
from pix2pix.data import splits

# `printf train/1 | sha256sum` and so on, from the lowest to the highest.
ORDER = ["5", "3", "9", "4", "2", "8", "1", "7", "10", "6"]
TEN = [f"train/{n}" for n in range(1, 11)]
VAL = ["val/1", "val/2"]


def test_plain_splits_are_taken_as_they_are():
    ids = [*TEN, *VAL, "test/1"]
    assert splits.roles(ids, "test", "val") == {"train": TEN, "evaluation": ["test/1"], "selection": VAL}
    assert splits.roles(ids, "val", "none") == {"train": TEN, "evaluation": VAL}


def test_the_lowest_hashes_are_taken_out_of_training_evaluation_first():
    roles = splits.roles(TEN, "train:3", "train:2")
    names = {role: {pair.split("/")[1] for pair in pairs} for role, pairs in roles.items()}
    assert names == {"evaluation": set(ORDER[:3]), "selection": set(ORDER[3:5]), "train": set(ORDER[5:])}
    assert list(roles) == ["train", "evaluation", "selection"]


def test_pairs_keep_their_order_within_a_role():
    for pairs in splits.roles(TEN, "train:4", "train:3").values():
        assert pairs == sorted(pairs, key=TEN.index)


def test_the_choice_does_not_depend_on_the_other_pairs():
    many = [f"train/{n}" for n in range(1, 41)]
    few = many[:30]
    chosen = splits.roles(few, "train:5", "none")["evaluation"]
    kept = [pair for pair in splits.roles(many, "train:5", "none")["evaluation"] if pair in few]
    assert set(kept) <= set(chosen)


def test_evaluating_on_train_is_evaluating_on_what_is_trained_on():
    roles = splits.roles(TEN, "train", "train:4")
    assert roles["evaluation"] == roles["train"]
    assert len(roles["train"]) == 6
    assert not set(roles["selection"]) & set(roles["train"])


@pytest.mark.parametrize(
    ("evaluation", "selection"), [("train:10", "none"), ("train:6", "train:4"), ("val", "train:99")]
)
def test_nothing_left_to_train_on_is_refused(evaluation, selection):
    with pytest.raises(DataError, match="leaves none of"):
        splits.roles([*TEN, *VAL], evaluation, selection)


def test_an_archive_without_train_is_refused():
    with pytest.raises(DataError, match=r"nothing to train on: this archive has val \(2\) only"):
        splits.roles(VAL, "val", "none")


def test_a_lacking_split_is_named_with_the_way_out():
    facades = [f"train/{n}" for n in range(1, 401)] + [f"val/{n}" for n in range(1, 101)]
    with pytest.raises(DataError) as caught:
        splits.roles(facades, "test", "val")
    assert str(caught.value) == (
        "data.evaluation_split = test: this archive has train (400) and val (100) only; "
        "set data.evaluation_split: val and data.selection_split: train:40"
    )


@pytest.mark.parametrize(
    ("ids", "evaluation", "selection"),
    [
        (TEN, "test", "val"),
        ([*TEN, *VAL], "test", "val"),
        ([*TEN, "test/1"], "test", "val"),
        ([*TEN, *VAL], "val", "test"),
        (TEN, "train:2", "val"),
    ],
)
def test_the_way_out_is_one(ids, evaluation, selection):
    with pytest.raises(DataError) as caught:
        splits.roles(ids, evaluation, selection)
    words = str(caught.value).split()
    roles = splits.roles(ids, words[words.index("data.evaluation_split:") + 1], words[-1])
    assert all(roles.values())


@given(st.integers(2, 60), st.integers(1, 20), st.integers(1, 20))
def test_held_out_pairs_are_apart_and_of_the_number_asked_for(count, evaluation, selection):
    ids = [f"train/{n}" for n in range(count)]
    if evaluation + selection >= count:
        return
    roles = splits.roles(ids, f"train:{evaluation}", f"train:{selection}")
    assert sorted(pair for pairs in roles.values() for pair in pairs) == sorted(ids)
    assert (len(roles["evaluation"]), len(roles["selection"])) == (evaluation, selection)


def test_the_work_on_a_pair_does_not_grow_with_the_number_of_pairs():
    looked_up = 0

    class Counted(str):
        def __hash__(self):
            nonlocal looked_up
            looked_up += 1
            return super().__hash__()

    splits.roles([Counted(f"train/{n}") for n in range(1000)], "train:400", "train:400")
    assert looked_up < 10 * 1000
