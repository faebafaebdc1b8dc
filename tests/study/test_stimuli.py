import io
import json

import numpy as np
import pytest
from evaluated_workspace import FINGERPRINT, SIZE, ids, make, pixels, recognised
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import save_png
from pix2pix.study.stimuli import ChangedError, Stimuli


@pytest.fixture
def root(tmp_path):
    return make(tmp_path / "workspace")


def test_the_pairs_and_the_model_are_those_of_the_workspace(root):
    pictures = Stimuli(root)
    assert (pictures.ids, pictures.fingerprint) == (ids(10), FINGERPRINT)
    assert pictures.size == (SIZE, SIZE)
    assert recognised(pictures.png("test/3", "real")) == ("test/3", "real")
    assert recognised(pictures.png("test/10", "generated")) == ("test/10", "generated")


def test_the_digest_is_of_the_pictures(root, tmp_path):
    assert Stimuli(root).digest == Stimuli(make(tmp_path / "same")).digest
    assert Stimuli(root).digest != Stimuli(make(tmp_path / "other", seed=1)).digest


def test_a_picture_says_nothing_but_its_pixels(root):
    """Neither text nor palette nor compression tells which kind it is."""
    path = root / "reports/pictures/test-1-generated.png"
    notes = PngInfo()
    notes.add_text("Software", "a generator")
    flat = np.zeros((SIZE, SIZE, 3), np.uint8)
    Image.fromarray(flat).quantize(4).save(path, pnginfo=notes, compress_level=0, dpi=(300, 300))
    save_png(root / "reports/pictures/test-1-real.png", flat)
    pictures = Stimuli(root)
    assert pictures.png("test/1", "generated") == pictures.png("test/1", "real")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(pictures.png("test/1", "real")))), flat)


def test_what_is_not_there_yet_is_said(tmp_path):
    with pytest.raises(DataError, match=r"about.json: there is no model yet; `dvc repro` makes it"):
        Stimuli(tmp_path)
    root = make(tmp_path / "workspace")
    (root / "reports/pictures/test-4-real.png").unlink()
    with pytest.raises(DataError, match=r"test-4-real.png: no such picture; `dvc repro evaluate` makes it"):
        Stimuli(root)
    (root / "reports/images.csv").unlink()
    with pytest.raises(
        DataError, match=r"images.csv: there is no such file, because no model is evaluated yet; `dvc repro`"
    ):
        Stimuli(root)


@pytest.mark.parametrize("about", ["{}", "[]", "nonsense", '{"fingerprint": 7}', '{"fingerprint": "../../etc/pass"}'])
def test_a_model_that_does_not_say_what_it_is(root, about):
    (root / "models/generator/about.json").write_text(about, encoding="utf-8")
    with pytest.raises(DataError, match=r"about.json: it does not name the training"):
        Stimuli(root)


@pytest.mark.parametrize("keep", [0, 20, -30])
def test_a_damaged_picture_is_found_at_the_start(root, keep):
    path = root / "reports/pictures/test-2-generated.png"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"test-2-generated.png: damaged"):
        Stimuli(root)


def test_a_flipped_bit_is_found_at_the_start(root):
    path = root / "reports/pictures/test-2-generated.png"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"test-2-generated.png: damaged"):
        Stimuli(root)


def test_the_two_of_a_pair_are_of_one_size(root):
    save_png(root / "reports/pictures/test-1-real.png", np.zeros((SIZE, 2 * SIZE, 3), np.uint8))
    with pytest.raises(DataError, match=r"test-1-real.png: its size differs from that of other pictures"):
        Stimuli(root)


@pytest.mark.parametrize("change", ["other", "gone", "folder"])
def test_pictures_that_change_meanwhile_are_not_shown(root, change):
    pictures = Stimuli(root)
    path = root / "reports/pictures/test-1-real.png"
    if change != "other":
        path.unlink()
        if change == "folder":
            path.mkdir()
    else:
        save_png(path, pixels(0, "real", seed=5))
    with pytest.raises(ChangedError, match=r"test-1-real.png: changed since the study began"):
        pictures.png("test/1", "real")
    assert recognised(pictures.png("test/2", "real")) == ("test/2", "real")


def test_a_table_without_ids(root):
    (root / "reports/images.csv").write_text("name\na\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"images.csv: unreadable"):
        Stimuli(root)


def lock(made, used):
    entry = {"path": "models/generator"}
    return {"stages": {"train": {"outs": [entry | {"md5": made}]}, "evaluate": {"deps": [entry | {"md5": used}]}}}


def test_pictures_of_an_earlier_model_are_refused(root):
    (root / "dvc.lock").write_text(json.dumps(lock("a.dir", "a.dir")), encoding="utf-8")
    assert Stimuli(root).ids
    (root / "dvc.lock").write_text(json.dumps(lock("b.dir", "a.dir")), encoding="utf-8")
    with pytest.raises(DataError, match=r"an earlier model than models/generator made them; run `dvc repro evaluate`"):
        Stimuli(root)


@pytest.mark.parametrize("text", ["", "stages: {}", "stages: {train: {outs: []}, evaluate: {deps: []}}", "a: [", "7"])
def test_a_lock_that_says_nothing_of_it_is_no_obstacle(root, text):
    (root / "dvc.lock").write_text(text, encoding="utf-8")
    assert Stimuli(root).ids
