import hashlib
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from pix2pix.base.errors import DataError, UserError
from pix2pix.networks import folder
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.segmenter import segmenter

ABOUT = {"fingerprint": "abc", "direction": "right_to_left", "palette": {"sky": [1, 2, 3], "Façade": [4, 5, 6]}}


@pytest.fixture(scope="module")
def model():
    made = generator((32, 32), filters=2)
    made(np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)), training=True)  # averages unlike the first ones
    return made


@pytest.fixture
def saved(model, tmp_path):
    folder.save(model, tmp_path / "model", ABOUT)
    return tmp_path / "model"


def contents(path):
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_what_is_saved_is_loaded(model, saved):
    loaded, about = folder.load(saved)
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        assert "seed_generator" in ours.path or np.array_equal(ours, theirs), ours.path
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 32, 32, 3))
    # The last bits are others where a layer of ours computes what Keras' own does.
    np.testing.assert_allclose(loaded(picture).numpy(), model(picture).numpy(), atol=1e-6)
    names = {"weights_sha256": "model.weights.h5", "architecture_sha256": "architecture.json"}
    assert about == ABOUT | {
        key: hashlib.sha256((saved / name).read_bytes()).hexdigest() for key, name in names.items()
    }


def test_the_same_network_is_the_same_bytes(model, saved, tmp_path):
    folder.save(model, tmp_path / "again", ABOUT)
    assert contents(tmp_path / "again") == contents(saved)
    loaded, _ = folder.load(saved)
    folder.save(loaded, tmp_path / "loaded", ABOUT)
    first, second = contents(saved), contents(tmp_path / "loaded")
    assert json.loads(first["architecture.json"]) == json.loads(second["architecture.json"])


def test_a_folder_holds_json_and_weights_and_no_pickles(saved):
    files = contents(saved)
    assert sorted(files) == ["about.json", "architecture.json", "model.weights.h5"]
    assert json.loads(files["about.json"])["direction"] == "right_to_left"
    assert files["model.weights.h5"].startswith(b"\x89HDF")
    architecture = json.loads(files["architecture.json"])
    assert architecture["class_name"] == "Functional" and "compile_config" not in architecture
    assert "pix2pix" not in files["architecture.json"].decode()


@pytest.mark.slow
def test_plain_keras_loads_it(model, saved, tmp_path):
    """Without our source: what a person who is sent the folder has."""
    command = (
        "import sys, keras, numpy as np\n"
        "folder = sys.argv[1]\n"
        "model = keras.models.model_from_json(open(f'{folder}/architecture.json').read())\n"
        "model.load_weights(f'{folder}/model.weights.h5')\n"
        "print(float(np.array(model.get_layer('down_2_norm').moving_mean).sum()), 'pix2pix' in sys.modules)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, "-P", "-c", command, str(saved)],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    total, ours = result.stdout.split()
    assert float(total) == pytest.approx(float(np.array(model.get_layer("down_2_norm").moving_mean).sum()))
    assert ours == "False"


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "damage", "told"),
    [
        ("model.weights.h5", flip, "model.weights.h5: damaged"),
        ("model.weights.h5", lambda path: path.write_bytes(path.read_bytes()[:-1]), "model.weights.h5: damaged"),
        ("model.weights.h5", lambda path: path.unlink(), "not a model folder"),
        ("architecture.json", lambda path: path.unlink(), "not a model folder"),
        ("architecture.json", lambda path: path.write_text("{}"), "architecture.json: damaged"),
        ("architecture.json", flip, "architecture.json: damaged"),
        ("about.json", lambda path: path.unlink(), "not a model folder"),
        ("about.json", lambda path: path.write_text("{}"), "not a model folder"),
        ("about.json", lambda path: path.write_text("[]"), "not a model folder"),
        ("about.json", lambda path: path.write_text("[" * 100_000), "not a model folder"),
        ("about.json", lambda path: path.write_bytes(b"\xff"), "not a model folder"),
    ],
)
def test_a_damaged_folder_is_refused(saved, name, damage, told):
    damage(saved / name)
    with pytest.raises(DataError) as caught:
        folder.load(saved)
    assert str(saved) in str(caught.value) and told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_weights_of_another_architecture_are_refused(saved, tmp_path):
    folder.save(generator((32, 32), filters=3), tmp_path / "other", {})
    (tmp_path / "other" / "architecture.json").replace(saved / "architecture.json")
    with pytest.raises(DataError, match=r"architecture.json: damaged"):
        folder.load(saved)
    rehash(saved)
    with pytest.raises(DataError, match="not a model folder"):
        folder.load(saved)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "null", '{"class_name": "Lambda"}'])
def test_an_architecture_that_is_none_is_refused_even_if_its_hash_matches(saved, text):
    (saved / "architecture.json").write_text(text)
    rehash(saved)
    with pytest.raises(DataError, match=r"^[^\n]*: not a model folder: [^\n]*$"):
        folder.load(saved)


def test_both_networks_are_made_of_what_may_be_loaded(tmp_path):
    for name, network in (
        ("generator", generator((32, 32), filters=2, skips=False)),
        ("segmenter", segmenter(3, filters=2)),
    ):
        folder.save(network, tmp_path / name, {})
        assert len(folder.load(tmp_path / name)[0].weights) == len(network.weights)


def rehash(path):
    told = json.loads((path / "about.json").read_text())
    told |= {key: hashlib.sha256((path / name).read_bytes()).hexdigest() for name, key in folder.HASHED.items()}
    (path / "about.json").write_text(json.dumps(told))


def test_an_absent_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="absent: not a model folder"):
        folder.load(tmp_path / "absent")


def test_saving_replaces_the_whole_folder(model, saved):
    (saved / "stale").touch()
    folder.save(model, saved, {})
    assert "stale" not in contents(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_weights_that_were_only_planned_are_never_made(saved):
    """Keras makes up for them when the next stateless scope ends; of a refused architecture they may be terabytes."""
    architecture = json.loads((saved / "architecture.json").read_text())
    architecture["config"]["layers"][1]["config"]["filters"] = 10**6
    (saved / "architecture.json").write_text(json.dumps(architecture))
    about = json.loads((saved / "about.json").read_text())
    about["architecture_sha256"] = hashlib.sha256((saved / "architecture.json").read_bytes()).hexdigest()
    (saved / "about.json").write_text(json.dumps(about))
    with pytest.raises(DataError):
        folder.load(saved)
    made = []
    with pytest.MonkeyPatch.context() as patch, keras.StatelessScope():
        patch.setattr(keras.Variable, "_deferred_initialize", lambda variable: made.append(variable.path))
    assert not made


@pytest.mark.parametrize(
    ("change", "back", "said"),
    [
        (lambda: keras.config.set_floatx("float16"), lambda: keras.config.set_floatx("float32"), "floatx float16"),
        (lambda: keras.config.set_epsilon(0.5), lambda: keras.config.set_epsilon(1e-7), "epsilon 0.5"),
    ],
)
def test_other_settings_of_a_program_around_us_are_refused(tiny_model, change, back, said):
    """A server may have imported Keras with settings of its own: dropout masks would be others."""
    change()
    try:
        with pytest.raises(UserError, match=f"Keras has {said} in this process"):
            folder.load(tiny_model)
    finally:
        back()


@pytest.mark.parametrize("name", ["about.json", "architecture.json", "model.weights.h5"])
def test_a_file_that_is_linked_to_a_device_is_refused_by_name(saved, name):
    (saved / name).unlink()
    (saved / name).symlink_to("/dev/zero")
    with pytest.raises(DataError, match=f"{name}: a device, a pipe or a socket, where a file belongs"):
        folder.load(saved)


def test_a_folder_without_a_model_says_why(tmp_path, saved):
    """Where a system makes no model, training leaves a note."""
    (tmp_path / "about.json").write_text('{"absent": "there is one direction"}')
    assert folder.absent(tmp_path) == "there is one direction" and folder.absent(saved) is None
    with pytest.raises(DataError, match=r": holds no model: there is one direction$"):
        folder.load(tmp_path)
    (tmp_path / "about.json").write_text("[]")
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(DataError, match=r"no folder of a model .*run `dvc repro train`"):
            folder.absent(path)
