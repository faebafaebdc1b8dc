import pytest

from pix2pix.base import processor


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """Where what Linux says of the processor is to be written."""
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    return tmp_path / "cpuinfo"


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("flags\t\t: fpu sse2 avx512_bf16 avx512f", True),
        ("flags\t\t: fpu amx_bf16", True),
        ("flags\t\t: fpu avx512f", False),
        ("Features\t: fp asimd", False),
    ],
)
def test_what_the_processor_has(cpuinfo, flags, has):
    core = f"model name\t: avx512_bf16: by name only\n{flags}\n"
    cpuinfo.write_text(f"processor\t: 0\n{core}\nprocessor\t: 1\n{core}")
    assert processor.has_bfloat16() == has
    assert processor.name() == "avx512_bf16: by name only"


@pytest.mark.usefixtures("cpuinfo")
def test_nothing_told_is_nothing_known():
    assert not processor.has_bfloat16()
    assert processor.name() is None
