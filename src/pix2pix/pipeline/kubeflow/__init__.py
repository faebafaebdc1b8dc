"""The pipeline of dvc.yaml on Kubeflow Pipelines: a component for each stage, compiled here and run in a cluster."""
