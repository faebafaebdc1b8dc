"""How long a system is trained, and when its losses are logged and its state is saved."""

from dataclasses import dataclass

from pix2pix.data.order import windows


@dataclass(frozen=True)
class Plan:
    """The course of a training.

    Attributes:
        examples: the number of examples in an epoch.
        batch_size: the number of examples in a batch; the last batch of an epoch holds the rest.
        constant_epochs: the number of epochs with the constant learning rate.
        decay_epochs: the number of epochs after them, in which the learning rate falls to 0.
        log_every: the number of steps whose losses are averaged into one row.
        checkpoint_epochs: the number of epochs between two checkpoints that are kept.
        keep_checkpoints: the number of these checkpoints that are kept.
        checkpoint_minutes: the minutes between two checkpoints that only serve to resume after a stop.
        select: the column of the validation that chooses the model, such as `validation_l1`; None for the last epoch.
        lower_is_better: whether a lower value in this column is better.
        replicas: the number of batches in a step; the last step of an epoch has the rest.
    """

    examples: int
    batch_size: int
    constant_epochs: int
    decay_epochs: int
    log_every: int
    checkpoint_epochs: int
    keep_checkpoints: int
    checkpoint_minutes: float
    select: str | None = None
    lower_is_better: bool = False
    replicas: int = 1

    @property
    def epochs(self) -> int:
        """All epochs."""
        return self.constant_epochs + self.decay_epochs

    @property
    def steps_an_epoch(self) -> int:
        """The number of steps in one epoch."""
        return -(-self._batches_an_epoch // self.replicas)

    @property
    def _batches_an_epoch(self) -> int:
        return -(-self.examples // self.batch_size)

    @property
    def steps(self) -> int:
        """All steps."""
        return self.epochs * self.steps_an_epoch

    def keeps(self, epoch: int) -> bool:
        """Whether the checkpoint after an epoch (from 1) is kept. A longer training can use the one before a decay."""
        return epoch % self.checkpoint_epochs == 0 or epoch in (self.constant_epochs, self.epochs)

    def images(self, step: int, steps: int) -> int:
        """Return the number of examples in `steps` steps of one epoch, of which `step` (from 0) is the first."""
        each = self.batch_size * self.replicas
        start = step % self.steps_an_epoch * each
        return min(start + steps * each, self.examples) - start

    def batches(self, step: int) -> range:
        """Return the numbers, in their epoch, of the batches of a step (from 0)."""
        start = step % self.steps_an_epoch * self.replicas
        return range(start, min(start + self.replicas, self._batches_an_epoch))

    def of_one_size(self, batches: range) -> list[range]:
        """Divide batches of an epoch where the last batch is a smaller one."""
        whole = self.examples // self.batch_size
        parts = range(batches.start, min(batches.stop, whole)), range(max(batches.start, whole), batches.stop)
        return [part for part in parts if part]

    def windows(self, longest: int, skip: int = 0) -> list[range]:
        """Divide the batches of an epoch into windows of at most `longest`, without the first `skip` batches.

        This is for steps of one batch.
        """
        return windows(self.examples, self.batch_size, longest, self.log_every, skip)
