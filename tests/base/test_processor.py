import pytest

from pix2pix.base import processor


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """Where what Linux says of the processor is to be written."""
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    return tmp_path / "cpuinfo"


@pytest.mark.parametrize(
    ("flags", "has", "only", "instructions"),
    [
        ("flags\t\t: fpu sse2 avx512f avx2 avx512_bf16", True, False, "avx2 avx512_bf16 avx512f"),
        ("flags\t\t: fpu amx_bf16", True, False, "amx_bf16"),
        ("flags\t\t: fpu avx2 avx512f", False, False, "avx2 avx512f"),
        ("flags\t\t: fpu avx avx2 fma", False, True, "avx avx2"),
        ("flags\t\t: fpu avx", False, False, "avx"),
        ("Features\t: fp asimd", False, False, ""),
    ],
)
def test_what_the_processor_has(cpuinfo, flags, has, only, instructions):
    core = f"model name\t: avx512_bf16: by name only\n{flags}\n"
    cpuinfo.write_text(f"processor\t: 0\n{core}\nprocessor\t: 1\n{core}")
    assert (processor.has_bfloat16(), processor.has_avx2_only()) == (has, only)
    assert processor.instructions() == instructions
    assert processor.name() == "avx512_bf16: by name only"


@pytest.mark.usefixtures("cpuinfo")
def test_nothing_told_is_nothing_known():
    assert not processor.has_bfloat16() and not processor.has_avx2_only() and processor.instructions() == ""
    assert processor.name() is None
