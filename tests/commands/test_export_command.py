import numpy as np
import onnxruntime
from tiny import noise

from pix2pix.models.translator import Translator


def test_a_model_is_exported_in_the_format_that_is_asked_for(command, tiny_model):
    status, out, err = command("export", "-o", "deep/out", "--model", tiny_model, "--format", "onnx", "--seed", "3")
    assert (status, err) == (0, f"model {tiny_model}, fingerprint 0123456789abcdef\n")
    assert out.startswith("deep/out: onnx, 0.") and out.endswith(" MB, answers as the model does\n")
    answer = onnxruntime.InferenceSession("deep/out/model.onnx").run(None, {"pictures": noise()[None]})[0][0]
    assert np.abs(answer.astype(int) - Translator.load(tiny_model)(noise(), seed=3)).max() <= 1


def test_nothing_is_written_over(command, tiny_model, tmp_path):
    (tmp_path / "out").mkdir()
    said = "error: out exists already; name another folder, or remove it\n"
    assert command("export", "-o", "out", "--model", tiny_model) == (2, "", said)
    assert not list((tmp_path / "out").iterdir())
