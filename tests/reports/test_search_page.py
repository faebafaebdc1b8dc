"""The page of a search, from made-up trials."""

import pytest
from markup import Reader

from pix2pix.evaluation.watched import L1
from pix2pix.reports.search import Importance, Row, page

ROWS = [
    Row(7, "finished", 0.10, {"model.lambda_l1": "48.97", "train.resize": "nearest"}, 61.2),
    Row(0, "finished", 0.15, {"model.lambda_l1": "147", "train.resize": "bicubic"}, 58.0),
    Row(3, "finished", 0.20, {"model.lambda_l1": "12", "train.resize": "bicubic"}, None),
    Row(8, "pruned after epoch 2", None, {"model.lambda_l1": "220", "train.resize": "<b>"}, None),
    Row(9, "failed", None, {}, None),
]
SHARES = Importance({"model.lambda_l1": 0.75, "train.resize": 0.25}, "")


def read(rows=ROWS, shares=SHARES):
    return Reader(page("search-abcdef", "validation_l1", L1, rows, shares))


def test_nothing_is_asked_of_another_machine_and_all_is_closed():
    shown = read()
    addresses = [has[key] or "" for _, has in shown.elements for key in ("src", "href") if key in has]
    assert addresses and all(address.startswith("#") for address in addresses)
    targets = {has.get("id") for _, has in shown.elements}
    assert {address[1:] for address in addresses} <= targets
    assert shown.open == []


def test_the_best_trial_comes_first_and_each_stands_on_the_scale():
    text = page("search-abcdef", "validation_l1", L1, ROWS, SHARES)
    places = [float(part.split('"')[0]) for part in text.split('style="--at:')[1:]]
    assert places == pytest.approx([0, 0.5, 1])
    words = read().words
    assert "Best trial, number 7 0.100" in words and "search-abcdef-7" in words
    assert "pruned after epoch 2" in words and "failed" in words and "lower is better" in words
    assert "<b>" not in text and "&lt;b&gt;" in text


def test_what_matters_is_said_in_per_cent_or_why_nothing_is_known():
    words = read().words
    assert "75%" in words and "25%" in words
    assert "too few trials" in read(shares=Importance({}, "too few trials")).words


def test_a_single_trial_has_a_page():
    assert "Best trial, number 7" in read(ROWS[:1]).words
