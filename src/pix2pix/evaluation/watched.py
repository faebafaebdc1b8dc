"""The measures of the selection split after every epoch of training.

They have a module of their own so that training depends on them alone: a new row in `measures.MEASURES` trains nothing
again.
"""

from pix2pix.evaluation.measure import LIKENESS, SAMPLES, Measure

L1 = Measure(
    "l1",
    "L1 (0 to 1)",
    LIKENESS,
    higher_is_better=False,
    note="Of a range 0 to 1. Lower: nearer to the real picture.",
)
SSIM = Measure("ssim", "SSIM", LIKENESS, note="1 is the same picture.", leads=True)
SWD = Measure(
    "swd",
    "Sliced Wasserstein distance (× 1000)",
    SAMPLES,
    higher_is_better=False,
    digits=1,
    note="It compares the patches of generated and of real pictures. Lower: more alike. Real ones do not reach 0.",
    each_image=False,
    leads=True,
)
SPREAD = Measure(
    "spread",
    "Spread (1: as real pictures)",
    SAMPLES,
    digits=2,
    note="How much the pictures differ from one another, beside how much real ones do. Near 0: all are alike.",
    each_image=False,
)
