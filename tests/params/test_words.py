"""Names of places, and names in the form that MLflow, file systems and command lines take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pix2pix.params import words


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("data/own", "own"), ("/x/v1.2/", "v1.2"), ("/x/edges.TAR.GZ", "edges"), ("pairs.zip", "pairs"),
        ("file:///x/a%2Fb.tgz", "b"), ("https://h.org/y.tar.xz?z=/w", "y"), ("/x/写真 館", "写真-館"), ("/x/...", ""),
        ("/x/" + "a" * 70, "a" * 60), ("/x/--a__b--", "a__b"), ("/x/a/../b", "b"),
        ("s3://sets/walls-256/manifest.json", "walls-256"), ("https://h.org", ""), ("http://me:quiet@[::1/a", "a"),
    ],
)  # fmt: skip
def test_a_place_has_the_name_of_its_last_part_without_an_archives_suffixes(place, name):
    assert words.of_place(place) == name


@given(st.text(max_size=80))
def test_a_cleaned_name_is_a_word_that_stays_as_it_is(text):
    clean = words.cleaned(text)
    assert words.cleaned(clean) == clean and len(clean) <= 60
    assert not set(clean) & set("/:@'\"`% \n\\")
    assert not clean or words.word(clean) == clean
