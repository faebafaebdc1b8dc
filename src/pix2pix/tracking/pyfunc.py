"""The MLflow model itself (models from code): MLflow runs this file when the model is loaded."""

from pathlib import Path

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from pix2pix.models.translator import Translator


class GeneratorModel(PythonModel):
    """Translates each picture by itself, with the dropout masks of seed 0."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model folder."""
        self.translator = Translator.load(Path(context.artifacts["generator"]))

    # Without type hints: MLflow would take them for a schema, and the model has a signature.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Translate inputs to targets, `(n, height, width, channels)` both, in the types of the signature."""
        return np.stack([self.translator(picture) for picture in model_input])


set_model(GeneratorModel())
