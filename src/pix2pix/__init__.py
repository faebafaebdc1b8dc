"""pix2pix: from `params.yaml` to a trained, measured and looked-at model."""

from pix2pix.base import environment

environment.settle()
