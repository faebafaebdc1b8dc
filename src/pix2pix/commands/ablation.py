"""`pix2pix ablation`: the paper's variants, trained on your data and compared in one table."""

from argparse import Namespace
from collections.abc import Mapping

from pix2pix import params
from pix2pix.base import framework
from pix2pix.base.errors import UserError
from pix2pix.base.files import CHECKOUT
from pix2pix.pipeline import experiments, workspace
from pix2pix.pipeline.ablation import ablation
from pix2pix.pipeline.ablation.results import Result
from pix2pix.pipeline.ablation.variants import DEFAULT, refuse_other_systems


def run(options: Namespace) -> None:
    """Check everything first, then train the variants, then write the table.

    Raises:
        UserError: the parameters are impossible, the system is another one than pix2pix, the code is not committed,
            another ablation is running, or a variant failed; the table then has the others.
    """
    text = (CHECKOUT / "params.yaml").read_text(encoding="utf-8")
    base = params.read(CHECKOUT / "params.yaml")
    refuse_other_systems(params.check(base))
    changes = ablation.settings(options.changes, base)
    content = workspace.overridden(base, changes)
    params.check(workspace.overridden(content, DEFAULT), "parameters")
    experiments.check_commit()
    with workspace.hold(ablation.FOLDER):
        results, absent, failed = ablation.train(text, content, changes | experiments.whereabouts(content))
        if len(results) > 1:
            print(f"\n{ablation.write(results, absent | failed)}")
            _send(results)
            print("\n".join([*(f"Made     {path}" for path in ablation.FILES), "Runs     dvc exp show; mlflow ui"]))
    if failed:
        raise UserError(f"{', '.join(failed)}: failed, see above; `pix2pix ablation` tries again what failed")


def _send(results: Mapping[str, Result]) -> None:
    """Give the table to MLflow, as a run of which the trainings are children."""
    framework.import_tensorflow()
    from pix2pix.tracking.runs import ablation_run  # MLflow takes seconds to import

    fingerprints = [result.run.about.fingerprint for result in results.values()]
    with ablation_run(results["default"].params, fingerprints) as run:
        run.scores(ablation.scores(results), 0)
        for path in ablation.FILES:
            run.files(path)
