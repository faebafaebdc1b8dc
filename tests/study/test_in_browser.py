"""The study end to end: a server of its own, a real Chromium, and people who are scripts."""

import base64
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from browser import chromium
from conftest import CHECKOUT
from evaluated_workspace import make, recognised

from pix2pix.study.result import TOLERANCE_MS, result
from pix2pix.study.store import Store

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium here: `apt-get install chromium`"),
]

SERVER = """
import sys
from pathlib import Path
from pix2pix.commands import study
from pix2pix.commands.main import main
study.CHECKOUT = Path(sys.argv[1])
main(["study", "--port", "0"])
"""
# A loaded machine draws late.
PATIENCE_MS = 60_000
FRAME_MS = 17
ASKED, TOLD = ".place:not([disabled])", "#next:not([hidden])"
# The picture of a side as it was decoded, whether it is seen or not.
PICTURE = """side => {
  const image = document.querySelector(`#${side} img`), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}"""
SIDES = {"left": "ArrowLeft", "right": "ArrowRight"}


@pytest.fixture(scope="module")
def chrome():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def served(folder) -> Iterator[str]:
    """The study of ten pairs, 2 for practice and 8 that count; yields its address."""
    if not (folder / "workspace").exists():
        make(folder / "workspace")
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "PIX2PIX_HOME": str(folder / "home")}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder / "workspace")], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield next(line.strip() for line in process.stdout if line.startswith("http://"))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A study for those of whom nobody asks afterwards what is stored."""
    with served(tmp_path_factory.mktemp("study")) as where:
        yield where


def rows(folder):
    """What is stored of everyone, by participant; and the result."""
    with closing(Store(folder / "home/study.db")) as store:
        (study,) = store.studies()
        stored = store.all_showings(study)
    people = {}
    for row in stored:
        people.setdefault(row.participant, []).append(row)
    return list(people.values()), result(study, stored)


class Person:
    """Somebody at the page, who remembers what was there and what they said."""

    def __init__(self, chrome, address, choose, **context):
        """`choose` gets the side of the generated picture and gives the side to press."""
        self.context = chrome.new_context(**context)
        self.address, self.choose = address, choose
        self.answers, self.complaints = [], []
        self.open()

    def open(self):
        """Come to the page, in a new tab."""
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._local)
        self.page.goto(self.address)
        self.page.wait_for_selector("#intro:not([hidden])")
        return self

    def _local(self, request):
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(request.url)

    def press(self, key):
        self.page.keyboard.press(key)
        return self

    def wait(self, selector, state="visible"):
        self.page.wait_for_selector(selector, state=state)
        return self

    def look(self):
        """The pair on the page, and the side of the generated picture."""
        found = {side: recognised(base64.b64decode(self.page.evaluate(PICTURE, side))) for side in SIDES}
        (pair, left), (same, right) = found["left"], found["right"]
        assert pair == same and {left, right} == {"generated", "real"}
        return pair, "left" if left == "generated" else "right"

    def answer(self):
        """Wait for the question and answer it."""
        self.wait(ASKED)
        pair, fake = self.look()
        chosen = self.choose(fake)
        self.answers.append((pair, fake, chosen))
        return self.press(SIDES[chosen]).wait(f"{ASKED} >> nth=0", "hidden")

    def practise(self):
        """Both trials of practice, with what is said of each answer, to where it counts."""
        for number in range(2):
            self.answer().wait(TOLD)
            _, fake, chosen = self.answers[-1]
            assert ("Right." if fake == chosen else "Fooled.") in self.page.inner_text("#question")
            assert self.page.inner_text(f"#{fake} .verdict") == "Generated"
            self.press("Enter").wait("#ready:not([hidden])" if number else TOLD, "visible" if number else "hidden")
        return self.press("Enter")


def test_one_who_is_always_right_and_one_who_guesses(chrome, tmp_path):
    chance = random.Random(5)
    with served(tmp_path) as address:
        expert = Person(chrome, address, lambda fake: fake)
        guesser = Person(
            chrome, address, lambda _: chance.choice(["left", "right"]), viewport={"width": 390, "height": 844}
        )
        for person in (expert, guesser):
            person.press("Enter").practise()
        for _ in range(8):
            for person in (expert, guesser):  # while one is asked, the other looks
                person.answer()
        for person in (expert, guesser):
            person.wait("#end:not([hidden])")
            right = sum(fake == chosen for _, fake, chosen in person.answers[2:])
            assert person.page.inner_text("#found") == f"{right} of 8"
            assert person.complaints == []
            assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    people, found = rows(tmp_path)
    assert [[(row.pair, row.fake, row.chosen) for row in each] for each in people] == [expert.answers, guesser.answers]
    counts = []
    for each in people:
        assert all(ms >= 1000 - FRAME_MS for row in each for ms in row.exposures_ms)
        assert all(row.took_ms > 0 for row in each)
        timely = [row for row in each[2:] if max(row.exposures_ms) <= 1000 + TOLERANCE_MS]
        counts.append((sum(row.chosen != row.fake for row in timely), len(timely)))
    assert counts[0][0] == 0
    assert (found.participants, found.trials) == (sum(n > 0 for _, n in counts), sum(n for _, n in counts))
    assert found.mistimed == 16 - found.trials and found.interrupted == found.unfinished == 0
    if found.trials:
        assert found.fooled == pytest.approx(sum(fooled for fooled, _ in counts) / found.trials)


def test_a_closed_tab_loses_nothing_and_shows_nothing_twice(chrome, tmp_path):
    with served(tmp_path) as address:
        someone = Person(chrome, address, lambda fake: fake)
        someone.press("Enter").practise().answer().wait(".place.shown")  # the second trial that counts
        seen, _ = someone.look()
        someone.page.close()
        someone.open()
        assert "you go on with trial 3 of 8" in someone.page.inner_text("#resume")
        someone.press("Enter").answer()
        assert someone.answers[-1][0] != seen
        someone.page.close()
    people, found = rows(tmp_path)
    assert [row.pair for row in people[0]][3] == seen
    assert [row.chosen for row in people[0]][:5] == [*(chosen for *_, chosen in someone.answers[:3]), None, *(
        chosen for *_, chosen in someone.answers[3:])]  # fmt: skip
    assert (found.participants, found.unfinished) == (0, 1)
    # Neither does a server that was ended: the browser knows who it is.
    with served(tmp_path) as address:
        someone.address = address
        someone.open()
        assert "Welcome back" in someone.page.inner_text("#resume")
        someone.context.close()


def test_an_answer_waits_for_a_server_that_is_away(chrome, tmp_path):
    with served(tmp_path) as address:
        someone = Person(chrome, address, lambda fake: fake)
        someone.press("Enter").wait(ASKED)
        someone.context.set_offline(True)
        pair, fake = someone.look()
        someone.press(SIDES[fake]).wait("#trouble:not([hidden])")
        assert "Nothing is lost" in someone.page.inner_text("#trouble")
        someone.context.set_offline(False)
        someone.wait(TOLD)
        assert someone.page.is_hidden("#trouble")
        someone.context.close()
    people, _ = rows(tmp_path)
    assert [(row.pair, row.chosen) for row in people[0]] == [(pair, fake)]


def test_another_window_goes_on_and_neither_loses_its_way(chrome, tmp_path):
    with served(tmp_path) as address:
        someone = Person(chrome, address, lambda fake: fake)
        someone.press("Enter").wait(ASKED)
        first = someone.page
        someone.open().press("Enter").wait(ASKED)
        first.bring_to_front()
        first.keyboard.press("ArrowLeft")  # to a trial that is no longer the last one
        first.wait_for_selector("#intro:not([hidden])")
        assert "Welcome back" in first.inner_text("#resume")
        someone.context.close()
    people, _ = rows(tmp_path)
    assert [row.chosen for row in people[0]] == [None, None]


def test_a_cookie_that_is_lost_or_never_kept_leaves_nobody_stuck(chrome, tmp_path):
    with served(tmp_path) as address:
        someone = Person(chrome, address, lambda fake: fake)
        someone.press("Enter").wait(ASKED)
        someone.context.clear_cookies()
        someone.press("ArrowLeft").wait("#intro:not([hidden])")
        someone.context.route("**/api/participants", lambda asked: asked.fulfill(status=201, json={}))
        someone.press("Enter").wait("#trouble:not([hidden])")
        assert "keeps no cookie" in someone.page.inner_text("#trouble")
        someone.context.unroute("**/api/participants")
        someone.open().press("Enter").wait(ASKED)
        someone.open().context.clear_cookies()
        assert "Welcome back" in someone.page.inner_text("#resume")
        someone.press("Enter").wait("#intro:not([hidden]) #resume[hidden]", "attached")
        someone.context.close()


def test_a_refusal_at_the_start_is_told(chrome, address):
    """As behind a proxy, whose address the server does not know."""
    someone = Person(chrome, address, lambda fake: fake)
    refused = {"error": "this server answers its own pages only"}
    someone.context.route("**/api/participants", lambda asked: asked.fulfill(status=403, json=refused))
    someone.press("Enter").wait("#trouble:not([hidden])")
    assert "The study cannot go on: this server answers its own pages only." in someone.page.inner_text("#trouble")
    someone.context.close()


def test_a_touch_screen_suggests_no_answer(chrome, address):
    style = "side => { const is = getComputedStyle(document.getElementById(side)); return [is.color, is.background] }"
    viewport = {"width": 390, "height": 844}
    someone = Person(chrome, address, lambda fake: fake, viewport=viewport, is_mobile=True, has_touch=True)
    someone.page.click("#start")
    someone.wait(ASKED).page.hover("#right")
    assert someone.page.evaluate(style, "left") == someone.page.evaluate(style, "right")
    someone.context.close()


def test_keys_before_the_question_and_keys_held_down_say_nothing(chrome, tmp_path):
    with served(tmp_path) as address:
        someone = Person(chrome, address, lambda fake: fake)
        someone.press("Enter").wait(".place.shown")
        for key in ("ArrowLeft", "ArrowRight", "Enter", " "):
            someone.press(key)
        someone.page.keyboard.down("ArrowLeft")
        someone.wait(ASKED)
        someone.page.keyboard.down("ArrowLeft")  # which repeats it
        someone.page.keyboard.press("Control+ArrowLeft")
        assert someone.page.is_visible(ASKED)
        someone.page.keyboard.up("ArrowLeft")
        someone.answer().wait(TOLD)
        someone.context.close()
    people, _ = rows(tmp_path)
    assert [[row.chosen for row in each] for each in people] == [[someone.answers[0][2]]]


@pytest.mark.parametrize("size", [(360, 640), (390, 844), (844, 390), (1280, 720)], ids=str)
def test_every_view_fits(chrome, address, size):
    """All that a trial needs is in sight without scrolling: places, question, the button to go on."""
    width, height = size
    someone = Person(chrome, address, lambda fake: fake, viewport={"width": width, "height": height})
    assert someone.page.evaluate("document.documentElement.scrollWidth") == width
    box = someone.page.locator("#start").bounding_box()
    assert box["y"] + box["height"] <= height + 60
    someone.press("Enter").answer().wait(TOLD)
    boxes = [someone.page.locator(each).bounding_box() for each in ("#question", "#left", "#right", "#next")]
    for box in boxes:
        assert box["x"] >= 0 and box["y"] >= 0
        assert box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
    assert boxes[1]["width"] == boxes[1]["height"] == boxes[2]["width"] >= 150
    assert someone.page.evaluate("document.documentElement.scrollHeight") <= height
    someone.context.close()
