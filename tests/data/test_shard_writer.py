from pix2pix.data.shard_writer import Group, plan


def test_shards_are_full_but_the_last_and_what_no_role_uses_comes_after_them():
    roles = {"train": ["a/1", "a/2", "a/3"], "evaluation": ["b/1", "b/2"]}
    assert plan(roles, ["a/1", "a/2", "a/3", "b/1", "b/2", "c/1", "c/2", "c/3"], 2) == [
        Group(["a/1", "a/2"], "train", "train-00000-of-00002.tfrecord"),
        Group(["a/3"], "train", "train-00001-of-00002.tfrecord"),
        Group(["b/1", "b/2"], "evaluation", "evaluation-00000-of-00001.tfrecord"),
        Group(["c/1", "c/2"]),
        Group(["c/3"]),
    ]
