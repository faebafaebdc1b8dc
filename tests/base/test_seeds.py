import os
import subprocess
import sys

from conftest import CHECKOUT
from scipy import stats

from pix2pix.base.seeds import derive


def test_known_seeds():
    """`printf 42/order | sha256sum` begins with the bytes below; little-endian, its last bit dropped."""
    result = subprocess.run(["sha256sum"], input=b"42/order", capture_output=True, check=True)
    first = bytes.fromhex(result.stdout.decode()[:8])
    assert derive(42, "order") == (first[0] + first[1] * 256 + first[2] * 256**2 + first[3] * 256**3) // 2


def test_seeds_differ_between_seeds_and_purposes():
    seeds = {derive(seed, purpose) for seed in range(200) for purpose in ("order", "jitter", "down_1_conv")}
    assert len(seeds) == 600
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_seeds_are_spread_evenly():
    seeds = [derive(seed, "order") / 2**31 for seed in range(500)]
    assert stats.kstest(seeds, "uniform").pvalue > 1e-3


def test_seeds_do_not_depend_on_the_process():
    command = "from pix2pix.base.seeds import derive; print(derive(7, 'up_1_dropout'))"
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "PYTHONHASHSEED": "123"}
    result = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, check=True)
    assert int(result.stdout) == derive(7, "up_1_dropout")
