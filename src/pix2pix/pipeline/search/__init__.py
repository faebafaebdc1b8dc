"""The search for better parameters with Optuna: each trial is a DVC experiment."""
