"""The models that MLflow has: versions in its registry, and what runs have logged."""

from typing import NamedTuple

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from pix2pix.tracking.store import asked

# The number of logged models that are listed, newest first.
NEWEST = 20


class Found(NamedTuple):
    """A model's address, and its name in words."""

    address: str
    words: str


def versions(tracking_uri: str, name: str) -> list[Found]:
    """The versions of a registered model, newest first, with their aliases; none if there is no such model.

    Raises:
        UserError: the store does not answer.
    """

    def found(client: MlflowClient) -> list[Found]:
        named = client.search_registered_models(f"name = '{name}'")
        if not named:
            return []
        aliases: dict[int, list[str]] = {}
        for alias, version in sorted(named[0].aliases.items()):
            aliases.setdefault(int(version), []).append(alias)
        numbers = sorted((int(each.version) for each in client.search_model_versions(f"name = '{name}'")), reverse=True)
        return [Found(f"models:/{name}/{number}", _words(name, number, aliases.get(number, []))) for number in numbers]

    return asked(tracking_uri, found)


def number(tracking_uri: str, address: str) -> int:
    """The number of the version that has an alias now; the address is `models:/NAME@ALIAS`.

    Raises:
        UserError: no version has it, or the store does not answer.
    """
    name, _, alias = address.removeprefix("models:/").rpartition("@")
    return int(asked(tracking_uri, lambda client: client.get_model_version_by_alias(name, alias)).version)


def logged(tracking_uri: str) -> list[Found]:
    """The generators that runs have logged, the newest `NEWEST` of them, newest first.

    Raises:
        UserError: the store does not answer.
    """

    def found(client: MlflowClient) -> list[Found]:
        models = client.search_logged_models(
            [experiment.experiment_id for experiment in client.search_experiments()],
            filter_string="name IN ('generator', 'back')",
            max_results=NEWEST,
            order_by=[{"field_name": "creation_timestamp", "ascending": False}],
        )
        return [
            Found(f"models:/{each.model_id}", _run(client, each.source_run_id) + _which(each.name)) for each in models
        ]

    return asked(tracking_uri, found)


def _which(name: str) -> str:
    """Name the model of the way back, which a run logs beside its generator."""
    return "" if name == "generator" else f", {name}"


def _words(name: str, version: int, aliases: list[str]) -> str:
    return f"{name} v{version}" + (f" ({', '.join(aliases)})" if aliases else "")


def _run(client: MlflowClient, run: str | None) -> str:
    """Describe the run of a logged model in words. A deleted run leaves its model behind."""
    try:
        return f"run {client.get_run(run).info.run_name}" if run else "a run without a name"
    except MlflowException:
        return f"run {run}"
