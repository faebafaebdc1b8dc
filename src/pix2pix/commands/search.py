"""`pix2pix search`: the parameters that give the best figures, sought with Optuna."""

import shlex
from argparse import Namespace
from typing import TYPE_CHECKING

from pix2pix import params
from pix2pix.base import framework
from pix2pix.base.errors import UserError
from pix2pix.base.files import CHECKOUT, home
from pix2pix.pipeline import experiments, workspace
from pix2pix.pipeline.search import objective as objectives
from pix2pix.pipeline.search import space

if TYPE_CHECKING:
    import optuna

    from pix2pix.pipeline.search.trials import Search


def run(options: Namespace) -> None:
    """Check everything first, then run trials, then write the table.

    Raises:
        UserError: the parameters or the space are impossible, the code is not committed, the store cannot be used, or
            no trial has finished.
    """
    text = (CHECKOUT / "params.yaml").read_text(encoding="utf-8")
    base = params.read(CHECKOUT / "params.yaml")
    params.check(base)
    asked = space.read(options.values, base)
    content = workspace.overridden(base, asked.fixed)
    chosen = params.check(content, "parameters")
    objective = objectives.choose(options.objective, chosen)
    experiments.check_commit()

    from pix2pix.pipeline.search import search as searching  # Optuna and SQLAlchemy take a second to import
    from pix2pix.pipeline.search import store, table
    from pix2pix.pipeline.search.trials import Search

    url = options.storage or _own_store()
    search = Search(
        name=searching.name(asked, content, objective),
        url=url,
        text=text,
        content=content,
        fixed=asked.fixed,
        # The registry would get a version for every trial.
        changes={"tracking.log_model": False} | asked.fixed | experiments.whereabouts(content),
        space=asked.space,
        objective=objective,
        figures=tuple(objectives.possible(chosen)),
        again=shlex.join(["pix2pix", *options.words]),
    )
    study = store.opened(url, search.name, objective, chosen.seed, options.startup)
    print(f"{search.name}: {options.trials} trials, by {objective.name}, {objective.measure.direction} is better")
    searching.work(search, study, options.trials)
    with store.answering(url):
        if not table.finished(study):
            raise UserError(f"{search.name}: no trial has finished, see above")
        print(f"\n{table.write(study, search)}")
        _send(study, search, chosen)
    print("\n".join([*(f"Made     {path}" for path in table.FILES), "Runs     dvc exp show; mlflow ui"]))


def _own_store() -> str:
    """Return the address of the store in the home."""
    home().mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{home() / 'search.db'}"


def _send(study: "optuna.Study", search: "Search", chosen: params.Params) -> None:
    """Give the table to MLflow, as a run of which the trials are children."""
    from pix2pix.pipeline.search import table

    framework.import_tensorflow()
    from pix2pix.tracking.runs import search_run  # MLflow takes seconds to import

    with search_run(chosen, search.name, table.fingerprints(study)) as run:
        run.scores({search.objective.name: study.best_value}, 0)
        run.tags({"best_trial": study.best_trial.number} | {f"best.{k}": v for k, v in study.best_params.items()})
        for path in table.FILES:
            run.files(path)
