"""The training of the system that `model` chooses."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pix2pix import systems
from pix2pix.base import code
from pix2pix.base.determinism import make_deterministic
from pix2pix.data import manifests, records
from pix2pix.params import Params, names
from pix2pix.training.fingerprint import deciding, decisive, fingerprint
from pix2pix.training.job import Job, Setup
from pix2pix.training.layout import layout
from pix2pix.training.looks import Likeness
from pix2pix.training.plan import Plan
from pix2pix.training.start import Start
from pix2pix.training.watched import Watched, column

# A function of the parameters, the fingerprint, the epoch (from 1), what chose it, and the name of the product. It
# returns an `about.json`.
Describe = Callable[[Params, str, int, str, str], Mapping[str, Any]]
# The models that other stages read besides `generator`, each with the reason why a system may lack it.
_PLACES = {"back": "the system makes no model that turns targets into inputs"}


def job(
    params: Params, folder: Path, measures: Mapping[Watched, Likeness], describe: Describe, start: Start | None
) -> Job:
    """Return the training that `params` describe.

    Args:
        params: the sections seed, data, model and train.
        folder: the folder of the records.
        measures: the measures of the selection split, each with its function.
        describe: the function that returns the `about.json` of a product.
        start: the model whose weights the training begins with; None if the seed decides them.

    Raises:
        UsageError: several processes cannot share the replicas of a step.
        DataError: the records are missing, damaged or made for other parameters.
    """
    layout(params.train.replicas)  # TensorFlow has to hear of other processes before it does anything
    manifest = manifests.expected(folder, params.data)
    digest = manifests.digest(manifest)
    # The evaluation's records are loaded, too: of sets that are checked at once, damage is found before the training.
    examples = {role: records.load(folder, role) for role in manifest.roles}
    plan = _plan(params, len(examples["train"]), measures)

    def set_up() -> Setup:
        make_deterministic(params.seed)
        return systems.load(params.model.system).set_up(params, examples, measures)

    measuring = (Path(inspect.getfile(measure)) for measure in measures.values())
    decided = decisive(params, digest, code.training_digest(params.model.system, Path(__file__), *measuring))
    if start:
        decided["train.start_from"] = start.digest()
    identity = fingerprint(decided)
    return Job(
        kind="training",
        source="stages/train.py",
        name=f"{names.data_set(params.data)} {params.model.objective}",
        parameters=deciding(params),
        decisive=decided,
        seed=params.seed,
        plan=plan,
        set_up=set_up,
        data=(names.data_set(params.data), manifest, digest),
        reports=Path("reports/training"),
        models=Path("models"),
        about=lambda product, epoch, chosen: describe(params, identity, epoch, chosen, product),
        start=start,
        example=params.data.example,
        places=_PLACES,
    )


def _plan(params: Params, examples: int, measures: Mapping[Watched, Likeness]) -> Plan:
    train = params.train
    select = next((each for each in measures if column(each) == train.select), None)
    return Plan(
        examples=examples,
        batch_size=train.batch_size,
        replicas=train.replicas,
        constant_epochs=train.epochs,
        decay_epochs=train.decay_epochs,
        log_every=train.log_every,
        checkpoint_epochs=train.checkpoint_epochs,
        keep_checkpoints=train.keep_checkpoints,
        checkpoint_minutes=train.checkpoint_minutes,
        select=column(select) if select else None,
        lower_is_better=select is not None and not select.higher_is_better,
    )
