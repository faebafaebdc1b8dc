"""MLflow: the only place that imports it. The library trains without."""

import os

# MLflow reads these as it is imported, which only this package does.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server that is down should cost a training seconds, not minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
# MLflow would print the address of each run that it logs a model to, with the user and password in it.
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
