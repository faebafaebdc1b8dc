"""Make the README's pictures from a run of their own, of a quarter of an hour: `make pictures`.

`make pictures MODEL=FOLDER` makes two of them anew with a trained model, in a minute: label maps with its photos, which
are the first picture of the README and want a caption of their own there, and the page on which façades are drawn.
The label maps and houses are drawn by the project, so they may be shown; photos of the published data set may not.
Pages are photographed in Chromium, which has to be installed.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]

from browser import chromium
from PIL import Image
from playwright.sync_api import Error, Page, sync_playwright

from bench import servers
from pix2pix.base import framework
from pix2pix.base.pictures import grid, load_rgb
from pix2pix.web import looks

DOCS, WORKSPACE = ROOT / "docs", ROOT / ".pictures"
PAIRS = ("test-3", "test-15")
SHOWN = ("input", "generated", "real")
# The built-in houses above whose photos a model is shown, and the seed of its photos.
HOUSES, SEED = range(5), 0
PATIENCE_MS = 120_000
# How long MLflow's page takes to draw its curves; it never stops asking its server, so that is no sign.
SETTLED_MS = 8_000
PORT = 5099
WIDTH, HEIGHT = 1280, 860
# Small, and so done in minutes; with enough houses for the whole of the study.
SMALL = {
    "data.dataset": "sample", "data.sample_test": "50", "data.image_size": "128", "model.generator_filters": "32",
    "model.discriminator_filters": "32", "segmenter.crop": "128", "segmenter.epochs": "16",
    "evaluate.repeats": "1",
}  # fmt: skip
EPOCHS, FEW_EPOCHS = 8, 2
EXPERIMENTS = {
    "default": (),
    "lambda-10": ("model.lambda_l1=10",),
    "l1-alone": ("model.lambda_l1=100", "model.loss=l1"),
}
COLUMNS = (
    "Experiment",
    "model.loss",
    "model.lambda_l1",
    "generated_class_iou",
    "generated_pixel_accuracy",
    "l1",
    "ssim",
)


def main(model: str | None = None) -> None:
    """Make those of a model folder, or train, and make all of them."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(PATIENCE_MS)
        if model:
            photos(Path(model))
            # The page shows the name by which it was given the model, and no folder of this machine belongs there.
            shutil.copytree(model, Path(home) / "models/generator")
            app(page, Path(home), "--model", "models/generator")
            return
        os.environ["PIX2PIX_HOME"] = home
        settings = [word for name, value in SMALL.items() for word in (f"--{name}", value)]
        command = [sys.executable, "-m", "pix2pix", "run", "--defaults", WORKSPACE.name, *settings]
        subprocess.run([*command, "--train.epochs", str(EPOCHS)], cwd=ROOT, env=servers.environment(ROOT), check=True)
        houses()
        for make in (report, app, study, experiments, runs):
            make(page)
            print(f"docs/{make.__name__}.webp", flush=True)


def houses() -> None:
    """Two houses side by side: label map, generated picture, drawn picture."""
    folder = WORKSPACE / "reports" / "pictures"
    row = [load_rgb(folder / f"{pair}-{name}.png") for pair in PAIRS for name in SHOWN]
    Image.fromarray(grid([row])).save(DOCS / "demo.jpg", quality=85)


def photos(model: Path) -> None:
    """Label maps of built-in houses, and below each the photo that a model makes of it."""
    framework.import_tensorflow()
    from pix2pix.app import starts  # both need TensorFlow
    from pix2pix.models.translator import Translator

    translator = Translator.load(model)
    drawn = [starts.house(translator, number) for number in HOUSES]
    made = [translator(labels, seed=SEED) for labels in drawn]
    Image.fromarray(grid([drawn, made])).save(DOCS / "demo.jpg", quality=85)


def report(page: Page) -> None:
    """The report's scores."""
    page.goto((WORKSPACE / "reports/index.html").as_uri())
    page.evaluate("document.querySelector('#scores').scrollIntoView()")
    keep(page, "report")


def app(page: Page, folder: Path = WORKSPACE, *words: str) -> None:
    """The page on which façades are drawn: one of the built-in houses, and a door more."""
    with servers.page("app", "--port", str(PORT), *words, folder=folder) as address:
        page.goto(address)
        page.locator("#strip button").nth(5).wait_for()  # the last of the houses
        page.locator("#strip button").nth(1).click()
        page.keyboard.press("r")
        page.keyboard.press("4")
        box = page.locator("#canvas").bounding_box()
        assert box
        corner, size = (box["x"], box["y"]), box["width"]
        page.mouse.move(corner[0] + 0.15 * size, corner[1] + 0.75 * size)
        page.mouse.down()
        page.mouse.move(corner[0] + 0.27 * size, corner[1] + 0.95 * size, steps=4)
        page.mouse.up()
        page.locator("#first[aria-busy=false]").wait_for()
        keep(page, "app")


def study(page: Page) -> None:
    """The study's first practice trial, answered."""
    with servers.page("study", "--port", "0", folder=WORKSPACE) as address:
        page.goto(address)
        page.keyboard.press("Enter")
        page.locator(".place:not([disabled])").first.wait_for()
        page.keyboard.press("ArrowLeft")
        page.locator("#next:not([hidden])").wait_for()
        keep(page, "study")


def runs(page: Page) -> None:
    """MLflow's runs, of this run and of the experiments, with their curves."""
    store = f"sqlite:///{os.environ['PIX2PIX_HOME']}/mlflow.db"
    page.set_viewport_size({"width": 1600, "height": HEIGHT})
    with servers.running("mlflow", "ui", "--backend-store-uri", store, "--port", str(PORT), folder=ROOT):
        for _ in range(PATIENCE_MS // 1000):  # it does not say when it is ready
            with suppress(Error):
                page.goto(f"http://127.0.0.1:{PORT}/#/experiments/1/runs?compareRunsMode=CHART")
                break
            page.wait_for_timeout(1000)
        page.get_by_text("Model metrics").wait_for()
        page.get_by_role("button", name="Close").last.click()  # its assistant, which takes a quarter of the page
        page.wait_for_timeout(SETTLED_MS)
        keep(page, "runs")


def experiments(page: Page) -> None:
    """What `dvc exp show` says of a few small experiments, which are made for this in a clone."""
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "pix2pix"

        def dvc(*words: str) -> str:
            command = [sys.executable, "-m", "dvc", *words]
            environment = servers.environment(clone) | {"COLUMNS": "200"}
            out = subprocess.PIPE
            done = subprocess.run(command, cwd=clone, env=environment, stdout=out, encoding="utf-8", check=True)
            return done.stdout

        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        for name, changes in EXPERIMENTS.items():
            values = [f"{path}={value}" for path, value in SMALL.items()]
            settings = [word for change in (*values, f"train.epochs={FEW_EPOCHS}", *changes) for word in ("-S", change)]
            dvc("exp", "run", "--quiet", "--name", name, *settings)
        keeping = "|".join(re.escape(column) + "$" for column in COLUMNS)
        table = dvc("exp", "show", "--no-pager", "--drop", ".*", "--keep", keeping)
    page.goto("about:blank")  # the page before forbids styles
    page.set_content(
        f"<style>{looks.CSS} body {{ margin: 0; padding: 1.5rem; background: var(--paper); color: var(--ink) }}"
        f"pre {{ font: 13px/1.35 var(--mono); margin: 0 }}</style><pre>$ dvc exp show\n{escape(table)}</pre>"
    )
    page.set_viewport_size({"width": WIDTH, "height": 360})
    keep(page, "experiments")


def keep(page: Page, name: str) -> None:
    """Write what the page shows."""
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(DOCS / f"{name}.webp", quality=85, method=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
