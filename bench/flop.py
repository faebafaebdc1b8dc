"""The arithmetic of a training step, counted from the shapes of the convolutions.

A multiplication and an addition are two operations (FLOP). Counted are convolutions and transposed convolutions, also
where their window lies on padding; not biases, norms, activations, losses and Adam, which together need about a
hundredth of it.
"""

import math
from collections.abc import Iterator

import keras
from keras import layers


def step_flop(generator: keras.Model, discriminator: keras.Model) -> int:
    """FLOP of one step at batch 1 in which both networks learn from the same weights.

    A layer's gradient by its weights and its gradient by its input are each as much work as the layer itself.

    - Generator: forward, all gradients by weights, and by input but for the first layer's, which nobody needs.
    - Discriminator, its own loss: the same, twice: for the real and for the generated picture.
    - Discriminator, the generator's loss: the gradients by input, down to the generated picture.
    """
    maker, judge = ([_flop(layer) for layer in convolutions(each)] for each in (generator, discriminator))
    learning = 3 * sum(maker) - maker[0]
    judging = 2 * (3 * sum(judge) - judge[0])
    teaching = sum(judge)
    return learning + judging + teaching


def convolutions(model: keras.Model) -> Iterator[layers.Layer]:
    """The (transposed) convolutions of a model, and of the models in it, from input to output."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from convolutions(layer)
        elif isinstance(layer, layers.Conv2D | layers.Conv2DTranspose):
            yield layer


def _flop(layer: layers.Layer) -> int:
    """A convolution's kernel is multiplied once at each place of its output, a transposed one's of its input."""
    where = layer.input if isinstance(layer, layers.Conv2DTranspose) else layer.output
    return int(2 * math.prod(layer.kernel.shape) * math.prod(where.shape[1:3]))
