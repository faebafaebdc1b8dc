"""How long a system is trained, and when its losses are logged and its state is saved."""

from dataclasses import dataclass

from pix2pix.data.order import windows


@dataclass(frozen=True)
class Plan:
    """The course of a training.

    Attributes:
        examples: how many there are in an epoch.
        batch_size: examples a step; an epoch's last batch holds what is left.
        constant_epochs: epochs at the constant learning rate.
        decay_epochs: epochs after these, in which it falls to 0.
        log_every: steps whose losses are averaged into one row.
        checkpoint_epochs: a checkpoint that is kept comes every so many epochs.
        keep_checkpoints: how many of these are kept.
        checkpoint_minutes: a checkpoint that is only there to go on from comes every so many minutes.
        select: the column of the validation that chooses the model, such as `validation_l1`; None: the last epoch.
        lower_is_better: whether that column is better where it is lower.
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

    @property
    def epochs(self) -> int:
        """All epochs."""
        return self.constant_epochs + self.decay_epochs

    @property
    def steps_an_epoch(self) -> int:
        """Steps of one epoch."""
        return -(-self.examples // self.batch_size)

    @property
    def steps(self) -> int:
        """All steps."""
        return self.epochs * self.steps_an_epoch

    def keeps(self, epoch: int) -> bool:
        """Whether the checkpoint after this epoch (from 1) is kept. The one before a decay serves a longer training."""
        return epoch % self.checkpoint_epochs == 0 or epoch in (self.constant_epochs, self.epochs)

    def windows(self, longest: int, skip: int = 0) -> list[range]:
        """The batches of an epoch in windows of at most `longest`, the first `skip` batches left out."""
        return windows(self.examples, self.batch_size, longest, self.log_every, skip)
