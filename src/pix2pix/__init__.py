"""pix2pix on façades: `params.yaml` describes a model, and the pipeline trains it, scores it and shows it."""
