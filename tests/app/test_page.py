"""The page as a person has it: a started server and a real browser, and pictures compared byte for byte."""

import base64
import io
import re
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import requests
from browser import chromium
from PIL import Image
from playwright.sync_api import sync_playwright
from served import served, wire
from tiny import ABOUT, noise, save_generator
from waiting import held, until

from pix2pix.app import server, starts, uploads
from pix2pix.app.calls import Calls
from pix2pix.app.models import Models
from pix2pix.commands import model
from pix2pix.commands.model import Catalogue
from pix2pix.data import decoding
from pix2pix.data.labels import CMP
from pix2pix.data.samples.facades import draw_pair
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.networks.generators import spade
from pix2pix.networks.generators.spade import SpadeStyle

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium here: `apt-get install chromium`"),
]
SIDE = 32
WALL, WINDOW, DOOR, SHOP = (CMP.names.index(name) for name in ("facade", "window", "door", "shop"))


@contextmanager
def paged(first, beside=Path("/nowhere")):
    """The address of a page, of this model and those in a folder."""
    with pytest.MonkeyPatch.context() as patch, decoding.warnings_are_damage():
        patch.setattr(model, "BESIDE", beside)
        patch.setattr(Catalogue, "in_mlflow", lambda _: [])
        with served(server.page(Calls(Models(Catalogue(str(first)))).all())) as address:
            yield address


@cache
def translator(folder):
    """The model in a folder, loaded once: its graphs take a second."""
    return Translator.load(folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Model folders: the one to begin with, and in `beside` some of other sizes and some that take pictures."""
    folder = tmp_path_factory.mktemp("models")
    save_generator(folder / "first", label_half="right")
    save_generator(folder / "beside/large", image_size=64)
    save_generator(folder / "beside/photos", direction="left_to_right")
    save_generator(folder / "beside/pictures", palette="none")
    save_generator(folder / "beside/wide", image_size=[32, 64])
    return folder


@pytest.fixture(scope="module")
def address(folders):
    with paged(folders / "first", folders / "beside") as where:
        yield where


@pytest.fixture(scope="module")
def chrome():
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chrome, address):
    """Open the page in a new window. In the end nothing may have been complained of, nor asked of another machine."""
    windows, troubles, asked = [], [], []

    def opened(where=address, width=1280, height=800, **how):
        window = chrome.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **how)
        page = window.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: asked.append((where, request.url)))
        page.goto(where)
        windows.append(window)
        return settled(page)

    yield opened
    for window in windows:
        window.close()
    assert troubles == []
    foreign = [url for where, url in asked if not url.startswith((f"{where}/", f"blob:{where}/", "data:"))]
    assert asked and foreign == []


def settled(page):
    """The page, when it has answered what was drawn."""
    for answer in page.query_selector_all(".answer:not([hidden])"):
        page.wait_for_selector(f"#{answer.get_attribute('id')}[aria-busy=false]", timeout=60_000)
    return page


def use(page, name):
    """Choose a model, and wait until the page is ready for it."""
    page.wait_for_selector(f"#model option[value='{name}']", state="attached")
    page.select_option("#model", str(name))
    page.wait_for_selector("#board:not([inert])")
    return settled(page)


def saved(page, link):
    """The bytes that a link saves, and under which name."""
    with page.expect_download() as download:
        page.click(link)
    return download.value.path().read_bytes(), download.value.suggested_filename


def photo(page, answer="#first"):
    return saved(settled(page), f"{answer} .save")[0]


def drawn(page):
    """The class ids of the label map that the page saves; no colour in it is another one."""
    picture = np.asarray(Image.open(io.BytesIO(saved(settled(page), "#map")[0])).convert("RGB"))
    ids = CMP.classes(picture)
    assert np.array_equal(CMP.paint(ids), picture)
    return ids


def drag(page, *points, ended=True):
    """Draw from pixel to pixel of the label map; a stroke that has not ended keeps the button down."""
    box = page.locator("#canvas").bounding_box()
    side = page.evaluate("document.querySelector('#sheet canvas').width")
    places = [
        (box["x"] + (x + 0.5) * box["width"] / side, box["y"] + (y + 0.5) * box["height"] / side) for x, y in points
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    if ended:
        page.mouse.up()


def wall(side=SIDE):
    return np.full((side, side), WALL, np.uint8)


def png(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def upload(page, name, data, kind="image/png"):
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})


def message(page):
    return page.locator("#message:not([hidden]) p").text_content()


# --- Drawing ----------------------------------------------------------------------------------------------


def test_it_opens_with_a_house_and_its_photo(visit, folders):
    page = visit()
    house = starts.house(translator(folders / "first"), 0)
    assert np.array_equal(drawn(page), CMP.classes(house))
    assert photo(page) == png(translator(folders / "first")(house))
    assert re.fullmatch(r"\d+\.\d s", page.locator("#first .time").text_content())


def test_a_drawing_becomes_the_photo_that_predict_makes_of_it(visit, folders, command, tmp_path):
    page = visit()
    page.click("#clear")
    page.keyboard.press("r")
    page.click("label[title^=door]")
    drag(page, (20, 28), (12, 18))
    expected = wall()
    expected[18:29, 12:21] = DOOR
    assert np.array_equal(drawn(page), expected)
    data, name = saved(page, "#map")
    (tmp_path / name).write_bytes(data)
    for seed in (0, 7):
        page.fill("#seed", str(seed))
        words = ["predict", name, "-o", f"out{seed}", "--seed", seed, "--model", folders / "first"]
        assert command(*words)[0] == 0
        settled(page)
        got, called = saved(page, "#first .save")
        assert got == (tmp_path / f"out{seed}" / name).read_bytes()
        assert called == f"photo-seed-{seed}.png"
    before = photo(page)
    page.click("#dice")
    assert photo(page) != before


def test_a_model_that_draws_no_random_numbers_has_no_seed(visit, tmp_path):
    network = spade.generator((SIDE, SIDE), SpadeStyle(0, features=3), 1)
    folder.save(network, tmp_path / "model", ABOUT.told())
    with paged(tmp_path / "model") as where:
        page = visit(where)
        assert page.is_hidden("#seed")
        page.wait_for_load_state("networkidle")  # what it still asked for would not be answered
        page.close()
    assert visit().is_visible("#seed")


def test_brush_eraser_and_fill_leave_hard_edges(visit):
    page = visit()
    page.click("#clear")
    page.keyboard.press("w")  # shop
    page.evaluate("document.getElementById('width').value = 1")
    drag(page, (4, 4), (4, 10), (10, 10), (10, 4), (4, 4))
    expected = wall()
    expected[4:11, 4] = expected[4:11, 10] = expected[4, 4:11] = expected[10, 4:11] = SHOP
    assert np.array_equal(drawn(page), expected)
    page.keyboard.press("f")
    page.keyboard.press("3")
    drag(page, (7, 7))
    expected[5:10, 5:10] = WINDOW
    assert np.array_equal(drawn(page), expected)
    page.keyboard.press("e")
    drag(page, (7, 4), (7, 10))
    expected[4:11, 7] = WALL
    assert np.array_equal(drawn(page), expected)
    page.evaluate("document.getElementById('width').value = 4")
    page.keyboard.press("b")
    drag(page, (20, 20))
    block = drawn(page)[18:22, 18:22]
    assert (block == WINDOW).sum() == 12 and [block[0, 0], block[0, 3], block[3, 0], block[3, 3]] == [WALL] * 4


def test_every_step_can_be_undone_and_done_again(visit):
    page = visit()
    states = [drawn(page)]
    page.click("#clear")
    states.append(drawn(page))
    page.keyboard.press("r")
    for place in ((1, 1), (9, 9)):
        drag(page, place, (place[0] + 4, place[1] + 6))
        states.append(drawn(page))
    page.click("#house")
    until(page, lambda: not np.array_equal(drawn(page), states[-1]))
    states.append(drawn(page))
    for state in reversed(states[:-1]):
        page.keyboard.press("Control+z")
        assert np.array_equal(drawn(page), state)
    assert page.is_disabled("#undo")
    for state in states[1:]:
        page.keyboard.press("Control+Shift+z")
        assert np.array_equal(drawn(page), state)
    assert page.is_disabled("#redo")
    page.click("#undo")
    drag(page, (0, 0), (3, 3))
    assert page.is_disabled("#redo")


def test_undo_gives_up_a_stroke_that_has_not_ended(visit):
    page = visit()
    page.click("#clear")
    drag(page, (1, 1), (9, 9))
    before = drawn(page)
    drag(page, (20, 9), (24, 9), ended=False)
    page.keyboard.press("Control+z")
    page.mouse.up()
    assert np.array_equal(drawn(page), wall()) and not np.array_equal(before, wall())
    page.keyboard.press("Control+Shift+z")
    assert np.array_equal(drawn(page), before) and page.is_disabled("#redo")


def test_a_start_gives_up_a_stroke_that_has_not_ended(visit):
    page = visit()
    page.click("#clear")
    settled(page)
    drag(page, (20, 9), (24, 9), ended=False)
    with page.expect_response("**/calls/translate"):
        page.locator("#house").dispatch_event("click")
    page.mouse.up()
    page.keyboard.press("Control+z")
    assert np.array_equal(drawn(page), wall())


def test_the_keyboard_alone_draws(visit):
    page = visit()
    page.click("#clear")
    page.keyboard.press("r")
    page.keyboard.press("4")
    page.focus("#canvas")
    page.keyboard.press("ArrowRight")  # from the middle
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expected = wall()
    expected[16:25, 16:18] = DOOR
    assert np.array_equal(drawn(page), expected)
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Escape")
    assert np.array_equal(drawn(page), expected)


def test_a_reload_keeps_the_drawing_and_another_tab_has_its_own(visit):
    page, other = visit(), visit()
    page.click("#clear")
    drag(page, (3, 3), (20, 9))
    mine, theirs = drawn(page), drawn(other)
    page.reload()
    assert np.array_equal(drawn(settled(page)), mine)
    other.reload()
    assert np.array_equal(drawn(settled(other)), theirs) and not np.array_equal(mine, theirs)


def test_houses_to_start_from(visit, folders):
    page = visit()
    page.wait_for_selector("[title='House 5']")
    page.click("[title='House 4']")
    expected = starts.house(translator(folders / "first"), 3)
    assert np.array_equal(drawn(page), CMP.classes(expected))
    page.click("[title='Empty wall']")
    assert np.array_equal(drawn(page), wall())


def test_the_last_start_that_is_chosen_counts(visit, folders):
    page = visit()
    page.wait_for_selector("[title='House 5']")
    with held(page, "start", 2) as released:
        page.click("#house")
        page.click("#house")
        *_, number = released(1)
        expected = CMP.classes(starts.house(translator(folders / "first"), number))
        until(page, lambda: np.array_equal(drawn(page), expected))
        released(0)
        assert np.array_equal(drawn(page), expected)


# --- Pictures of one's own --------------------------------------------------------------------------------


def test_an_own_label_map_can_be_drawn_on(visit, folders):
    page = visit()
    ids = np.random.default_rng(0).integers(0, len(CMP), (SIDE, SIDE), np.uint8)
    soft = np.clip(CMP.paint(ids).astype(int) + 5, 0, 255).astype(np.uint8)
    upload(page, "own.png", png(soft))
    page.wait_for_selector("#undo:enabled")
    assert np.array_equal(drawn(page), ids)
    assert photo(page) == png(translator(folders / "first")(CMP.paint(ids)))
    page.keyboard.press("r")
    drag(page, (0, 0), (5, 5))
    ids[:6, :6] = WINDOW
    assert np.array_equal(drawn(page), ids)


def test_of_a_pair_the_half_is_taken_and_said(visit):
    page = visit()
    photo_half, label_half = draw_pair(1, 1)
    upload(page, "pair.png", png(np.hstack([photo_half, label_half])))
    page.wait_for_selector("#message:not([hidden])")
    assert "its right half is used" in message(page) and "256×256 to 32×32" in message(page)
    assert np.array_equal(drawn(page), CMP.classes(label_half[4::8, 4::8]))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.zip.png", b"PK\x03\x04" + b"x" * 99, "not a picture, or of an unknown format"),
        ("../../../etc/passwd", b"root:x:0:0", "not a picture, or of an unknown format"),
        ("<img src=x onerror=alert(1)>.png", b"<svg/>", "not a picture, or of an unknown format"),
        ("cut.png", png(noise(300, 300))[:9999], "damaged or cut short"),
        ("empty.png", b"", "not a picture, or of an unknown format"),
        ("bomb.png", png(np.zeros((5001, 5000, 3), np.uint8)), "5000×5001 has more than the 25,000,000 pixels"),
    ],
    ids=["zip", "path", "markup", "cut", "empty", "pixels"],
)
def test_a_bad_upload_is_told_and_changes_nothing(visit, name, data, reason):
    page = visit()
    page.click("#clear")
    before = photo(page)
    upload(page, name, data)
    page.wait_for_selector("#message:not([hidden])")
    assert message(page).startswith(f"{name.rpartition('/')[2]}: ") or message(page).startswith(f"{name}: ")
    assert reason in message(page)
    assert page.locator("#message img").count() == 0
    assert np.array_equal(drawn(page), wall()) and photo(page) == before
    page.click("#message button")
    assert page.is_hidden("#message")


def test_bytes_are_bounded(visit, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 10_000)
    page = visit()
    before = drawn(page)
    upload(page, "heavy.png", png(noise(64, 64)))
    page.wait_for_selector("#message:not([hidden])")
    assert re.fullmatch(r"heavy.png: the file has 1\d,\d{3} bytes; 10,000 are allowed", message(page))
    assert np.array_equal(drawn(page), before)


# --- Models -----------------------------------------------------------------------------------------------


def test_two_models_answer_the_same_drawing(visit, folders):
    page = visit()
    page.click("#clear")
    page.wait_for_selector("#other option[value$=large]", state="attached")
    page.fill("#seed", "5")
    page.select_option("#other", str(folders / "beside/large"))
    page.wait_for_selector("#second:not([hidden])")
    drag(page, (3, 3), (9, 20))
    picture = CMP.paint(drawn(page))
    assert photo(page) == png(translator(folders / "first")(picture, 5))
    assert photo(page, "#second") == png(translator(folders / "beside/large")(picture, 5, "resize"))
    page.select_option("#other", "")
    assert page.is_hidden("#second")


def test_what_takes_something_else_is_not_compared(visit, folders):
    page = visit()
    page.wait_for_selector("#other option[value$=photos]", state="attached")
    page.select_option("#other", str(folders / "beside/photos"))
    page.wait_for_selector("#message:not([hidden])")
    assert "cannot be compared" in message(page)
    assert page.is_hidden("#second") and page.input_value("#other") == ""


def test_a_larger_model_takes_the_drawing_over(visit, folders):
    page = visit()
    page.click("#clear")
    drag(page, (3, 3), (9, 20))
    small = drawn(page)
    use(page, folders / "beside/large")
    page.wait_for_selector("#sheet canvas[width='64']")
    assert np.array_equal(drawn(page), small.repeat(2, 0).repeat(2, 1))
    assert photo(page) == png(translator(folders / "beside/large")(CMP.paint(drawn(page))))


def test_a_rectangle_is_drawn_in_its_own_proportions(visit, folders):
    page = visit()
    page.wait_for_selector("#model option[value$=wide]", state="attached")
    page.select_option("#other", str(folders / "beside/wide"))
    page.wait_for_selector("#message:not([hidden])")
    assert "cannot be compared" in message(page), "of other proportions"
    page.select_option("#model", str(folders / "beside/wide"))
    until(page, lambda: page.locator("#first .words").text_content().startswith("64×32"))
    page.click("#clear")
    page.keyboard.press("r")
    page.keyboard.press("4")
    for place in ("#canvas", "#first .sheet img", "#strip button canvas"):
        box = settled(page).locator(place).first.bounding_box()
        assert box["width"] / box["height"] == pytest.approx(2, abs=0.05)
    box = page.locator("#canvas").bounding_box()
    corners = [(box["x"] + (x + 0.5) * box["width"] / 64, box["y"] + (y + 0.5) * box["height"] / 32)
               for x, y in ((50, 4), (60, 28))]  # fmt: skip
    page.mouse.move(*corners[0])
    page.mouse.down()
    page.mouse.move(*corners[1], steps=3)
    page.mouse.up()
    expected = np.full((32, 64), WALL, np.uint8)
    expected[4:29, 50:61] = 3
    assert np.array_equal(drawn(page), expected)
    assert photo(page) == png(translator(folders / "beside/wide")(CMP.paint(expected)))
    page.keyboard.press("f")
    page.keyboard.press("3")
    page.mouse.click(*corners[0])
    expected[expected == 3] = 2
    assert np.array_equal(drawn(page), expected)


def test_the_houses_to_start_from_have_the_size_of_the_model(visit, folders):
    page = visit()
    page.wait_for_selector("[title='House 5']")
    for name in ("beside/large", "first"):
        use(page, folders / name)
        page.click("[title='House 4']")
        assert np.array_equal(drawn(page), CMP.classes(starts.house(translator(folders / name), 3)))


def test_the_answer_of_the_old_model_goes_with_it(visit, folders):
    page = visit()
    page.wait_for_selector("#other option[value$=large]", state="attached")
    page.select_option("#other", str(folders / "beside/large"))
    page.wait_for_selector("#second .sheet img:visible")
    with held(page, "describe", 1) as released:
        page.select_option("#other", str(folders / "first"))
        assert page.is_hidden("#second .sheet img") and page.get_attribute("#second .save", "href") is None
        released(0)
    page.wait_for_selector("#second .sheet img:visible")
    use(page, folders / "beside/pictures")  # it has no picture to begin with
    assert page.is_hidden("#first .sheet img:not(.before)") and page.get_attribute("#first .save", "href") is None
    assert page.text_content("#first .time") == ""
    upload(page, "own.png", png(noise()))
    page.wait_for_selector("#first .save[href]")
    assert photo(page) == png(translator(folders / "beside/pictures")(noise()))


def test_a_question_is_not_put_to_another_model(visit, folders):
    page, asked = visit(), []
    page.on("request", lambda request: request.url.endswith("/translate") and asked.append(request.post_data_json))
    page.wait_for_selector("#other option[value$=large]", state="attached")
    page.select_option("#other", str(folders / "beside/large"))
    page.wait_for_selector("#second .sheet img:visible")
    settled(page)
    del asked[:]
    with held(page, "translate", 2) as released:
        page.click("#clear")
        until(page, lambda: len(asked) == 2)
        map_ = page.get_attribute("#map", "href")
        page.click("#dice")  # these questions wait for the answers to the first ones
        until(page, lambda: page.get_attribute("#map", "href") != map_)
        page.select_option("#other", "")
        use(page, folders / "beside/pictures")
        for number in (0, 1):
            released(number)
    upload(page, "own.png", png(noise()))
    page.wait_for_selector("#first .save[href]")
    assert page.is_hidden("#message")
    own = base64.b64encode(png(noise())).decode()
    assert {call["data"][0] for call in asked[:2]} == {str(folders / "first"), str(folders / "beside/large")}
    assert [(call["data"][0], call["data"][2]) for call in asked[2:]] == [(str(folders / "beside/pictures"), own)]


def test_the_last_model_that_is_chosen_counts(visit, folders):
    page = visit()
    page.wait_for_selector("#model option[value$=wide]", state="attached")
    with held(page, "describe", 2) as released:
        for name in ("large", "wide"):  # as keys do that follow each other at once
            page.evaluate(
                "name => { const list = document.querySelector('#model'); list.value = name;"
                "list.dispatchEvent(new Event('change')); }",
                str(folders / "beside" / name),
            )
        assert page.get_attribute("#board", "inert") is not None
        released(1)
        until(page, lambda: page.locator("#first .words").text_content().startswith("64×32"))
        released(0)
        picture = CMP.paint(drawn(page))
        assert picture.shape == (32, 64, 3) and page.input_value("#model") == str(folders / "beside/wide")
        assert photo(page) == png(translator(folders / "beside/wide")(picture))


def test_a_model_that_is_trained_anew_keeps_the_drawing_and_brings_its_own_words(visit, tmp_path):
    first, other = save_generator(tmp_path / "first"), save_generator(tmp_path / "beside/other")
    with paged(first, tmp_path / "beside") as where:
        page = visit(where)
        page.wait_for_selector("#other option[value$=other]", state="attached")
        page.select_option("#other", str(other))
        page.click("#clear")
        page.keyboard.press("r")
        drag(page, (3, 3), (9, 20))
        small = drawn(page)
        save_generator(first, {"epoch": 8}, image_size=64)
        save_generator(other, {"epoch": 9})
        page.click("#dice")
        until(page, lambda: page.locator("#first .words").text_content().endswith("for 8 epochs"))
        until(page, lambda: page.locator("#second .words").text_content().endswith("for 9 epochs"))
        assert np.array_equal(drawn(page), small.repeat(2, 0).repeat(2, 1))
        seed = int(page.input_value("#seed"))
        assert photo(page) == png(Translator.load(first)(CMP.paint(drawn(page)), seed))
        save_generator(first, {"epoch": 10}, image_size=64)
        page.click("#house")
        page.wait_for_selector("#message:not([hidden])")
        assert "The model has changed" in message(page)
        page.click("#house")
        until(page, lambda: not np.array_equal(drawn(page), small.repeat(2, 0).repeat(2, 1)))
        assert page.locator("#first .words").text_content().endswith("for 10 epochs")
        page.wait_for_load_state("networkidle")  # what it still asked for would not be answered
        page.close()


def test_a_model_whose_start_fails_is_not_used(visit, folders):
    page = visit()
    before, answer = drawn(page), photo(page)
    page.wait_for_selector("[title='House 5']")
    page.route("**/calls/start", lambda route: route.fulfill(json={"error": "no house today"}))
    use(page, folders / "beside/wide")
    assert message(page) == "no house today" and page.input_value("#model") == str(folders / "first")
    assert np.array_equal(drawn(page), before) and photo(page) == answer
    drag(page, (1, 1), (9, 9))
    assert photo(page) == png(translator(folders / "first")(CMP.paint(drawn(page)))) != answer


def test_a_model_that_cannot_be_loaded_is_told_and_the_old_one_stays(visit, folders):
    page = visit()
    page.wait_for_selector("#model option[value$=large]", state="attached")
    page.evaluate("document.querySelector('#model').add(new Option('secret', '/etc'))")
    page.select_option("#model", "/etc")
    page.wait_for_selector("#message:not([hidden])")
    assert "not offered" in message(page)
    assert page.input_value("#model") == str(folders / "first")
    before = photo(page)
    page.click("#dice")
    assert photo(page) != before


def test_a_model_that_takes_photos_has_no_drawing_tools(visit, folders):
    page = visit()
    use(page, folders / "beside/photos")
    assert (
        page.is_hidden("#canvas")
        and page.is_hidden("#classes")
        and page.is_hidden("#keys")
        and page.is_visible("#given")
    )
    assert page.text_content("#output-name") == "Label map"
    own = noise(seed=3)
    upload(page, "own.png", png(own))
    page.wait_for_selector(f"#given[src$='{base64.b64encode(png(own)).decode()}']")
    assert photo(page) == png(translator(folders / "beside/photos")(own))
    use(page, folders / "first")
    assert drawn(page).shape == (SIDE, SIDE)


def test_the_colours_of_a_photo_are_compared_by_a_slider(visit, tmp_path):
    """A wide photo keeps its proportions, and what is saved is the answer in its size."""
    save_generator(tmp_path / "colour", task="colourise", palette="none", input_channels=1)
    wide = noise(64, 40, seed=3)
    with paged(tmp_path / "colour") as where:
        page = visit(where)
        page.wait_for_selector("#board.given:not([inert])")
        assert page.text_content("#title") == "From grey photo to colour photo"
        assert page.is_visible("#slide")  # over the house that it begins with
        upload(page, "own.png", png(wide))
        page.wait_for_selector("#message:not([hidden])")  # it comes with the picture
        grey = np.asarray(Image.fromarray(wide).convert("L"))[..., None]
        assert photo(page) == png(translator(tmp_path / "colour")(grey, 0, "resize"))
        assert page.get_attribute("#before", "src") == page.get_attribute("#given", "src")
        shown = "getComputedStyle(document.querySelector('#before')).clipPath"
        halfway = page.evaluate(shown)
        page.fill("#cut", "10")
        assert "50%" in halfway and "90%" in page.evaluate(shown)
        assert "32×32 pixels" in message(page)


# --- The page and its server ------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1024, 1440])
def test_the_page_fits(visit, width, dark, folders):
    page = visit(width=width, color_scheme="dark" if dark else "light")
    page.wait_for_selector("#other option[value$=large]", state="attached")
    page.select_option("#other", str(folders / "beside/large"))
    page.wait_for_selector("#second:not([hidden])")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", paper))) < 80) == dark
    sheets = [box.bounding_box() for box in page.query_selector_all(".sheet")]
    assert all(abs(box["width"] - box["height"]) < 2 for box in sheets)
    if width > 1000:
        assert len({round(box["y"]) for box in sheets}) == 1, "side by side"


def test_touch_draws(visit):
    page = visit(width=390, has_touch=True, is_mobile=True)
    page.click("#clear")
    before = drawn(page)
    box = page.locator("#canvas").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert not np.array_equal(drawn(page), before)


def test_a_server_that_has_gone_is_told(chrome, folders):
    with paged(folders / "first") as where:
        page = chrome.new_page()
        settled(page).goto(where)
        page.wait_for_selector("#first[aria-busy=false]")
    page.click("#clear")
    page.wait_for_selector("#message:not([hidden])")
    assert "Is it still running?" in message(page)
    page.close()


def ask(address, name, *data):
    """A call as the page makes it, without a browser."""
    told = requests.post(f"{address}/calls/{name}", json={"data": data}, timeout=120)
    assert told.status_code == 200, told.text
    return told.json()


def test_eight_clients_at_once_get_each_its_own_picture(address, folders):
    asked = translator(folders / "first")
    name, wrong, done = str(folders / "first"), [], []
    known = ask(address, "describe", name)["identity"]

    def client(number):
        for turn in range(4):
            picture = CMP.paint(np.random.default_rng([number, turn]).integers(0, 12, (SIDE, SIDE), np.uint8))
            expected = png(asked(picture, number))
            got = ask(address, "translate", name, known, base64.b64encode(png(picture)).decode(), number)
            (done if base64.b64decode(got["picture"]) == expected else wrong).append((number, turn))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert wrong == [] and len(done) == 32


@pytest.mark.parametrize(
    "path",
    [
        "/file=params.yaml", "/file=/etc/passwd", "/calls/../../../../etc/passwd", "/etc/passwd", "//etc/passwd",
        "/..%2f..%2fparams.yaml", "/%2e%2e/server.py", "/../app/server.py", "/server.py", "/docs", "/openapi.json",
        "/proxy=http%3A%2F%2Fexample.com%2F", "/calls/translate/x", "/calls/", "/calls", "/page.js/", "/page.html",
        "/static/x",
    ],
)  # fmt: skip
def test_no_file_is_served_but_the_pages_own(address, path):
    # Not through `requests`, which would clean up the path.
    with wire(address) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404") and answer.endswith(b'{"error":"there is no such page"}')


def test_a_model_folder_and_its_files_are_not_served(address, folders):
    for file in (folders / "first").iterdir():
        for path in (f"/file={file}", str(file)):
            assert requests.get(address + path, timeout=60).status_code == 404


def test_uploads_go_through_the_page_alone(address):
    files = {"files": ("../../x.png", png(noise()), "image/png")}
    assert requests.post(f"{address}/calls/take", files=files, timeout=60).status_code == 415
    rebound = requests.get(address, headers={"Host": "example.com"}, timeout=60)
    assert rebound.status_code == 403
    foreign = {"Origin": "http://example.com"}
    called = requests.post(f"{address}/calls/models", json={"data": []}, headers=foreign, timeout=60)
    assert called.status_code == 403 and "access-control-allow-origin" not in called.headers
    assert requests.get(address, timeout=60).status_code == 200
