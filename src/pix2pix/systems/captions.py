"""The captions of all systems' curves. They stand apart from the systems, so that a new title trains nothing again."""

from collections.abc import Mapping

from pix2pix.training.curves import Caption

_NORMS = "The norm of the gradient of the network's loss, on a logarithmic scale."
_TERMS = (
    "How wrong it is about real and about generated pictures, as the mean over all patches. Lower: it tells them apart."
)
_SLOPE = (
    "How far the slope of the discriminator is from 1, squared (model.gradient_penalty is its weight). Lower: its "
    "answers change no faster than its pictures."
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
    "generator_answers_apart": Caption(
        "Distance of two answers",
        "Answers to one input",
        "distance",
        "How far two answers to one input are apart, divided by the distance of their noises "
        "(model.lambda_diversity is its weight). Higher: the noise decides more.",
    ),
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
    "discriminator_penalty": Caption("Gradient penalty", "Gradient penalty", "gradient penalty", _SLOPE),
    "generator_gradient_norm": Caption("Gradient of the generator", "Gradients", "generator", _NORMS, logarithmic=True),
    "discriminator_gradient_norm": Caption(
        "Gradient of the discriminator", "Gradients", "discriminator", _NORMS, logarithmic=True
    ),
}
_FORTH, _BACK = "from input to target", "from target to input"
_CYCLES = (
    "How far a picture that is turned into the other kind and back again is from itself, as the mean absolute "
    "difference of pictures from -1 to 1. Lower: less is lost on the way."
)
_KEPT = (
    "How far a generator changes a picture that already is of the kind that it makes, as the mean absolute difference "
    "of pictures from -1 to 1."
)


def _judge(name: str, way: str) -> dict[str, Caption]:
    """Return the captions of a discriminator of CycleGAN."""
    its, terms, right = f"Discriminator {way}", f"Its two terms, {way}", f"Its accuracy, {way}"
    return {
        f"{name}_loss": Caption(its, "Discriminators", way, "The mean of its two terms."),
        f"{name}_real": Caption(f"{its}: real pictures", terms, "real pictures", _TERMS),
        f"{name}_fake": Caption(f"{its}: generated pictures", terms, "generated pictures", _TERMS),
        f"{name}_accuracy_real": Caption(f"{its}: accuracy on real patches", right, "real", _RIGHT),
        f"{name}_accuracy_fake": Caption(f"{its}: accuracy on generated patches", right, "generated", _RIGHT),
        f"{name}_penalty": Caption(f"{its}: gradient penalty", "Gradient penalty", way, _SLOPE),
    }


_FOOLED = (
    "How far a discriminator is from taking generated pictures for real, as the mean over all patches. Lower: it is "
    "fooled."
)
CYCLEGAN: Mapping[str, Caption] = {
    "generators_total": Caption("Loss of both generators"),
    "generator_gan": Caption(f"Generator {_FORTH}", f"Generator, {_FORTH}", "adversarial loss", _FOOLED),
    "back_generator_gan": Caption(f"Generator {_BACK}", f"Generator, {_BACK}", "adversarial loss", _FOOLED),
    "cycle_input": Caption("Input, there and back", "There and back", "input", _CYCLES),
    "cycle_target": Caption("Target, there and back", "There and back", "target", _CYCLES),
    "identity_input": Caption("Input, kept", "Kept as it is", "input", _KEPT),
    "identity_target": Caption("Target, kept", "Kept as it is", "target", _KEPT),
    **_judge("discriminator", _FORTH),
    **_judge("back_discriminator", _BACK),
    "generators_gradient_norm": Caption("Gradient of the generators", "Gradients", "generators", _NORMS, True),
    "discriminators_gradient_norm": Caption(
        "Gradient of the discriminators", "Gradients", "discriminators", _NORMS, logarithmic=True
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
CGAN: Mapping[str, Caption] = {
    **DCGAN,
    "discriminator_estimate": Caption(
        "Distance of real and generated pictures, as the critic estimates it",
        "Critic's estimate",
        "distance",
        "Its mean answer about real pictures minus that about generated ones. Lower: they are nearer to each other, if "
        "the critic keeps up. The figure has no unit that other runs share.",
    ),
}
PIX2PIXHD: Mapping[str, Caption] = PIX2PIX | {
    "generator_features": Caption(
        "Feature matching",
        "Feature matching",
        "generated and real",
        "How far the discriminators' layers see a generated picture from the real one: the mean absolute difference of "
        "their maps, added up over the layers, as the mean over the scales. Lower: they see the same. The maps change "
        "as the discriminators learn.",
    ),
    "generator_vgg": Caption(
        "Perceptual loss",
        "Perceptual loss",
        "generated and real",
        "How far the layers of VGG19 see a generated picture from the real one: the mean absolute difference of their "
        "maps, added up with growing weights. Lower: it sees the same. VGG19 does not learn.",
    ),
}
_READ = (
    "How far the pixels of real pictures are from being read as their classes, each class alike, and those of "
    "generated ones from being read as generated. Lower: it tells them apart."
)
_PIXELS = "The share of the pixels that it reads right: the class in real pictures, and generated ones as generated."
OASIS: Mapping[str, Caption] = PIX2PIX | {
    "generator_gan": Caption(
        "Generator",
        "Generator",
        "adversarial loss",
        "How far the discriminator is from reading the wanted classes in generated pictures, each class alike. Lower: "
        "it reads them.",
    ),
    "discriminator_loss": Caption(
        "Discriminator", "Discriminator", "loss", "The sum of its two terms, without LabelMix."
    ),
    "discriminator_real": Caption(
        "Loss of the discriminator on real pictures", "Its two terms", "real pictures", _READ
    ),
    "discriminator_fake": Caption(
        "Loss of the discriminator on generated pictures", "Its two terms", "generated pictures", _READ
    ),
    "discriminator_accuracy_real": Caption(
        "Its accuracy on real pixels", "Its accuracy", "pixels of real pictures", _PIXELS
    ),
    "discriminator_accuracy_fake": Caption(
        "Its accuracy on generated pixels", "Its accuracy", "pixels of generated pictures", _PIXELS
    ),
    "discriminator_labelmix": Caption(
        "LabelMix",
        "LabelMix",
        "inconsistency",
        "How far what it says of a picture mixed of real and generated classes is from the mixture of what it says of "
        "both (model.lambda_labelmix is its weight). Lower: it looks at each part by itself.",
    ),
}
BRIDGE: Mapping[str, Caption] = {
    "generator_loss": Caption(
        "Loss of the network",
        "Loss",
        "squared error",
        "How far its answers are from the wanted ones, squared, at random places on the way. 1: it knows no more than "
        "the place. It does not reach 0, because from one place the way may lead to many targets.",
    ),
    "generator_l1": Caption("L1 of its guesses while training", "L1", "guesses on the way, while training"),
    "generator_gradient_norm": Caption("Gradient of the network", "Gradient", "network", _NORMS, logarithmic=True),
}
SEGMENTER: Mapping[str, Caption] = {
    "segmenter_loss": Caption("Loss of the segmenter", "Loss", "weighted cross-entropy"),
    "segmenter_gradient_norm": Caption("Gradient of the segmenter", "Gradient", "segmenter", _NORMS, logarithmic=True),
}
CLASSIFIER: Mapping[str, Caption] = {
    "classifier_loss": Caption("Loss of the classifier", "Loss", "weighted cross-entropy"),
    "classifier_gradient_norm": Caption("Gradient of the classifier", "Gradient", "classifier", _NORMS, True),
}
# The captions by `model.system`.
OF = {
    "bridge": BRIDGE,
    "cgan": CGAN,
    "cyclegan": CYCLEGAN,
    "dcgan": DCGAN,
    "oasis": OASIS,
    "pix2pix": PIX2PIX,
    "pix2pixhd": PIX2PIXHD,
}
