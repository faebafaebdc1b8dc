"""Names that follow from the parameters: the data set's, the registered model's, the MLflow experiment's."""

from pix2pix.params import words
from pix2pix.params.data import Data
from pix2pix.params.sections import Params


def data_set(data: Data) -> str:
    """Return the name of the data set: `data.name`; else its own name or, of own pictures, that of their place."""
    return words.called(data.dataset, data.name, data.url, data.path)


def model(params: Params) -> str:
    """Return the name of the registered model: `tracking.model_name`, or `of_task`.

    Args:
        params: the sections data and tracking.
    """
    return params.tracking.model_name or of_task(params.data)


def of_task(data: Data) -> str:
    """Return the name of the data set and, of another task than pairs, that of the task: `facades-colourise`."""
    return data_set(data) if data.task == "pairs" else f"{data_set(data)}-{data.task}"


def experiment(params: Params) -> str:
    """Return the name of the experiment: `tracking.experiment`, or `<system>-`, and `of_task`.

    Args:
        params: the sections data, model and tracking.
    """
    return params.tracking.experiment or f"{params.model.system}-{of_task(params.data)}"
