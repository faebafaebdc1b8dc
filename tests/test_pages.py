"""The pages in a browser, where there is one: they load, move, and fit."""

import pytest
from browser import browser, chromium
from finished import make_run, settings

from pix2pix.evaluation.watched import SSIM
from pix2pix.reports import comparison, report, search
from pix2pix.reports.search import Importance, Row

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium here: `apt-get install chromium`")

IDS = tuple(f"test/{number}" for number in range(1, 21))
SHOWN = "document.querySelector('.viewer').open && document.querySelector('.viewer .id').textContent"
FOCUS = "document.activeElement"
PLACES = (
    "[...document.querySelectorAll('.part:not([hidden]) .pair')].map(pair => JSON.parse(pair.dataset.values).place)"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of a run, and that of two."""
    folder = tmp_path_factory.mktemp("pages")
    params = settings(report__gallery_pairs=6)
    runs = {"one": make_run(folder / "a", params, IDS), "other": make_run(folder / "b", params, IDS, seed=1)}
    (folder / "report.html").write_text(report.page(params, runs["one"]), encoding="utf-8")
    (folder / "compare.html").write_text(comparison.page(runs), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    """One browser for all tests."""
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.mark.parametrize("name", ["report", "compare"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_a_page_fits_and_asks_for_nothing(pages, chrome, name, dark, width):
    path = pages / f"{name}.html"
    page = chrome.page(width, 800, dark).open(path)
    assert page.complaints() == []
    assert page.requests() == [path.as_uri()]
    assert page.value("document.documentElement.scrollWidth") == width
    page.value("document.querySelector('.tile').click()")
    assert page.value(SHOWN)
    assert page.value("document.querySelector('.viewer').scrollWidth") <= width
    assert page.complaints() == []


@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_of_a_search_fits_and_asks_for_nothing(tmp_path, chrome, width):
    values = {"model.discriminator_learning_rate": "0.0001234", "train.resize": "bicubic"}
    rows = [Row(7, "finished", 0.25, values, 61.2), Row(8, "pruned after epoch 120", None, values, None)]
    shares = Importance({"model.discriminator_learning_rate": 1.0, "train.resize": 0.0}, "")
    path = tmp_path / "search.html"
    path.write_text(search.page("search-abcdef", "validation_ssim", SSIM, rows, shares), encoding="utf-8")
    page = chrome.page(width, 800).open(path)
    assert page.complaints() == [] and page.requests() == [path.as_uri()]
    assert page.value("document.documentElement.scrollWidth") == width


def test_dark_and_light_are_told_apart(pages, chrome):
    def brightness(dark):
        page = chrome.page(800, 600, dark).open(pages / "report.html")
        colours = page.value("['color', 'backgroundColor'].map(name => getComputedStyle(document.body)[name])")
        return [sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(", "))) for colour in colours]

    (ink, paper), (chalk, board) = brightness(False), brightness(True)
    assert paper - ink > 500 and chalk - board > 500


@pytest.mark.parametrize("name", ["report", "compare"])
def test_the_whole_split_is_browsed_by_keyboard(pages, chrome, name):
    page = chrome.page(1200, 800).open(pages / f"{name}.html")
    page.value("document.querySelector('.tile').focus()")
    page.press("Enter")
    first = page.value(SHOWN)
    seen = [first]
    for _ in IDS[1:]:
        page.press("ArrowRight")
        seen.append(page.value(SHOWN))
    assert sorted(seen) == sorted(IDS)
    page.press("ArrowRight")
    assert page.value(SHOWN) == first
    page.press("ArrowLeft")
    assert page.value(SHOWN) == seen[-1]
    page.press("Home")
    assert page.value(SHOWN) == first
    page.press("End")
    assert page.value(SHOWN) == seen[-1]
    images = page.value(
        "[...document.querySelectorAll('.view img')].every(image => image.complete && image.naturalWidth > 0)"
    )
    assert images
    page.press("Escape")
    assert page.value(SHOWN) is False
    assert page.value(f"{FOCUS}.closest('.pair').querySelector('.id').textContent") == seen[-1]


def test_digits_change_the_order_and_keep_the_pair(pages, chrome):
    page = chrome.page(1200, 800).open(pages / "report.html")
    page.value("document.querySelector('.tile').focus()")
    page.press("Enter")
    shown = page.value(SHOWN)
    page.press("4")
    assert page.value(SHOWN) == shown
    assert page.value("document.querySelector('[name=order]:checked').value") == "place"
    page.press("Home")
    assert page.value(SHOWN) == "test/1"
    page.press("ArrowRight", "ArrowRight")
    assert page.value(SHOWN) == "test/3"


def test_the_gallery_opens_with_the_ends_and_the_middle(pages, chrome):
    page = chrome.page(1200, 800).open(pages / "report.html")
    # The first pair has the best SSIM, the last one the worst.
    assert page.value(PLACES) == [0, 1, 9, 10, 18, 19]
    headings = "[...document.querySelectorAll('.part:not([hidden]) h3')].map(heading => heading.textContent)"
    assert page.value(headings) == ["Best SSIM", "Middle", "Worst SSIM"]
    page.value("document.querySelector('[name=extent][value=all]').click()")
    assert page.value(PLACES) == list(range(20))
    assert page.value(headings) == ["Best SSIM first"]
    page.value("document.querySelector('[name=order][value=generated_pixel_accuracy]').click()")
    values = page.value(PLACES.replace(".place", ".generated_pixel_accuracy"))
    assert values == sorted(values, reverse=True) and len(values) == 20


def test_epochs_and_matrices_take_turns(pages, chrome):
    page = chrome.page(1200, 800).open(pages / "report.html")
    frames = "[...document.querySelectorAll('.frame')].filter(frame => !frame.hidden).map(frame => frame.dataset.epoch)"
    assert page.value(frames) == ["2"]
    page.value("document.querySelector('.slider input').focus()")
    page.press("ArrowLeft")
    assert page.value(frames) == ["1"]
    matrices = "[...document.querySelectorAll('.alternative')].filter(each => !each.hidden).map(each => each.id)"
    assert page.value(matrices) == ["matrix-generated"]
    page.value("document.querySelector('[value=matrix-real]').click()")
    assert page.value(matrices) == ["matrix-real"]


def test_a_page_is_readable_without_its_script(pages, chrome):
    page = chrome.page(1200, 800)
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.open(pages / "report.html")
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert page.value(PLACES) == list(range(20))
    assert page.value("[...document.querySelectorAll('.tools, .slider, .alternatives')].every(each => each.hidden)")
    assert page.value("document.querySelectorAll('.frame:not([hidden]), .alternative:not([hidden])').length") == 4


def test_a_page_runs_no_other_script(pages, chrome, tmp_path):
    text = (pages / "report.html").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace("</main>", "<script>document.title = 'taken'</script></main>"), encoding="utf-8")
    assert chrome.page(800, 600).open(broken).value("document.title") != "taken"
