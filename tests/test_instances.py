"""Instance maps from their files to the answers: drawn houses in which each window is an instance."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import sampled_workspace
from labelled_workspace import train_reader
from scipy import ndimage

from pix2pix import params
from pix2pix.base.pictures import load_rgb, save_png
from pix2pix.commands import predict
from pix2pix.data import labels, records
from pix2pix.data.samples import facades
from pix2pix.evaluation.workspace import evaluate_workspace
from pix2pix.models.translator import Translator
from pix2pix.params.systems.pix2pixhd import Pix2pixHD
from pix2pix.tracking import model as logged
from pix2pix.tracking.pyfunc import GeneratorModel

COUNTS = {"train": 4, "val": 2, "test": 2}


def instances(label_map):
    """The ids: 1000 and more for windows, one for each, and the class for all else; uint16 `(height, width, 1)`."""
    classes = labels.CMP.classes(label_map)
    windows, _ = ndimage.label(classes == labels.CMP.names.index("window"))
    return np.where(windows > 0, 1000 + windows, classes).astype(np.uint16)[..., None]


def houses(root):
    """Write pairs and instance maps of 32x32."""
    for split, count in COUNTS.items():
        for number in range(count):
            photo, label_map = facades.draw_pair(len(split), number)
            named = {"photo": photo, "label": label_map, "inst": instances(label_map)}
            for name, picture in named.items():
                save_png(root / name / split / f"{number}.png", picture[4::8, 4::8])


def asked(root):
    data = params.Data(
        dataset="custom", path=str(root), name="houses", palette="cmp", direction="left_to_right", label_half="left",
        inputs="label", targets="photo", instances="inst", image_size=32,
    )  # fmt: skip
    train = params.Train(epochs=1, batch_size=2, buffer_size=4, log_every=1, validation_pairs=2, sample_pairs=2)
    segmenter = params.Segmenter(epochs=1, batch_size=2, filters=4, crop=32, log_every=1)
    model = Pix2pixHD(generator_filters=2, discriminator_filters=2, discriminator_scales=1)
    evaluate = params.Evaluate(repeats=1)
    return params.Params(data=data, model=model, train=train, segmenter=segmenter, evaluate=evaluate)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The folder of the pipeline's outputs, and the evaluation."""
    root = tmp_path_factory.mktemp("instances")
    houses(root / "own")
    chosen = asked(root / "own")
    with sampled_workspace.prepared(root, chosen):
        train_reader(chosen)
        sampled_workspace.train(chosen)
        return root, evaluate_workspace(chosen)


@pytest.mark.slow
def test_training_evaluation_and_use_read_the_same_instance_maps(workspace, command, monkeypatch):
    root, evaluated = workspace
    translator = Translator.load(root / "models/generator")
    monkeypatch.setattr(predict.model, "load", lambda *_: translator)
    split = records.load(root / "data/records", "evaluation")
    own = root / "own"
    given = "predict", own / "label/test", "-o", "out", "--instances", own / "inst/test", "--seed", 0
    assert command(*given)[:2] == (0, "2 of 2 pictures: out\n")
    for id_, example in zip(split.ids, split, strict=True):
        answer = translator(example["input"], 0, instances=example["instances"])
        assert len(np.unique(example["instances"])) > 3
        assert not np.array_equal(answer, translator(example["input"], 0, instances=0 * example["instances"]))
        shown = load_rgb(root / f"reports/pictures/{id_.replace('/', '-')}-generated.png")
        np.testing.assert_array_equal(shown, answer)
        np.testing.assert_array_equal(load_rgb(f"out/{id_.partition('/')[2]}.png"), answer)
    assert np.isfinite(evaluated.result.scores.loc["generated", "l1"])
    assert "each with its instance map" in command("info", root / "models/generator")[1]
    assert json.loads(command("info", "--json", root / "models/generator")[1])["instances"] is True


@pytest.mark.slow
def test_the_logged_model_takes_pictures_and_instances_by_name(workspace):
    folder = workspace[0] / "models/generator"
    translator, served = Translator.load(folder), GeneratorModel()
    given = {each.name: (each.type, each.shape) for each in logged._given(translator.about)}
    assert given == {"pictures": (np.uint8, (-1, 32, 32, 3)), "instances": (np.uint16, (-1, 32, 32, 1))}
    split = records.load(workspace[0] / "data/records", "evaluation")
    served.load_context(SimpleNamespace(artifacts={"generator": folder}))
    batch = {name: np.stack([example[of] for example in split]) for name, of in
             (("pictures", "input"), ("instances", "instances"))}  # fmt: skip
    expected = [translator(example["input"], instances=example["instances"]) for example in split]
    np.testing.assert_array_equal(served.predict(None, batch), expected)
