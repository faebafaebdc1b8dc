"""The keys that say the classes of whole pictures, and what is refused of them."""

import pytest
from pydantic import ValidationError

from pix2pix.params import Data

LABELLED = {"task": "labelled", "palette": "none", "direction": "left_to_right"}
CUSTOM = {"dataset": "custom", "path": ".", "name": "own", **LABELLED}


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def test_the_names_of_the_classes_come_from_either_key():
    assert Data(**CUSTOM, classes=["b", "a"]).class_names == ("b", "a")
    assert Data(**LABELLED | {"direction": "auto"}, dataset="facades", attribute="shop").class_names == (
        "no shop",
        "shop",
    )
    assert Data().class_names == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (CUSTOM, "given, because data.task: labelled needs classes"),
        (LABELLED | {"dataset": "sample"}, "given, because data.task: labelled needs classes"),
        (CUSTOM | {"classes": ["a", "b"], "attribute": "shop"}, "null, because data.classes says the classes of"),
        (LABELLED | {"dataset": "facades", "classes": ["a", "b"]}, "null, because data.attribute says the classes of"),
        (LABELLED | {"dataset": "maps", "attribute": "shop"}, "another one, because maps has no classes of pictures"),
        (
            LABELLED | {"dataset": "bricks", "classes": ["a", "b"]},
            "pictures, because bricks has single pictures",
        ),
        ({"attribute": "shop"}, "null, because pictures of data.task: pairs have no classes; those of labelled do"),
        (CUSTOM | {"classes": ["a"]}, "a list of two or more names"),
        (CUSTOM | {"classes": ["a", " a"]}, "another name for every class"),
        (LABELLED | {"dataset": "sample", "attribute": "tree"}, "a class of the palette cmp: background, facade"),
        (LABELLED | {"dataset": "sample", "attribute": "shop", "attribute_share": 0.0}, "greater than 0"),
    ],
)
def test_what_does_not_fit_is_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        Data(**changes)
