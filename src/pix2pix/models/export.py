"""The export of a trained generator as a SavedModel, an ONNX file or a LiteRT file, for use without this code.

An exported model takes and gives pictures of uint8 or, of 16 bits, uint16. It normalises each picture by its own
statistics, and has the dropout masks of one seed as constants.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.errors import UserError, one_line
from pix2pix.base.files import whole, write_json
from pix2pix.base.framework import chatter_held_back
from pix2pix.models.opening import Generator
from pix2pix.models.sampler import Sampler
from pix2pix.models.translator import Translator, taken

Format = Literal["savedmodel", "onnx", "litert"]
_Graph: TypeAlias = "tf.types.experimental.PolymorphicFunction"
# The values of each input, by its name.
Given = dict[str, NDArray[Any]]
Use = Callable[[Given], NDArray[Any]]
# The newest ONNX operator set that tf2onnx writes.
_OPSET = 18
# The largest difference of an exported model's picture, of the whole range: its sums have another order.
_TOLERANCE = 1 / 255


def export(model: Generator, out: Path, format_: Format, seed: int) -> None:
    """Write a folder with the exported model and `about.json`; it appears whole or not at all.

    In every format the model takes inputs as `pictures`, and gives targets as `translated`, both `(n, height, width,
    channels)` in the types of their fields. One that reads instance maps takes `instances`, too, uint16 `(n, height,
    width, 1)`. No answer depends on the other pictures. A LiteRT model takes one picture only, because it translates
    only the first of several rightly. A model that starts from noise takes `noise`, float32 `(n, size)`, and, if it
    knows classes, their ids as `class_id`, int32 `(n,)`; it gives `generated`.

    Args:
        model: the model to export, with its way of use.
        out: the folder to write.
        format_: see `Format`.
        seed: the seed of the dropout masks; a model that starts from noise has none.

    Raises:
        UserError: a package is missing, the disk is full, or the exported model does not answer as the original does.
    """
    write, load = FORMATS[format_]
    form = _of_sampler(model) if isinstance(model, Sampler) else _of_translator(model, seed)
    made = model.task.target
    with whole(out) as folder:
        folder.mkdir()
        try:
            with chatter_held_back(), warnings.catch_warnings(action="ignore"):
                write(_graph(form, None if format_ != "litert" else 1), folder)
                answer = load(folder)(form.samples)
        except ImportError as error:
            raise UserError(f"{format_} needs a package: {error}; `pip install onnx onnxruntime tf2onnx`") from None
        except tf.errors.OpError as error:  # TensorFlow's error for a full disk
            raise UserError(f"not written: {one_line(str(error).replace(str(folder), str(out)))}") from None
        # Converters can fail silently: LiteRT's leaves out weights that are no constants.
        if np.abs(answer.astype(int) - form.expected).max() > _TOLERANCE * np.iinfo(made.dtype).max:
            raise UserError(f"{out}: not written, because the {format_} model gives other pictures than the model here")
        write_json(folder / "about.json", {**model.about.told(), **form.told, "exported_as": format_})


class _Form(NamedTuple):
    """What an exported model takes and gives.

    Attributes:
        gives: the name of the answer.
        run: the model as a function of tensors.
        samples: two values of each input, by its name.
        expected: the answers of the model here.
        told: what `about.json` says besides.
    """

    gives: str
    run: Callable[..., tf.Tensor]
    samples: Given
    expected: NDArray[Any]
    told: dict[str, int]


def _of_translator(translator: Translator, seed: int) -> _Form:
    random = np.random.default_rng(0)
    samples = {
        taken(field): random.integers(0, 1 << field.bits, (2, *field.shape), dtype=field.dtype)
        for field in translator.task.read
    }
    pictures, instances = samples["pictures"], samples.get("instances", [None, None])
    pairs = zip(pictures, instances, strict=True)
    expected = np.stack([translator(picture, seed, instances=ids) for picture, ids in pairs])
    return _Form("translated", translator.frozen(seed), samples, expected, {"dropout_seed": seed})


def _of_sampler(sampler: Sampler) -> _Form:
    noises, classes = np.stack([sampler.noise(0, number) for number in range(2)]), [0, len(sampler.classes) - 1]
    samples: dict[str, NDArray[Any]] = {"noise": noises}
    if sampler.classes:
        samples["class_id"] = np.array(classes, np.int32)
    asked = classes if sampler.classes else [None, None]
    expected = np.stack([sampler.of(noise, class_id) for noise, class_id in zip(noises, asked, strict=True)])
    return _Form("generated", sampler.frozen(), samples, expected, {})


def _graph(form: _Form, at_once: int | None) -> _Graph:
    """Return the model as a graph with the names of all formats; None stands for any number of inputs at once."""
    taken = [
        tf.TensorSpec((at_once, *sample.shape[1:]), sample.dtype, name=name) for name, sample in form.samples.items()
    ]
    return tf.function(lambda *given: {form.gives: form.run(*given)}, input_signature=taken)


def _write_saved_model(graph: _Graph, folder: Path) -> None:
    tf.saved_model.save(tf.Module(), str(folder), signatures=graph)


def _load_saved_model(folder: Path) -> Use:
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    (gives,) = signature.structured_outputs
    return lambda given: signature(**{name: tf.constant(values) for name, values in given.items()})[gives].numpy()


def _write_onnx(graph: _Graph, folder: Path) -> None:
    import tf2onnx

    model, _ = tf2onnx.convert.from_function(graph, graph.input_signature, opset=_OPSET)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def _load_onnx(folder: Path) -> Use:
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return lambda given: session.run(None, given)[0]


def _write_litert(graph: _Graph, folder: Path) -> None:
    with TemporaryDirectory(dir=folder) as scratch:  # only a conversion of a saved model keeps the names
        _write_saved_model(graph, Path(scratch))
        model = tf.lite.TFLiteConverter.from_saved_model(scratch).convert()
    (folder / "model.tflite").write_bytes(model)


def _load_litert(folder: Path) -> Use:
    runner = tf.lite.Interpreter(str(folder / "model.tflite")).get_signature_runner()
    (gives,) = runner.get_output_details()

    def use(given: Given) -> NDArray[Any]:
        each = ({name: values[number : number + 1] for name, values in given.items()} for number in range(2))
        return np.concatenate([runner(**one)[gives] for one in each])

    return use


FORMATS: dict[Format, tuple[Callable[[_Graph, Path], None], Callable[[Path], Use]]] = {
    "savedmodel": (_write_saved_model, _load_saved_model),
    "onnx": (_write_onnx, _load_onnx),
    "litert": (_write_litert, _load_litert),
}
