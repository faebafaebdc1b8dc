"""The captions of all systems' curves. They stand apart from the systems, so that a new title trains nothing again."""

from collections.abc import Mapping

from pix2pix.training.curves import Caption

_NORMS = "The norm of the gradient of the network's loss, on a logarithmic scale."
_TERMS = (
    "How wrong it is about real and about generated pictures, as the mean over all patches. Lower: it tells them apart."
)
_RIGHT = "The share of the patches that it takes for what they are."

PIX2PIX: dict[str, Caption] = {
    "generator_total": Caption("Loss of the generator"),
    "generator_gan": Caption(
        "Generator",
        "Generator",
        "adversarial loss",
        "How far the discriminator is from taking generated pictures for real, as the mean over all patches. Lower: it "
        "is fooled.",
    ),
    "generator_l1": Caption("L1 while training", "L1", "while training"),
    "discriminator_loss": Caption(
        "Discriminator", "Discriminator", "loss", "Its two terms, as their sum or mean (model.discriminator_loss)."
    ),
    "discriminator_real": Caption(
        "Loss of the discriminator on real pictures", "Its two terms", "real pictures", _TERMS
    ),
    "discriminator_fake": Caption(
        "Loss of the discriminator on generated pictures", "Its two terms", "generated pictures", _TERMS
    ),
    "discriminator_accuracy_real": Caption("Its accuracy on real patches", "Its accuracy", "real", _RIGHT),
    "discriminator_accuracy_fake": Caption("Its accuracy on generated patches", "Its accuracy", "generated", _RIGHT),
    "discriminator_penalty": Caption(
        "Gradient penalty",
        "Gradient penalty",
        "gradient penalty",
        "How far the slope of the discriminator is from 1, squared (model.gradient_penalty is its weight). Lower: its "
        "answers change no faster than its pictures.",
    ),
    "generator_gradient_norm": Caption("Gradient of the generator", "Gradients", "generator", _NORMS, logarithmic=True),
    "discriminator_gradient_norm": Caption(
        "Gradient of the discriminator", "Gradients", "discriminator", _NORMS, logarithmic=True
    ),
}
_WHOLE = "How wrong it is about real and about generated pictures. Lower: it tells them apart."
_SHARE = "The share of the pictures that it takes for what they are."
DCGAN: Mapping[str, Caption] = PIX2PIX | {
    "generator_gan": Caption(
        "Generator",
        "Generator",
        "adversarial loss",
        "How far the discriminator is from taking generated pictures for real. Lower: it is fooled.",
    ),
    "discriminator_real": Caption(
        "Loss of the discriminator on real pictures", "Its two terms", "real pictures", _WHOLE
    ),
    "discriminator_fake": Caption(
        "Loss of the discriminator on generated pictures", "Its two terms", "generated pictures", _WHOLE
    ),
    "discriminator_accuracy_real": Caption("Its accuracy on real pictures", "Its accuracy", "real pictures", _SHARE),
    "discriminator_accuracy_fake": Caption(
        "Its accuracy on generated pictures", "Its accuracy", "generated pictures", _SHARE
    ),
}
SEGMENTER: Mapping[str, Caption] = {
    "segmenter_loss": Caption("Loss of the segmenter", "Loss", "weighted cross-entropy"),
    "segmenter_gradient_norm": Caption("Gradient of the segmenter", "Gradient", "segmenter", _NORMS, logarithmic=True),
}
# The captions by `model.system`.
OF = {"dcgan": DCGAN, "pix2pix": PIX2PIX}
