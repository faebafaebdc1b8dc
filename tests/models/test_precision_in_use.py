import numpy as np
import pytest
from made_walker import save_walker

from pix2pix.models import opening
from pix2pix.models.sampler import Sampler

PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["tiny_model", "tiny_sampler", "a bridge"])
def test_a_model_of_any_kind_answers_nearly_the_same_in_bfloat16(kind, request, tmp_path):
    folder = save_walker(tmp_path / "bridge") if kind == "a bridge" else request.getfixturevalue(kind)

    def answer(*precision):
        model = opening.load(folder, *precision)
        answers = [model(seed) if isinstance(model, Sampler) else model(PICTURE, seed) for seed in range(8)]
        return np.stack(answers).astype(int)

    exact = answer()
    np.testing.assert_array_equal(answer("float32"), exact)
    differences = np.abs(answer("bfloat16") - exact)
    assert 0 < differences.mean() < 2, "of 255 levels"
