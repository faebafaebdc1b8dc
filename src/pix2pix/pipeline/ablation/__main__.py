"""Run the paper's ablations on the data of `params.yaml`, and put them into one table.

    python -m pix2pix.pipeline.ablation data.image_size=128 train.epochs=10

`make ablation SET="…"` uses it. One training after the other, each a DVC experiment `ablation-<row>`. Whatever is
killed, the next start goes on.
"""

import sys
from typing import Any

from filelock import FileLock, Timeout

from pix2pix import params
from pix2pix.base import framework
from pix2pix.base.errors import ParamsError, UserError
from pix2pix.base.files import CHECKOUT, remove, write_text
from pix2pix.pipeline import stage, stopping, workspace
from pix2pix.pipeline.ablation import experiments
from pix2pix.pipeline.ablation.results import Result, read
from pix2pix.pipeline.ablation.table import markdown, table
from pix2pix.pipeline.ablation.variants import DEFAULT, possible
from pix2pix.reports import comparison

FOLDER = CHECKOUT / ".ablation"
CLONE, KEPT = FOLDER / "code", FOLDER / "rows"
CSV, MARKDOWN, PAGE = (CHECKOUT / f"reports/ablation.{kind}" for kind in ("csv", "md", "html"))


def main() -> None:
    """Check everything first, then run the rows."""
    stopping.raise_signals()
    try:
        base = params.read(CHECKOUT / "params.yaml")
        params.check(base)
        text = (CHECKOUT / "params.yaml").read_text(encoding="utf-8")
        changes = settings(sys.argv[1:])
        content = workspace.overridden(base, changes)
        params.check(workspace.overridden(content, DEFAULT), "parameters")
        experiments.check_commit()
        workspace.claim(FOLDER)
        with FileLock(FOLDER / ".lock", blocking=False):
            ablate(text, content, changes | whereabouts(content))
    except Timeout:
        stage.give_up(UserError(f"{FOLDER}: another ablation is going on there; wait for it"))
    except UserError as error:
        stage.give_up(error)
    except OSError as error:
        stage.give_up(UserError(f"{error.filename}: {error.strerror}"))
    except stopping.Stopped as stopped:
        print(f"stopped by {stopped.signal.name}; `make ablation` goes on", file=sys.stderr)
        sys.exit(128 + stopped.signal)


def settings(words: list[str]) -> dict[str, Any]:
    """`data.image_size=128 epochs=10` as values by their path; see `workspace.overrides`.

    Raises:
        ParamsError: a word is something else, or names what the rows vary.
    """
    pairs = [word.partition("=") for word in words]
    if odd := [word for word, (_, sign, _) in zip(words, pairs, strict=True) if not sign]:
        raise ParamsError(f"parameters come as NAME=VALUE; these do not: {' '.join(odd)}")
    changes = workspace.overrides([part for name, _, value in pairs for part in (f"--{name}", value)])
    if varied := changes.keys() & DEFAULT.keys():
        raise ParamsError(f"{', '.join(sorted(varied))}: this is what the ablation varies; leave it out")
    return changes


def whereabouts(content: dict[str, Any]) -> dict[str, str]:
    """What has to be said otherwise in a clone: own pairs lie in the checkout, and no other models are scored."""
    return workspace.absolute(content) | {"evaluate.beside": params.Params().evaluate.beside}


def ablate(text: str, content: dict[str, Any], changes: dict[str, Any]) -> None:
    """Run every row that is possible, and tell of them in one table.

    Args:
        text: of the parameters file.
        content: its content with what this ablation changes.
        changes: what every row changes in it.

    Raises:
        UserError: a row failed; the table has the others.
    """
    variants, absent = possible(content)
    for reason in absent.values():
        print(f"left out: {reason}")
    remove(KEPT)
    experiments.clone(CLONE)
    results: dict[str, Result] = {}
    failed = {}
    for number, (name, variant) in enumerate(variants.items(), start=1):
        print(f"\n{number} of {len(variants)}: ablation-{name}, {variant.words}", flush=True)
        if not experiments.run(CLONE, f"ablation-{name}", text, changes | variant.varied):
            if name == "default":
                raise UserError("the default row failed, which all others are compared with; see above")
            failed[name] = f"{name}: its run failed"
            continue
        experiments.keep(CLONE, KEPT / name)
        results[name] = read(variant, KEPT / name)
    if len(results) > 1:
        tell(results, absent | failed)
    if failed:
        raise UserError(f"{', '.join(failed)}: failed, see above; `make ablation` tries again what failed")


def tell(results: dict[str, Result], absent: dict[str, str]) -> None:
    """Write the table and the page, and give them to MLflow with the trainings as children."""
    rows = table(results)
    words = markdown(rows, results, absent)
    write_text(CSV, rows.to_csv(float_format="%.6g", lineterminator="\n"))
    write_text(MARKDOWN, words)
    print(f"\n{words}")
    write_text(PAGE, comparison.page({name: KEPT / name for name in results}, "Ablation"))
    framework.import_tensorflow()
    from pix2pix.tracking.runs import ablation_run  # MLflow takes seconds to import: only when there is a table

    fingerprints = [result.run.about["fingerprint"] for result in results.values()]
    with ablation_run(results["default"].params, fingerprints) as run:
        run.scores(
            {
                f"{measure.key}/{name}": result.own[measure.key]
                for name, result in results.items()
                for measure in result.measures
            },
            0,
        )
        for path in (CSV, MARKDOWN, PAGE):
            run.files(path)
    for path in (CSV, MARKDOWN, PAGE):
        print(f"Made     {path}")
    print("Runs     dvc exp show; mlflow ui")


if __name__ == "__main__":
    main()
