"""The choice of a trial's values: a function of the seed, the trial's number, and the trials before it."""

from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from pix2pix.base.seeds import derive


class Sampler(BaseSampler):
    """Optuna's tree-structured Parzen estimator (Bergstra et al. 2011), seeded anew for each trial.

    Optuna's own sampler is seeded once for each process. If another process resumed the search, it would begin with the
    values of the first trials again, and several workers would all choose the same values.
    """

    def __init__(self, seed: int, startup: int) -> None:
        """Take the seed, and how many trials have random values before others follow from them."""
        self._seed, self._startup = seed, startup
        self._of_trial: TPESampler | None = None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Begin a trial."""
        seed = derive(self._seed, f"trial {trial.number}")
        # With `constant_liar` several workers do not all try the same promising values at once.
        self._of_trial = TPESampler(n_startup_trials=self._startup, seed=seed, constant_liar=True)
        self._of_trial.before_trial(study, trial)

    @property
    def _now(self) -> TPESampler:
        assert self._of_trial is not None, "Optuna calls before_trial first"
        return self._of_trial

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """See Optuna."""
        return self._now.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """See Optuna."""
        return self._now.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """See Optuna."""
        return self._now.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """See Optuna."""
        self._now.after_trial(study, trial, state, values)
