"""The logged model of a generator that is told a class: its signature, and what it answers."""

import mlflow
import numpy as np
import pytest
from made_sampler import save_sampler_with_classes, settings_with_classes
from tracked import training_run

from pix2pix.models.sampler import Sampler
from pix2pix.tracking.store import tracking_uri


@pytest.fixture
def address(tmp_path, monkeypatch):
    """The address of a logged model, whose folder lies in `tmp_path`, too."""
    before = mlflow.get_tracking_uri()
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = save_sampler_with_classes(tmp_path / "generator")
    with training_run(settings_with_classes(), "1" * 16) as run:
        run.generator(folder)
    mlflow.set_tracking_uri(tracking_uri())
    yield f"runs:/{run.id}/generator"
    mlflow.set_tracking_uri(before)


@pytest.mark.slow
def test_it_takes_noise_and_a_class_by_name(address, tmp_path):
    model, sampler = mlflow.pyfunc.load_model(address), Sampler.load(tmp_path / "generator")
    inputs = {each.name: (each.type, each.shape) for each in model.metadata.signature.inputs}
    assert inputs == {"noise": (np.float32, (-1, 5)), "class_id": (np.int32, (-1,))}
    noises, classes = np.stack([sampler.noise(3, number) for number in range(3)]), np.array([1, 0, 1], np.int32)
    made = model.predict({"noise": noises, "class_id": classes})
    expected = [sampler.of(noise, int(class_id)) for noise, class_id in zip(noises, classes, strict=True)]
    assert made.dtype == np.uint8 and np.array_equal(made, expected)
