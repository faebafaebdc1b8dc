"""The page of a model that starts from noise, on a started server and in a real browser."""

import base64
import io
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from browser import chromium
from made_sampler import save_sampler, save_sampler_with_classes
from PIL import Image
from playwright.sync_api import sync_playwright
from served import served
from tiny import save_generator
from waiting import held, until

from pix2pix.app import server
from pix2pix.app.models import Models
from pix2pix.app.noise_calls import NoiseCalls
from pix2pix.base.errors import UserError
from pix2pix.commands import model
from pix2pix.commands.model import Catalogue
from pix2pix.models.sampler import Sampler

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium here: `apt-get install chromium`"),
]


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """Open the page of a model. In the end nothing may have been complained of."""
    monkeypatch.setattr(model, "BESIDE", tmp_path / "beside")
    monkeypatch.setattr(Catalogue, "in_mlflow", lambda _: [])
    troubles = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])

        def open_(folder):
            application = server.page(NoiseCalls(Models(Catalogue(str(folder)))).all(), "noise.html")
            address = stack.enter_context(served(application))
            page = browser.new_page()
            page.on("console", lambda message: troubles.append(message.text))
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.goto(address)
            stack.callback(page.close)
            until(page, lambda: len(source(page, "#made")) > 100)
            return page

        with ExitStack() as stack:
            yield open_
        browser.close()
    assert troubles == []


def source(page, place: str) -> str:
    return page.eval_on_selector(place, "image => image.src")


def picture(page, place: str) -> np.ndarray:
    """The picture that the page shows at a place."""
    data = source(page, place).partition(",")[2]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_another_class_keeps_the_noise(opened, tmp_path):
    folder = save_sampler_with_classes(tmp_path / "generator")
    sampler, page = Sampler.load(Path(folder)), opened(folder)
    assert page.eval_on_selector_all("#class option", "all => all.map(each => each.text)") == ["no shop", "shop"]
    assert np.array_equal(picture(page, "#drawn img"), sampler(0, 0, 0))
    page.click("#drawn button:nth-child(4)")  # the first end of the way
    until(page, lambda: np.array_equal(picture(page, "#first"), sampler(0, 3, 0)))
    page.select_option("#class", "shop")
    for place, number in (("#drawn img", 0), ("#first", 3), ("#last", 1)):
        until(page, lambda place=place, number=number: np.array_equal(picture(page, place), sampler(0, number, 1)))


def test_without_classes_there_is_no_choice(opened, tmp_path):
    page = opened(save_sampler(tmp_path / "generator"))
    assert not page.is_visible("#class") and not page.is_visible("#class-note")


def test_a_choice_that_fails_leaves_all_as_it_was(opened, tmp_path):
    folder, other = save_sampler_with_classes(tmp_path / "generator"), save_generator(tmp_path / "beside/other")
    page = opened(folder)
    page.wait_for_selector("#model option[value$=other]", state="attached")
    before = source(page, "#drawn img")
    page.select_option("#model", str(other))
    page.wait_for_selector("#message.error:not([hidden])")
    assert "reads pictures" in page.text_content("#message p")
    assert (page.input_value("#model"), page.input_value("#class")) == (str(folder), "no shop")
    page.route("**/calls/draw", lambda route: route.fulfill(json={"error": "not today"}))
    page.select_option("#class", "shop")
    until(page, lambda: page.text_content("#message p") == "not today")
    assert page.input_value("#class") == "no shop" and source(page, "#drawn img") == before


def test_the_last_choice_is_shown_whichever_answer_comes_last(opened, tmp_path):
    folder = save_sampler_with_classes(tmp_path / "generator")
    sampler, page = Sampler.load(Path(folder)), opened(folder)
    with held(page, "draw", 2) as released:
        page.select_option("#class", "shop")
        page.fill("#seed", "7")
        page.press("#seed", "Enter")
        for number in (1, 0):
            released(number)
            until(page, lambda: np.array_equal(picture(page, "#last"), sampler(7, 1, 1)))
    page.fill("#percent", "10")
    until(page, lambda: page.text_content("#share") == "10 %")
    assert (page.input_value("#class"), page.input_value("#seed")) == ("shop", "7")
    assert np.array_equal(picture(page, "#drawn img"), sampler(7, 0, 1))
    assert page.text_content("#first-words") == "seed 7, picture 1"


def test_a_model_that_is_trained_anew_brings_its_own_words_and_pictures(opened, tmp_path):
    page = opened(save_sampler_with_classes(tmp_path / "generator"))
    page.select_option("#class", "shop")
    sampler = Sampler.load(save_sampler(tmp_path / "generator"))
    page.fill("#percent", "0")
    until(page, lambda: page.is_hidden("#class") and np.array_equal(picture(page, "#made"), sampler(0)[..., 0]))
    assert "in grey" in page.text_content("#words")
    assert np.array_equal(picture(page, "#last"), sampler(0, 1)[..., 0])


def test_a_seed_is_made_a_whole_number(opened, tmp_path):
    folder = save_sampler(tmp_path / "generator")
    sampler, page = Sampler.load(Path(folder)), opened(folder)
    page.fill("#seed", "1.5")
    page.press("#seed", "Enter")
    until(page, lambda: np.array_equal(picture(page, "#drawn img"), sampler(1)[..., 0]))
    assert page.input_value("#seed") == "1" and page.is_hidden("#message")


def test_it_is_said_why_mlflows_models_are_missing(opened, tmp_path, monkeypatch):
    def down(_):
        raise UserError("MLflow is down")

    monkeypatch.setattr(Catalogue, "in_mlflow", down)
    page = opened(save_sampler(tmp_path / "generator"))
    page.wait_for_selector("#message.note:not([hidden])")
    assert page.text_content("#message p") == "MLflow is down"
