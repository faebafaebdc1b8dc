"""MLflow: the only place that imports it. The library trains without."""
