"""Layers by hand, from TensorFlow's plain operations: the truth for networks of label maps.

Each function takes the weights of a network by path, as `taken` gives them.
"""

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state


def taken(model):
    """The weights of a network, each as a variable of its own, by path without the network's name."""
    return {weight.path: tf.Variable(weight.numpy()) for weight in model.trainable_weights}


def parameters(build):
    """The number of learned values of a network, which takes no memory for them."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            return sum(int(np.prod(weight.shape)) for weight in build().trainable_weights)
    finally:
        global_state.set_global_attribute("uninitialized_variables", [])


def one_hot(pictures, palette):
    """Each pixel's nearest colour, by NumPy."""
    levels = np.rint((np.asarray(pictures) + 1) * 127.5)
    far = ((levels[..., None, :] - palette.colours.astype(np.float64)) ** 2).sum(-1)
    return tf.constant(np.eye(len(palette.colours), dtype=np.float32)[far.argmin(-1)])


def edges(ids):
    """Where ids `(batch, height, width)` change: `get_edges` of pix2pixHD and SPADE in NumPy, with a last axis of 1."""
    edge = np.zeros(ids.shape, bool)
    across, down = ids[:, :, 1:] != ids[:, :, :-1], ids[:, 1:] != ids[:, :-1]
    edge[:, :, 1:] |= across
    edge[:, :, :-1] |= across
    edge[:, 1:] |= down
    edge[:, :-1] |= down
    return edge[..., None].astype(np.float32)


def leaky(x):
    return tf.where(x > 0, x, 0.2 * x)


def conv(weights, name, x, pad=1, stride=1, kernel=None):
    kernel = weights[f"{name}_conv/kernel"] if kernel is None else kernel
    x = tf.nn.conv2d(tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]), kernel, stride, "VALID")
    bias = weights.get(f"{name}_conv/bias")
    return x if bias is None else x + bias


def spectral_kernel(weights, name):
    """The kernel divided by its largest singular value, u^T W v, whose vectors NumPy finds (Miyato et al. 2018)."""
    kernel = weights[f"{name}_conv/kernel"]
    matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
    left, _, right = np.linalg.svd(matrix.numpy(), full_matrices=False)
    return kernel / tf.reduce_sum(left[:, :1] * tf.matmul(matrix, right[:1].T))


def normed(x, axes):
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    return (x - mean) / tf.sqrt(variance + 1e-5)


def settle(model):
    """Give every layer with spectral norm the right singular vector that NumPy finds."""
    for layer in model.layers:
        if hasattr(layer, "direction"):
            own = next(weight for weight in layer.weights if weight.name == "kernel").numpy()
            layer.direction.assign(np.linalg.svd(own.reshape(-1, own.shape[-1]), full_matrices=False)[2][:1].T)


def spade_block(weights, name, x, seg, batch_norm):
    """SPADE's residual block: figure 4 and the authors' `SPADEResnetBlock`."""

    def told(part, maps):
        seen = tf.nn.relu(conv(weights, f"{name}_{part}_map", seg))
        gamma, beta = (conv(weights, f"{name}_{part}_{which}", seen) for which in ("gamma", "beta"))
        return normed(maps, [0, 1, 2] if batch_norm else [1, 2]) * (1 + gamma) + beta

    inner = conv(weights, f"{name}_a", leaky(told("a", x)), kernel=spectral_kernel(weights, f"{name}_a"))
    inner = conv(weights, f"{name}_b", leaky(told("b", inner)), kernel=spectral_kernel(weights, f"{name}_b"))
    if f"{name}_shortcut_conv/kernel" in weights:
        kernel = spectral_kernel(weights, f"{name}_shortcut")
        x = conv(weights, f"{name}_shortcut", told("shortcut", x), pad=0, kernel=kernel)
    return x + inner


def spade(weights, seg, doubled_before, batch_norm=True):
    """SPADE's generator, from the blocks before which the sides are doubled (from 1) and its number of blocks."""
    blocks, doubled = doubled_before
    divisor = 2 ** len(doubled)
    x = conv(weights, "first", seg[:, ::divisor, ::divisor])
    for number in range(1, blocks + 1):
        if number in doubled:
            x, divisor = tf.repeat(tf.repeat(x, 2, 1), 2, 2), divisor // 2
        x = spade_block(weights, f"block_{number}", x, seg[:, ::divisor, ::divisor], batch_norm)
    return tf.tanh(conv(weights, "output", leaky(x)))


def judged(weights, seg, picture, spectral, scales=2, blocks=4):
    """The maps of each block and the logits, for each scale (`MultiscaleDiscriminator`, `NLayerDiscriminator`)."""
    x, answers = tf.concat([seg, picture], -1), []
    for scale in range(1, scales + 1):
        maps = [x]
        for level in range(1, blocks + 1):
            name, inner = f"scale_{scale}_block_{level}", level > 1
            kernel = spectral_kernel(weights, name) if spectral and inner else None
            y = conv(weights, name, maps[-1], pad=2, stride=2 if level < blocks else 1, kernel=kernel)
            maps.append(leaky(normed(y, [1, 2]) if inner else y))
        answers.append([*maps[1:], conv(weights, f"scale_{scale}_logits", maps[-1], pad=2)])
        x = _pooled(x)
    return answers


def _pooled(x):
    """Torch's AvgPool2d(3, 2, padding=1, count_include_pad=False)."""
    around = [[0, 0], [1, 1], [1, 1], [0, 0]]
    sums, counts = (tf.nn.avg_pool2d(tf.pad(y, around), 3, 2, "VALID") for y in (x, tf.ones_like(x)))
    return sums / counts


def segmenting(weights, picture, blocks):
    """OASIS' discriminator (`OASIS_Discriminator`, `residual_block_D`), down and up again."""

    def normalised(name, x, pad=1):
        return conv(weights, name, x, pad=pad, kernel=spectral_kernel(weights, name))

    def fitted(name, x):
        wanted = weights[f"{name}_b_conv/kernel"].shape[-1]
        return x if x.shape[-1] == wanted else normalised(f"{name}_shortcut", x, pad=0)

    def half(x):
        return tf.nn.avg_pool2d(x, 2, 2, "VALID")

    def twice(x):
        return tf.repeat(tf.repeat(x, 2, 1), 2, 2)

    x, seen = picture, []
    for level in range(1, blocks + 1):
        name, first = f"down_{level}", level == 1
        inner = normalised(f"{name}_b", leaky(normalised(f"{name}_a", x if first else leaky(x))))
        x = half(inner) + (fitted(name, half(x)) if first else half(fitted(name, x)))
        seen.append(x)
    for number in range(1, blocks + 1):
        name = f"up_{number}"
        if number > 1:
            x = tf.concat([seen[-number], x], -1)
        inner = normalised(f"{name}_b", leaky(normalised(f"{name}_a", twice(leaky(x)))))
        x = inner + fitted(name, twice(x))
    return conv(weights, "logits", x, pad=0)


def same(weights, name, x, stride=1):
    """A convolution with padding as TensorFlow's "SAME" has it, and a bias."""
    return tf.nn.conv2d(x, weights[f"{name}_conv/kernel"], stride, "SAME") + weights[f"{name}_conv/bias"]


def timed_unet(weights, asked, levels):
    """The U-Net that is told a time; `asked` are the state, the time, and the input as the network sees it."""
    state, time, seen = asked
    frequencies = 32 ** (1 - np.arange(16) / 15)
    angles = np.asarray(time) * frequencies
    waves = tf.constant(np.concatenate([np.sin(angles), np.cos(angles)], axis=1), tf.float32)
    code = tf.nn.relu(waves @ weights["time_code/kernel"] + weights["time_code/bias"])

    def block(name, x):
        y = same(weights, f"{name}a", tf.nn.relu(x))
        y += (code @ weights[f"{name}_time/kernel"] + weights[f"{name}_time/bias"])[:, None, None]
        y = same(weights, f"{name}b", tf.nn.relu(y))
        return y + (same(weights, f"{name}_shortcut", x) if f"{name}_shortcut_conv/kernel" in weights else x)

    x, skips = same(weights, "first", tf.concat([state, seen], -1)), []
    for level in range(levels):
        x = same(weights, f"down_{level}", x, 2) if level else x
        x = block(f"encoder_{level}", x)
        skips.append(x)
    x = block("middle", x)
    for level in reversed(range(levels - 1)):
        x = tf.repeat(tf.repeat(same(weights, f"narrow_{level}", x), 2, axis=1), 2, axis=2)
        x = block(f"decoder_{level}", tf.concat([x, skips[level]], -1))
    return same(weights, "output", tf.nn.relu(x))
