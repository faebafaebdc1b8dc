"""The MLflow model itself (models from code): MLflow runs this file when the model is loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.models import opening
from pix2pix.models.sampler import Sampler


class GeneratorModel(PythonModel):
    """Translates each picture by itself, with masks or noise of a seed; or makes one from each noise and class."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model folder."""
        model = opening.load(Path(context.artifacts["generator"]))
        self.from_noise = isinstance(model, Sampler)
        self.answer: Callable[..., Any] = model.of if isinstance(model, Sampler) else model

    # Without type hints: MLflow would take them for a schema, and the model has a signature.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Turn inputs, `(n, height, width, channels)`, or noises, float32 `(n, size)`, into pictures.

        A model that knows classes takes `{"noise": noises, "class_id": int32 (n,)}`, and one that reads instance maps
        `{"pictures": inputs, "instances": uint16 (n, height, width, 1)}`. `params` may have the `seed` of a model that
        reads pictures; it is 0 otherwise.

        Raises:
            MlflowException: one of them cannot be used. MLflow's server answers it with 400 and the reason, and any
                other error with a stack trace.
        """
        try:
            return self._answers(model_input, params)
        except DataError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from None

    def _answers(self, model_input: Any, params: dict[str, Any] | None) -> NDArray[Any]:
        seed = int((params or {}).get("seed", 0))
        if isinstance(model_input, dict) and "instances" in model_input:
            pairs = zip(model_input["pictures"], model_input["instances"], strict=True)
            return np.stack([self.answer(picture, seed, instances=ids) for picture, ids in pairs])
        if isinstance(model_input, dict):
            asked = zip(model_input["noise"], model_input["class_id"], strict=True)
            return np.stack([self.answer(noise, int(class_id)) for noise, class_id in asked])
        more = () if self.from_noise else (seed,)
        return np.stack([self.answer(each, *more) for each in model_input])


set_model(GeneratorModel())
