"""A small workspace of a model that is asked for classes: pictures in two folders, trained for seconds, evaluated."""

from pathlib import Path

import numpy as np
import sampled_workspace

from pix2pix import params
from pix2pix.base.files import write_json
from pix2pix.base.pictures import save_png
from pix2pix.evaluation.workspace import Evaluated, evaluate_workspace
from pix2pix.params.systems.cgan import Cgan
from pix2pix.pipeline import class_readers
from pix2pix.systems import readers
from pix2pix.training import outputs
from pix2pix.training.followers import Followers

CLASSES = ["dark", "light"]
# The class of each picture, by split.
PICTURES = {"train": [0, 1] * 6, "val": [0, 1, 1, 0], "test": [0, 1, 1, 0, 1, 1]}


def asked(root: Path) -> params.Params:
    """The parameters: pictures of 32x32 in `root/own`, two epochs for each network."""
    data = params.Data(
        dataset="custom", task="labelled", classes=CLASSES, palette="none", direction="left_to_right", image_size=32,
        path=str(root / "own"), name="squares",
    )  # fmt: skip
    train = params.Train(
        epochs=2, batch_size=4, buffer_size=12, jitter_scale=1.0, mirror=False, log_every=1, validation_pairs=4,
        sample_pairs=3,
    )  # fmt: skip
    segmenter = params.Segmenter(epochs=6, batch_size=4, filters=4, learning_rate=1e-2, log_every=1)
    model = Cgan(noise_size=5, generator_filters=4, discriminator_filters=4)
    evaluate = params.Evaluate(repeats=2)
    return params.Params(data=data, model=model, train=train, segmenter=segmenter, evaluate=evaluate)


def picture(split: str, number: int, class_id: int) -> np.ndarray:
    """A noisy picture that is dark or light."""
    random = np.random.default_rng([len(split), number])
    return (random.integers(0, 90, (32, 32, 3)) + 150 * class_id).astype(np.uint8)


def make(root: Path) -> tuple[Evaluated, dict[str, float]]:
    """Train both networks and evaluate; return this, and the scores of the classifier."""
    for split, classes in PICTURES.items():
        for number, class_id in enumerate(classes):
            path = root / "own" / split / CLASSES[class_id] / f"{number}.png"
            save_png(path, picture(split, number, class_id))
    chosen = asked(root)
    with sampled_workspace.prepared(root, chosen):
        scores = train_reader(chosen)
        sampled_workspace.train(chosen)
        return evaluate_workspace(chosen), scores


def train_reader(chosen: params.Params) -> dict[str, float]:
    """Train the network that reads classes, in the current folder; return its scores."""
    reading = class_readers.of(chosen, Path("data/records"))
    assert not isinstance(reading, str)
    job = reading.job
    trained = job.train(job.prepared(), Path("home/classifier"), [], Followers(), lambda: None)
    outputs.write(trained, job)
    scores = reading.scores(trained.selected[readers.PRODUCT])
    write_json(Path("metrics/segmenter.json"), scores | readers.chosen(trained))
    return scores
