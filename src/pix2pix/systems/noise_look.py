"""The look at a generator that makes pictures from noise."""

from collections.abc import Mapping

import keras

from pix2pix.data.examples import Examples
from pix2pix.params import Train
from pix2pix.training.sample_look import Resemblance, SampleLook
from pix2pix.training.watched import Watched


def look(
    generator: keras.Model,
    train: Train,
    examples: Mapping[str, Examples],
    measures: Mapping[Watched, Resemblance],
    classes: int = 0,
) -> SampleLook:
    """Return the look at a generator that makes pictures from noise.

    Args:
        generator: the generator.
        train: the `train` section.
        examples: the examples by role. Without the role `selection` nothing is measured.
        measures: the measures of the selection split, each with its function of two sets of pictures.
        classes: the number of classes that the generator is told one of; 0 for none.
    """
    return SampleLook(
        generator,
        validated=examples.get("selection"),
        measures=measures,
        validation_pictures=train.validation_pairs,
        sample_pictures=train.sample_pairs,
        epochs=train.all_epochs,
        bits=examples["train"].task.target.bits,
        sample_epochs=train.sample_epochs,
        classes=classes,
    )
