"""The training step: both networks see a batch, and both learn from it; and windows of steps, done in one call."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from pix2pix.base.scale import to_network
from pix2pix.base.seeds import derive
from pix2pix.losses.adversarial import real_or_generated, share_judged
from pix2pix.losses.reconstruction import l1
from pix2pix.networks.inference import dropout_layers
from pix2pix.training.optimizers import Adam

Losses = dict[str, tf.Tensor]
# What a step measures: of any generator, and with a discriminator.
ALONE = ("generator_total", "generator_l1", "generator_gradient_norm")
ADVERSARIAL = (
    "generator_gan",
    "discriminator_loss",
    "discriminator_real",
    "discriminator_fake",
    "discriminator_accuracy_real",
    "discriminator_accuracy_fake",
    "discriminator_gradient_norm",
)


@dataclass(frozen=True)
class Objective:
    """What is minimised (paper table 1, equation 4).

    Attributes:
        adversarial: there is a discriminator to convince.
        l1_weight: λ; 0 leaves L1 out (it is still measured).
        conditional: the discriminator sees the input too (cGAN).
        discriminator_weight: 1: its two terms are summed (tutorial); 0.5: their mean (paper).
        discriminator_first: the generator meets the discriminator as already updated by this step (paper's code);
            else both learn from the same weights (tutorial).
    """

    adversarial: bool
    l1_weight: float
    conditional: bool
    discriminator_weight: float
    discriminator_first: bool


def objective(loss: str, lambda_l1: float, discriminator_loss: str, update_order: str) -> Objective:
    """The objective that `model.loss`, `lambda_l1`, `discriminator_loss` and `update_order` describe."""
    return Objective(
        adversarial=loss != "l1",
        # L1 alone needs no weight beside it.
        l1_weight={"l1": 1.0, "cgan": 0.0}.get(loss, lambda_l1),
        conditional=loss.startswith("cgan"),
        discriminator_weight={"sum": 1.0, "mean": 0.5}[discriminator_loss],
        discriminator_first=update_order == "discriminator_first",
    )


class TrainingStep:
    """A generator, a discriminator (absent without an adversarial loss) and their optimisers, a window of steps a call.

    Attributes:
        selected: a generator that holds the weights of the best epoch so far; None where the last is the best by
            definition.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None,
        objective: Objective,
        learning_rate: float,
        beta_1: float,
        seed: int,
        selected: keras.Model | None = None,
        compiled: bool = False,
    ) -> None:
        """Build both Adam optimisers (paper section 3.3), so that a checkpoint can be restored into them.

        `compiled`: XLA makes one program of a window, and TensorFlow asks it for deterministic kernels where itself is
        asked for them (`make_deterministic`). Another program has other last bits.
        """
        self.generator, self.discriminator, self.objective = generator, discriminator, objective
        self.selected = selected
        # Names of their own: in which order gradients are summed depends on them, where TensorFlow simplifies a graph's
        # arithmetic, and those that Keras counts up change places (`adam_10` comes before `adam_9`).
        self.generator_optimizer = Adam(learning_rate, beta_1=beta_1, name="generator_adam")
        self.generator_optimizer.build(generator.trainable_variables)
        self.discriminator_optimizer = None
        if discriminator is not None:
            self.discriminator_optimizer = Adam(learning_rate, beta_1=beta_1, name="discriminator_adam")
            self.discriminator_optimizer.build(discriminator.trainable_variables)
        self._dropout_seeds = [
            (layer.seed_generator.state, derive(seed, layer.name)) for layer in dropout_layers(generator)
        ]
        # A graph each: a single step needs no loop, which would take the start longer. Of one function it would have
        # the other's where that was there first, and under XLA other last bits.
        self._single = tf.function(self._one, jit_compile=compiled)
        self._several = tf.function(self._each, jit_compile=compiled)

    def set_learning_rate(self, learning_rate: float) -> None:
        """Set both optimisers' step size."""
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            if optimizer is not None:
                optimizer.learning_rate.assign(learning_rate)

    def parts(self) -> dict[str, keras.Model | keras.optimizers.Optimizer]:
        """All that has weights, by name: what a checkpoint has to hold."""
        parts = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
            "selected": self.selected,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def __call__(self, inputs: tf.Tensor, targets: tf.Tensor, first: int) -> Losses:
        """Update both networks once for each batch of a window, one after the other.

        Args:
            inputs, targets: uint8 `(steps, batch, size, size, 3)`.
            first: number of the first of these steps, from 0; the dropout masks follow from a step's number.

        Returns:
            float32 `(steps,)` each: `generator_total`, `generator_l1`, `generator_gradient_norm`, and with a
            discriminator `generator_gan`, `discriminator_loss`, `discriminator_real`, `discriminator_fake`, which is
            -log D(real) and -log(1 - D(generated)) over the patches, `discriminator_accuracy_real`,
            `discriminator_accuracy_fake`, the share of the patches it judges right, and
            `discriminator_gradient_norm`. A norm is the L2 norm of the gradient of what the network minimises, over
            all its weights.
        """
        number = tf.constant(first, tf.int64)
        steps, *batch = inputs.shape
        if steps == 1:
            return self._single(inputs, targets, number)
        # One graph for windows of any length.
        window = tf.TensorSpec([None, *batch], tf.uint8)
        return self._several.get_concrete_function(window, window, number)(inputs, targets, number)

    def _one(self, inputs: tf.Tensor, targets: tf.Tensor, number: tf.Tensor) -> Losses:
        losses = self._step(to_network(inputs[0]), to_network(targets[0]), number)
        return {name: loss[None] for name, loss in losses.items()}

    def _each(self, inputs: tf.Tensor, targets: tf.Tensor, first: tf.Tensor) -> Losses:
        numbers = first + tf.range(tf.shape(inputs, tf.int64)[0])
        names = ALONE if self.discriminator is None else ALONE + ADVERSARIAL
        return tf.map_fn(
            lambda batch: self._step(to_network(batch[0]), to_network(batch[1]), batch[2]),
            (inputs, targets, numbers),
            parallel_iterations=1,
            fn_output_signature=dict.fromkeys(names, tf.TensorSpec([], tf.float32)),
        )

    def _step(self, input_: tf.Tensor, target: tf.Tensor, step: tf.Tensor) -> Losses:
        self._set_dropout(step)
        with tf.GradientTape() as generator_tape:
            generated = self.generator(input_, training=True)
            distance = l1(target, generated)
            if self.discriminator is None:
                losses = {"generator_total": distance, "generator_l1": distance}
            elif self.objective.discriminator_first:
                with generator_tape.stop_recording():
                    discriminator_losses = self._update_discriminator(input_, target, generated)
                convinced = real_or_generated(self._judge(input_, generated), real=True)
            else:
                with tf.GradientTape() as discriminator_tape:
                    logits_real, logits_fake = self._judge(input_, target), self._judge(input_, generated)
                    discriminator_losses = self._discriminator_losses(logits_real, logits_fake)
                convinced = real_or_generated(logits_fake, real=True)
            if self.discriminator is not None:
                total = convinced + self.objective.l1_weight * distance
                losses = {"generator_total": total, "generator_l1": distance, "generator_gan": convinced}

        variables = self.generator.trainable_variables
        gradients = generator_tape.gradient(losses["generator_total"], variables)
        if self.discriminator is not None:
            if not self.objective.discriminator_first:
                # Both gradients are taken before either network changes.
                discriminator_losses |= self._learn(discriminator_tape, discriminator_losses)
            losses |= discriminator_losses
        self.generator_optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return losses | {"generator_gradient_norm": tf.linalg.global_norm(gradients)}

    def _set_dropout(self, step: tf.Tensor) -> None:
        for state, seed in self._dropout_seeds:
            state.assign(tf.stack([tf.constant(seed, state.dtype), tf.cast(step, state.dtype)]))

    def _judge(self, input_: tf.Tensor, picture: tf.Tensor) -> tf.Tensor:
        assert self.discriminator is not None
        return self.discriminator([input_, picture] if self.objective.conditional else picture, training=True)

    def _discriminator_losses(self, logits_real: tf.Tensor, logits_fake: tf.Tensor) -> Losses:
        real, fake = real_or_generated(logits_real, real=True), real_or_generated(logits_fake, real=False)
        return {
            "discriminator_loss": self.objective.discriminator_weight * (real + fake),
            "discriminator_real": real,
            "discriminator_fake": fake,
            "discriminator_accuracy_real": share_judged(logits_real, real=True),
            "discriminator_accuracy_fake": share_judged(logits_fake, real=False),
        }

    def _update_discriminator(self, input_: tf.Tensor, target: tf.Tensor, generated: tf.Tensor) -> Losses:
        with tf.GradientTape() as tape:
            losses = self._discriminator_losses(self._judge(input_, target), self._judge(input_, generated))
        return losses | self._learn(tape, losses)

    def _learn(self, tape: tf.GradientTape, losses: Losses) -> Losses:
        assert self.discriminator is not None and self.discriminator_optimizer is not None
        variables = self.discriminator.trainable_variables
        gradients = tape.gradient(losses["discriminator_loss"], variables)
        self.discriminator_optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return {"discriminator_gradient_norm": tf.linalg.global_norm(gradients)}
