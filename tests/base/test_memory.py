import os
import platform
import subprocess
import sys

import pytest
from conftest import CHECKOUT

# Writes 64 MB, frees it, does so again, and says how often the kernel had to give a page the second time.
CODE = """
import resource
from pix2pix.base import memory
if {kept}:
    memory.keep()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b'1' * (1 << 26)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""
PAGES = (1 << 26) // os.sysconf("SC_PAGE_SIZE")

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's allocator is told")


def second_time(kept: bool, limit: str = "unlimited") -> int:
    command = f'ulimit -v {limit} && exec "$@"'
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    return int(
        subprocess.run(
            ["bash", "-c", command, "bash", sys.executable, "-c", CODE.format(kept=kept)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )


def test_freed_memory_is_used_again_without_the_kernel():
    assert second_time(kept=True) < PAGES / 100


def test_the_c_library_alone_gives_it_back():
    """Without this, the test above could not fail."""
    assert second_time(kept=False) > PAGES / 2


def test_a_limit_on_addresses_is_left_room():
    assert second_time(kept=True, limit="2000000") > PAGES / 2
