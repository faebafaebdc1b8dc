"""The training on examples whose fields belong together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pix2pix.base.errors import ParamsError
from pix2pix.data.augmentation import Augmentation, AugmentedAndJittered
from pix2pix.data.batches import Batch, epoch_batches
from pix2pix.data.examples import Examples
from pix2pix.data.jitter import Jitter
from pix2pix.data.labels import Palette, classes_of
from pix2pix.data.tasks import Task
from pix2pix.params import Params
from pix2pix.training.job import Setup
from pix2pix.training.looks import Likeness, PairedLook, Watching
from pix2pix.training.system import System
from pix2pix.training.watched import Watched


class Batches:
    """The batches of a training: each field by its name, `(steps, batch, height, width, channels)`."""

    def __init__(self, params: Params, examples: Examples) -> None:
        self._examples, self._train, self._seed = examples, params.train, params.seed
        train, task = params.train, examples.task
        jitter = Jitter(task, train.jitter_scale, train.mirror, smooth=train.resize == "bicubic")
        grey = params.data.task == "colourise"
        augmentation = Augmentation(task, train.rotation, train.zoom, train.colour, train.cutout, grey)
        self._variation = AugmentedAndJittered(augmentation, jitter)

    def __call__(self, epoch: int, windows: Sequence[range]) -> Iterator[Batch]:
        """See `training.source.Source`."""
        size, buffer = self._train.batch_size, self._train.buffer_size
        return epoch_batches(self._examples, self._variation, size, buffer, self._seed, epoch, windows)


def classes_seen(task: Task, palette: Palette | None) -> Palette:
    """Return the classes of the input, for networks that see them instead of colours.

    Raises:
        ParamsError: the input is no label map with a palette.
    """
    if palette is None or not task.input.is_label:
        raise ParamsError("the networks read classes, and the input is no label map with classes (data.palette)")
    return palette


def set_up(
    kind: Callable[..., System],
    params: Params,
    examples: Mapping[str, Examples],
    measures: Mapping[Watched, Likeness],
    looking: Callable[[Any, Watching], Any] = PairedLook,
) -> Setup:
    """Return a system with its batches and its look.

    Args:
        kind: the class of the system. It takes its section, the precision, the task, the seed and the classes of the
            label maps, if there are any.
        params: the sections seed, data, model and train.
        examples: the examples by role.
        measures: the measures of the selection split, each with its function.
        looking: the kind of the look.
    """
    train = examples["train"]
    system = kind(params.model, params.train.precision, train.task, params.seed, classes_of(params.data))
    look = looking(system.products["generator"], Watching.of(params.train, examples, measures))
    return Setup(system, Batches(params, train), look)
