"""pix2pix on façades: from `params.yaml` to a trained, measured and looked-at model."""

from pix2pix.base import environment

environment.settle()
