import pytest

from bench.primitives import Operation, operations, tables

SHAPE = "mb2_ic3oc4_ih8oh4kh4sh2dh0ph1_iw12ow6kw4sw2dw0pw1"
RUN = "onednn_verbose,v1,primitive,exec,cpu"
FORWARD = (
    f"{RUN},convolution,brg_conv_fwd:avx512_core_bf16,forward_training,src:bf16::a wei:bf16::b,,alg:direct,{SHAPE}"
)
# Written by oneDNN, shortened: two calls of one convolution, a product, another order, and lines that tell of no call.
LOG = f"""\
onednn_verbose,v1,info,oneDNN v3.8.0 (commit 1)
{FORWARD},1.5
{FORWARD},0.5
{RUN},matmul,brg_matmul:avx512_core,undef,src:f32::ab wei:f32::ab dst:f32::ab,attr-scratchpad:user,,10x20:20x30,4
{RUN},reorder,jit:uni,undef,src:bf16::cdba dst:bf16:p:AcdB64a2b,,,64x3x4x4,2
STEP 1.0
"""
CONVOLUTION = Operation("convolution", "bfloat16", SHAPE, "brg_conv_fwd:avx512_core_bf16")


def test_calls_and_times_of_equal_operations_are_added_up():
    found = operations(LOG.splitlines())
    assert (found[CONVOLUTION].calls, found[CONVOLUTION].ms) == (2, 2.0)
    assert {operation.kind for operation in found} == {
        "convolution",
        "matrix product",
        "another order of the same numbers",
    }
    assert {operation.dtype for operation in found if operation.kind == "matrix product"} == {"float32"}


@pytest.mark.parametrize(
    ("kind", "shape", "flop"),
    [
        ("convolution", SHAPE, 2 * 2 * 3 * 4 * 4 * 4 * 4 * 6),
        ("matrix product", "10x20:20x30", 2 * 10 * 20 * 30),
        ("another order of the same numbers", "64x3x4x4", 0),
        ("normalisation", "mb1ic512ih2iw2", 0),
    ],
)
def test_the_arithmetic_of_a_call(kind, shape, flop):
    assert Operation(kind, "float32", shape, "").flop == flop


def test_the_tables_show_a_step_of_several():
    text = tables(operations(LOG.splitlines()), steps=2)
    assert "| matrix product | 2.0 | 50% | 0 |" in text
    assert "| all | 4.0 | 100% |  |" in text
    assert f"| convolution, bfloat16: `{SHAPE}` (brg_conv_fwd:avx512_core_bf16) | 1 | 1.0 | 0 |" in text
