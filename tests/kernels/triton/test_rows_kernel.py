"""The Triton kernel launched by itself, in Triton's interpreter or on a GPU, against rows written out in float64.

Triton reads TRITON_INTERPRET when it is imported, so without a GPU these tests run in a process of their own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
GPU = torch.cuda.is_available() and not INTERPRETED
DEVICE = "cuda" if GPU else "cpu"
triton = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="no Triton on this machine")
# NumPy, which the interpreter computes with, warns where a GPU computes inf - inf in silence.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:triton.runtime.interpreter")
kernel = pytest.mark.skipif(not (INTERPRETED or GPU), reason="runs in Triton's interpreter: see the first test")
BLOCK = 8


@pytest.mark.long
@triton
@pytest.mark.skipif(INTERPRETED or GPU, reason="these are the tests themselves")
def test_in_the_interpreter() -> None:
    """All of the tests below, on the CPU."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", str(Path(__file__))],
        cwd=Path(__file__).parents[3],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert " passed" in ran.stdout


def target(n: int, k: int, table_rows: int) -> list[Tensor]:
    """Three named classes and two table rows for each row, some of them twice, some with no weight."""
    generator = torch.Generator().manual_seed(100 * n + k)

    def weights(width: int) -> Tensor:
        return torch.rand(n, width, generator=generator) * (torch.rand(n, width, generator=generator) < 0.8)

    index = torch.randint(0, k, (n, 3), generator=generator)
    table = torch.rand(table_rows, k, generator=generator)
    table_index = torch.randint(0, table_rows, (n, 2), generator=generator)
    return [x.to(DEVICE) for x in (index, weights(3), table, table_index, weights(2))]


def launch(z: Tensor, parts: list[Tensor], *, z_loss: float = 0.0, scale: float = 1.0, **options: Any) -> Any:
    """Loss, gradient (9 where nothing was written) and the two flags."""
    from onewarm.kernels.triton.rows_kernel import rows_kernel

    index, weight, table, table_index, table_weight = parts
    n, k = z.shape
    loss, gradient = torch.full((n,), 9.0, device=DEVICE), torch.full_like(z, 9)
    flags = torch.full((2,), n, dtype=torch.int32, device=DEVICE)
    one = torch.ones(1, device=DEVICE)
    rows_kernel[(n,)](
        *(z, z.stride(0), gradient, gradient.stride(0), loss, flags, k, index, weight, index.shape[1]),
        *(table, table.stride(0), table.shape[0], table_index, table_weight, table_index.shape[1]),
        *(one, 0, scale, z_loss, options.get("move_mass", 1), options.get("keep", 0)),
        BLOCK=BLOCK,
        NAMES=4,
        PARTS=2 if options.get("with_table", True) else 0,
        ONE=options.get("one", 0),
        GRADIENT=options.get("gradient", 1),
        CUTS=0,
    )
    return loss, gradient, flags.tolist()


def truth(z: Tensor, parts: list[Tensor], z_loss: float = 0.0) -> tuple[Tensor, Tensor]:
    """s log sum exp z - <t, z> and its gradient in float64, of finite logits against the target written out."""
    index, weight, table, table_index, table_weight = parts
    z, t = z.double(), torch.zeros(z.shape, dtype=torch.float64, device=DEVICE)
    t.scatter_add_(1, index, weight.double())
    t += (table.double()[table_index] * table_weight.double()[:, :, None]).sum(1)
    s, lse = t.sum(1), z.logsumexp(1)
    loss = s * lse - (t * z).sum(1) + z_loss * s * lse**2
    return loss, (s * (1 + 2 * z_loss * lse))[:, None] * z.softmax(1) - t


def logits(n: int, k: int) -> Tensor:
    return (torch.randn(n, k, generator=torch.Generator().manual_seed(k)) * 3).to(DEVICE)


@kernel
@pytest.mark.parametrize("k", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 5])
@pytest.mark.parametrize("table_rows", [1, 4])
def test_every_end_of_the_last_block(k: int, table_rows: int) -> None:
    z, parts = logits(5, k), target(5, k, table_rows)
    loss, gradient, flags = launch(z, parts, z_loss=0.01, scale=-2.0)
    wanted, slope = truth(z, parts, 0.01)
    torch.testing.assert_close(loss.double(), wanted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradient.double(), -2 * slope, rtol=1e-5, atol=1e-5)
    assert flags == [5, 5]
    alone, untouched, _ = launch(z, parts, z_loss=0.01, gradient=0)
    assert torch.equal(alone, loss) and (untouched == 9).all()


@kernel
def test_a_single_table_row_needs_no_index() -> None:
    z, parts = logits(4, 20), target(4, 20, 1)
    wanted = launch(z, parts)
    parts[3] = parts[3] + 10**6  # is not read
    loss, gradient, flags = launch(z, parts, one=1)
    assert torch.equal(loss, wanted[0]) and torch.equal(gradient, wanted[1]) and flags == [4, 4]


@kernel
def test_no_table() -> None:
    z, parts = logits(4, 20), target(4, 20, 2)
    loss, gradient, _ = launch(z, parts, with_table=False)
    parts[4] = parts[4] * 0
    wanted, slope = truth(z, parts)
    torch.testing.assert_close(loss.double(), wanted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradient.double(), slope, rtol=1e-5, atol=1e-5)


@kernel
def test_the_first_bad_row_is_flagged() -> None:
    z, parts = logits(6, 20), target(6, 20, 3)
    parts[1][:, 0] = 1  # every row has mass
    z[2, 19], z[4] = torch.nan, -torch.inf
    loss, gradient, flags = launch(z, parts)
    assert flags == [2, 6]
    assert loss.isnan().tolist() == gradient.isnan().all(1).tolist() == [False, False, True, False, True, False]
    _, gradient, _ = launch(z, parts, keep=1)
    assert (gradient[[2, 4]] == 9).all() and (gradient[[0, 1, 3, 5]] != 9).any(1).all()


@kernel
@pytest.mark.parametrize(("part", "value"), [(0, 20), (0, -1), (3, 3), (3, -1)])
def test_an_index_out_of_range_is_flagged_and_not_followed(part: int, value: int) -> None:
    z, parts = logits(6, 20), target(6, 20, 3)
    parts[1][:, 0] = 1
    parts[part][3, 1] = value
    loss, gradient, flags = launch(z, parts)
    assert flags == [6, 3]
    assert loss.isnan().tolist() == gradient.isnan().any(1).tolist() == [i == 3 for i in range(6)]


@kernel
def test_a_row_without_mass_is_not_read() -> None:
    z, parts = logits(3, 20), target(3, 20, 3)
    parts[1][1], parts[4][1], z[1] = 0, 0, torch.nan
    loss, gradient, flags = launch(z, parts)
    assert loss[1] == 0 and (gradient[1] == 0).all() and flags == [3, 3]


@kernel
def test_table_mass_on_a_masked_class_moves_or_costs() -> None:
    z = torch.tensor([[0.0, -torch.inf, 1.0]], device=DEVICE)
    parts = [
        *(torch.zeros(1, 3, dtype=torch.long), torch.zeros(1, 3), torch.tensor([[0.5, 0.25, 0.25]])),
        *(torch.zeros(1, 2, dtype=torch.long), torch.tensor([[1.0, 0.0]])),
    ]
    parts = [x.to(DEVICE) for x in parts]
    lse = torch.tensor([0.0, 1.0]).logsumexp(0).item()
    p = torch.tensor([0.0, -torch.inf, 1.0]).softmax(0)
    loss, gradient, _ = launch(z, parts)
    assert loss.item() == pytest.approx(lse - 1 / 3, rel=1e-6)
    torch.testing.assert_close(gradient[0].cpu(), p - torch.tensor([2 / 3, 0, 1 / 3]))
    loss, gradient, _ = launch(z, parts, move_mass=0)
    assert loss.item() == float("inf")
    torch.testing.assert_close(gradient[0].cpu(), p - torch.tensor([0.5, 0.25, 0.25]))


@pytest.mark.long
@triton
@pytest.mark.skipif(INTERPRETED, reason="compiles for GPUs, which the interpreter does not")
@pytest.mark.parametrize(
    ("dtype", "capability", "shape"),
    [
        ("bf16", 90, {"NAMES": 1, "PARTS": 1, "ONE": 1}),
        ("fp32", 90, {"NAMES": 16, "PARTS": 4, "ONE": 0}),
        ("fp16", 80, {"NAMES": 1, "PARTS": 0, "ONE": 0}),
    ],
)
def test_compiles_for_gpus_without_spilling(dtype: str, capability: int, shape: dict[str, int], tmp_path: Path) -> None:
    """Machine code for a GPU that need not be here. What it takes of a block are 16 logits a thread."""
    program = f"""
import subprocess
from pathlib import Path
import triton.backends.nvidia
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from onewarm.kernels.triton.rows_kernel import rows_kernel

runtime = {{p.name for p in rows_kernel.params if p.do_not_specialize}}
assert {{"z_loss", "scale", "scale_step", "names", "parts", "table_rows", "move_mass"}} <= runtime
pointers = dict(z_ptr={dtype!r}, g_ptr={dtype!r}, loss_ptr="fp32", flag_ptr="i32", index_ptr="i64", weight_ptr="fp64",
                table_ptr="fp32", table_index_ptr="i64", table_weight_ptr="fp64", scale_ptr="fp32")
constants = dict({shape!r}, BLOCK=4096, GRADIENT=1)
floats = ("z_loss", "scale")
signature = {{
    p.name: "*" + pointers[p.name] if p.name in pointers else "constexpr" if p.name in constants
    else "fp32" if p.name in floats else "i32"
    for p in rows_kernel.params
}}
aligned = [*pointers, "z_stride", "g_stride", "table_stride", "classes"]
hints = {{(list(signature).index(name),): [["tt.divisibility", 16]] for name in aligned}}
source = ASTSource(rows_kernel, signature, constants, hints)
made = triton.compile(source, target=GPUTarget("cuda", {capability}, 32),
                      options={{"num_warps": 8, "enable_fp_fusion": True}})
file = Path({str(tmp_path)!r}) / "rows.cubin"
file.write_bytes(made.asm["cubin"])
tool = Path(triton.backends.nvidia.__file__).parent / "bin" / "cuobjdump"
print(subprocess.run([tool, "-res-usage", file], capture_output=True, text=True).stdout)
"""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | {"TRITON_CACHE_DIR": str(tmp_path / "cache"), "TRITON_INTERPRET": "0"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "STACK:0 " in ran.stdout and "LOCAL:0 " in ran.stdout, ran.stdout
