"""The weights of a network, given to another form of it."""

import keras

from pix2pix.networks.layers.spectral import weights_in_use


def copy_weights(source: keras.Model, form: keras.Model) -> None:
    """Copy the weights of a network into another form of it, whose layers have the same names.

    Args:
        source: the network.
        form: the form. It may lack weights of a layer; a kernel that the network normalises comes normalised.
    """
    for layer in form.layers:
        given = weights_in_use(source.get_layer(layer.name)) if layer.weights else {}
        for weight in layer.weights:
            weight.assign(given[weight.name])
