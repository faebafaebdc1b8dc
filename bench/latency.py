"""How long a person waits for a picture: from Python, from the command line, from MLflow's server, on the page.

    python -m bench.latency [--precision bfloat16] [MODEL]

MODEL is the folder of a generator; without one an untrained U-Net of the default widths at 256x256 is used, which is
as fast as a trained one. `mlflow models serve` computes in float32, whatever is asked for. The page is used in
Chromium, if there is one: from a click that draws to the picture on the screen. Medians and 95th percentiles; the
first answer of each is left out. In bfloat16 it also prints how far the answers are from those in float32.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from pix2pix.base import framework

framework.import_tensorflow()

import numpy as np
import requests
from browser import chromium
from mlflow.tracking import MlflowClient

from bench import servers
from pix2pix.app import starts
from pix2pix.base.files import home
from pix2pix.base.pictures import save_png
from pix2pix.commands.model import load
from pix2pix.models import about
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.networks.generators.unet import generator
from pix2pix.params import Params
from pix2pix.tracking.model import log_generator
from pix2pix.tracking.store import tracking_uri

TIMES, FILES, COMPARED = 40, 50, 20
PATIENCE_S = 120
# The page's own clock: what drives the browser takes tens of milliseconds for a click.
WATCH = """() => {
    window.waits = [];
    let clicked;
    document.querySelector("#canvas").addEventListener("pointerdown", (event) => clicked = event.timeStamp);
    const painted = () => setTimeout(() => waits.push(performance.now() - clicked));
    new MutationObserver(() => requestAnimationFrame(painted)).observe(
        document.querySelector("#first .save"), { attributeFilter: ["href"] });
}"""


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, help="the folder of a generator")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    with tempfile.TemporaryDirectory(prefix="pix2pix-bench-") as scratch:
        os.environ["PIX2PIX_HOME"] = scratch
        asked = parser.parse_args()
        model = asked.model or untrained(Path(scratch) / "generator")
        use = ["--model", str(model), "--precision", asked.precision]
        translator = load(str(model), asked.precision)
        pictures = drawn(translator)
        tell("translator", timed(lambda: translator(pictures[0])))
        if asked.precision != "float32":
            compare(translator, load(str(model)), pictures)
        predict(use, pictures, Path(scratch))
        serve(model, pictures[0])
        if chromium():
            draw(use)


def untrained(path: Path) -> Path:
    """The folder of a U-Net with its first weights."""
    folder.save(generator(), path, about.of(Params(), "0" * 16, 1, "last").told())
    return path


def drawn(translator: Translator) -> np.ndarray:
    """Label maps of houses, or noise for a model that takes other pictures."""
    if starts.has_houses(translator):
        return np.stack([starts.house(translator, number) for number in range(FILES)])
    return np.random.default_rng(0).integers(0, 256, (FILES, *translator.task.input.shape), np.uint8)


def compare(low: Translator, exact: Translator, pictures: np.ndarray) -> None:
    """How far the answers to `COMPARED` pictures are from those in float32, in levels."""
    apart = [np.abs(low(picture).astype(int) - exact(picture)) for picture in pictures[:COMPARED]]
    print(
        f"{'levels apart':<12} mean {np.mean(apart):.2f}   p99 {np.percentile(apart, 99):.0f}   most {np.max(apart)}",
        flush=True,
    )


def timed(act: Callable[[], object]) -> list[float]:
    """The seconds of `TIMES` calls, after one that is not counted."""
    act()
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return seconds


def tell(name: str, seconds: list[float]) -> None:
    """A line of median and 95th percentile, in milliseconds."""
    late = statistics.quantiles(seconds, n=20)[-1]
    print(f"{name:<12} median {1000 * statistics.median(seconds):7.0f} ms   p95 {1000 * late:7.0f} ms", flush=True)


def predict(use: list[str], pictures: np.ndarray, scratch: Path) -> None:
    """The whole command on a folder, its start included."""
    (scratch / "given").mkdir()
    for number, picture in enumerate(pictures):
        save_png(scratch / f"given/{number}.png", picture)
    words = ["predict", str(scratch / "given"), "-o", str(scratch / "made"), *use]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pix2pix", *words], cwd=ROOT, env=servers.environment(ROOT), check=True)
    seconds = time.perf_counter() - start
    print(
        f"{'predict':<12} {len(pictures)} pictures in {seconds:.1f} s, {len(pictures) / seconds:.1f} a second",
        flush=True,
    )


def serve(model: Path, picture: np.ndarray) -> None:
    """A request to `mlflow models serve`."""
    client = MlflowClient(tracking_uri())
    experiment = client.create_experiment("latency", artifact_location=str(home() / "mlartifacts"))
    run = client.create_run(experiment).info.run_id
    log_generator(tracking_uri(), run, model)
    words = ["models", "serve", "--model-uri", f"runs:/{run}/generator", "--env-manager", "local", "--port", "5098"]
    url, body = "http://127.0.0.1:5098", {"inputs": [picture.tolist()]}
    with servers.running("mlflow", *words, folder=ROOT, MLFLOW_TRACKING_URI=tracking_uri()):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                requests.get(f"{url}/ping", timeout=PATIENCE_S).raise_for_status()
                break
            except requests.ConnectionError:
                time.sleep(0.5)
        tell("served", timed(lambda: requests.post(f"{url}/invocations", json=body, timeout=PATIENCE_S).json()))


def draw(use: list[str]) -> None:
    """A click on the page."""
    from playwright.sync_api import sync_playwright

    words = ["app", *use, "--port", "5097"]
    with servers.page(*words, folder=ROOT) as address, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"]).new_page()
        page.goto(address)
        page.locator("#first .save[href]").wait_for()
        page.evaluate(WATCH)
        page.keyboard.press("4")
        for place, (x, y) in enumerate(np.random.default_rng(0).uniform(20, 200, (TIMES + 1, 2)).tolist()):
            page.locator("#canvas").click(position={"x": x, "y": y})
            page.wait_for_function("count => waits.length === count", arg=place + 1)
        tell("page", page.evaluate("waits.map((each) => each / 1000)")[1:])


if __name__ == "__main__":
    main()
