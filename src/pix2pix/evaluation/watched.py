"""The measures of the selection split after every epoch of training.

They have a module of their own so that training depends on them alone: a new row in `measures.MEASURES` trains nothing
again.
"""

from pix2pix.evaluation.measure import LIKENESS, Measure

L1 = Measure(
    "l1",
    "L1 (0 to 1)",
    LIKENESS,
    higher_is_better=False,
    note="Of a range 0 to 1. Lower: nearer to the real picture.",
)
SSIM = Measure("ssim", "SSIM", LIKENESS, note="1 is the same picture.", leads=True)
