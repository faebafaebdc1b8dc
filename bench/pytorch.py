"""The subjects `pytorch float32` and `pytorch bfloat16`: the tutorial's training step, written as one does in PyTorch.

    python -m bench.pytorch float32|bfloat16

Layers, losses, optimisers and the simultaneous update are the tutorial's, parameter for parameter. bfloat16 is
`torch.autocast`. What PyTorch itself brings for speed is used: in-place activations, the fused Adam, no gradient that
nobody needs, and channels-last in bfloat16; in float32 that took a third more time (one thread with AVX2).
`torch.compile` is left out: on a CPU it needs a C++ compiler, which the environment does not bring.
"""

import sys
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its name everywhere

from bench import turns
from bench.checks import SIZE, check_first_losses, check_parameters
from bench.environment import threads, versions

LAMBDA = 100


class Norm(nn.BatchNorm2d):
    """BatchNorm with Keras' defaults."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-3, momentum=0.01)


class BottleneckNorm(Norm):
    """BatchNorm of a map of one pixel at batch 1, which PyTorch's layer refuses.

    Its output is the norm's offset, as in Keras. A single value has no variance to add to the running statistics.
    """

    def forward(self, x: Tensor) -> Tensor:
        """`(1, channels, 1, 1)` to the same."""
        return torch.batch_norm(x, self.weight, self.bias, None, None, True, 0.0, self.eps, False)


def down(channels: int, filters: int, norm: type[Norm] | None = Norm) -> nn.Sequential:
    """Half the side: convolution, BatchNorm, LeakyReLU."""
    convolution = nn.Conv2d(channels, filters, 4, stride=2, padding=1, bias=False)
    norms = [norm(filters)] if norm else []
    return nn.Sequential(convolution, *norms, nn.LeakyReLU(0.3, inplace=True))


def up(channels: int, filters: int, dropout: bool) -> nn.Sequential:
    """Twice the side: transposed convolution, BatchNorm, dropout, ReLU."""
    convolution = nn.ConvTranspose2d(channels, filters, 4, stride=2, padding=1, bias=False)
    dropouts = [nn.Dropout(0.5)] if dropout else []
    return nn.Sequential(convolution, Norm(filters), *dropouts, nn.ReLU(inplace=True))


class Generator(nn.Module):
    """The U-Net: `(batch, 3, 256, 256)` in [-1, 1] to the same."""

    def __init__(self) -> None:
        super().__init__()
        encoder = [3, 64, 128, 256, 512, 512, 512, 512, 512]
        norms = [None, *[Norm] * 6, BottleneckNorm]
        self.down = nn.ModuleList(map(down, encoder[:-1], encoder[1:], norms))
        # A block sees the one before it and, but for the first, the encoder's features of the same size.
        decoder = [512, 512, 512, 512, 256, 128, 64]
        seen = [512, *(2 * filters for filters in decoder[:-1])]
        self.up = nn.ModuleList(map(up, seen, decoder, [True] * 3 + [False] * 4))
        self.last = nn.ConvTranspose2d(2 * decoder[-1], 3, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """A picture to a picture."""
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
        for block, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = torch.cat([block(x), skip], dim=1)
        return torch.tanh(self.last(x))


class Discriminator(nn.Module):
    """The 70x70 patch discriminator: input and picture `(batch, 3, 256, 256)` to logits `(batch, 1, 30, 30)`."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            down(6, 64, norm=None),
            down(64, 128),
            down(128, 256),
            nn.Conv2d(256, 512, 4, padding=1, bias=False),
            Norm(512),
            nn.LeakyReLU(0.3, inplace=True),
            nn.Conv2d(512, 1, 4, padding=1),
        )

    def forward(self, input_: Tensor, picture: Tensor) -> Tensor:
        """The logits of each patch of a picture."""
        return self.layers(torch.cat([input_, picture], dim=1))


def initialise(network: nn.Module) -> nn.Module:
    """Draw the first weights of convolutions from N(0, 0.02)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def parameters(network: nn.Module) -> int:
    """Their number as Keras counts: moving statistics included, PyTorch's count of batches not."""
    return sum(value.numel() for name, value in network.state_dict().items() if not name.endswith("batches_tracked"))


class Training:
    """Both networks, their optimisers and the training step.

    Args:
        bfloat16: whether the networks calculate in bfloat16 where `torch.autocast` holds that safe.
    """

    def __init__(self, bfloat16: bool) -> None:
        self.bfloat16 = bfloat16
        self.layout = torch.channels_last if bfloat16 else torch.contiguous_format
        self.generator = initialise(Generator()).to(memory_format=self.layout)
        self.discriminator = initialise(Discriminator()).to(memory_format=self.layout)
        self.generator_weights = list(self.generator.parameters())
        self.discriminator_weights = list(self.discriminator.parameters())
        adam = partial(torch.optim.Adam, lr=2e-4, betas=(0.5, 0.999), eps=1e-7, fused=True)
        self.generator_optimizer = adam(self.generator_weights)
        self.discriminator_optimizer = adam(self.discriminator_weights)

    def step(self, input_: Tensor, target: Tensor) -> dict[str, float]:
        """Update both networks at the same time; float32 `(batch, 3, 256, 256)` in, three losses out."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bfloat16):
            generated = self.generator(input_)
            logits_real = self.discriminator(input_, target)
            logits_fake = self.discriminator(input_, generated)
        gan = real_or_generated(logits_fake, real=True)
        l1 = F.l1_loss(generated.float(), target)
        loss = real_or_generated(logits_real, real=True) + real_or_generated(logits_fake, real=False)

        self.generator_optimizer.zero_grad(set_to_none=True)
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        # Both gradients are taken before either network changes, and each only for its own weights.
        (gan + LAMBDA * l1).backward(inputs=self.generator_weights, retain_graph=True)
        loss.backward(inputs=self.discriminator_weights)
        self.generator_optimizer.step()
        self.discriminator_optimizer.step()
        return {"generator_gan": gan.item(), "generator_l1": l1.item(), "discriminator_loss": loss.item()}


def real_or_generated(logits: Tensor, real: bool) -> Tensor:
    """Cross-entropy of logits against "all patches are real" or "all are generated", a scalar."""
    answers = torch.full_like(logits, float(real), dtype=torch.float32)
    return F.binary_cross_entropy_with_logits(logits.float(), answers)


def build(precision: str) -> tuple[turns.Step, turns.About]:
    """Both networks and a step of both on one pair of noise."""
    torch.set_num_threads(threads())
    torch.set_flush_denormal(True)  # as TensorFlow does
    torch.manual_seed(0)
    training = Training({"float32": False, "bfloat16": True}[precision])
    check_parameters(parameters(training.generator), parameters(training.discriminator))
    noise = torch.empty(2, 3, SIZE, SIZE).uniform_(-1, 1).to(memory_format=training.layout)
    step = partial(training.step, *noise.split(1))
    first = step()
    check_first_losses(first)
    return step, {"first_losses": first, "versions": versions("torch")}


if __name__ == "__main__":
    turns.serve(partial(build, sys.argv[1]))
