"""What a kernel is called with: by name on both sides, and scratch memory whose parts do not overlap."""

from typing import Any, get_type_hints

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from onewarm.kernels.cpu.arguments import (
    LINE,
    RECORD,
    Arguments,
    Size,
    job_of,
    packed,
    scratch_bytes,
    scratch_of,
    whole_lines,
    whole_vectors,
)
from onewarm.kernels.jit.decorators import uncompiled
from onewarm.kernels.jit.intrinsics import pointer_to


@njit
def seen(address: int, record: Any) -> Any:
    arguments = carray(pointer_to(address, record), 1)[0]
    job = job_of(arguments, np.float32, np.float64, 2)
    target, table = job.target, job.target.table
    sizes = (
        *(job.logits.size, job.gradient.size, job.loss.size, job.scale.size, job.exp_constants.size),
        *(target.index.size, target.weight.size, target.table_index.size, target.table_weight.size),
        table.entries.size,
    )
    firsts = (
        *(job.logits[1], job.scale[0], target.index[1], target.weight[1]),
        *(target.table_index[0], target.table_weight[0], table.entries[2]),
    )
    numbers = (
        *(job.logits_step, job.classes, target.index_step, target.weight_step, target.named, target.table_index_step),
        *(target.table_weight_step, target.shares, job.scale_step, table.kind, table.stride, table.rows),
    )
    return sizes, firsts, numbers, (job.z_loss, table.mass, table.level), (job.move_mass, job.with_gradient)


@njit
def divided(address: int, record: Any, thread: int) -> None:
    arguments = carray(pointer_to(address, record), 1)[0]
    scratch = scratch_of(arguments, thread, np.float32, 4)
    for k in range(scratch.reals.size):
        scratch.reals[k] = thread + 1
    for k in range(scratch.doubles.size):
        scratch.doubles[k] = thread + 1
    for k in range(scratch.integers.size):
        scratch.integers[k] = thread + 1
    for k in range(scratch.flags.size):
        scratch.flags[k] = True


def address_of(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def filled(**values: Any) -> NDArray[np.int64]:
    zeros = {name: kind() for name, kind in get_type_hints(Arguments).items()}
    return packed(Arguments(**zeros | values))


def test_the_record_has_every_argument_by_name() -> None:
    assert RECORD.names == Arguments._fields
    values = {name: kind(i % 2 + i) for i, (name, kind) in enumerate(get_type_hints(Arguments).items())}
    record = filled(**values).view(RECORD)
    assert {name: record[name].item() for name in Arguments._fields} == values


def test_compiled_code_sees_the_arrays() -> None:
    arrays = {
        "logits": np.arange(9, dtype=np.float32),
        "named_index": np.arange(10, 20),
        "named_weight": np.arange(20.0, 30),
        "table": np.arange(30.0, 40),
        "table_index": np.arange(40, 50),
        "table_weight": np.arange(50.0, 60),
        "scale": np.arange(60.0, 70),
        "gradient": np.zeros(9, np.float32),
        "loss": np.zeros(3),
        "exp_constants": np.zeros(2),
    }
    record = filled(
        **{name: address_of(array) for name, array in arrays.items()},
        rows=3,
        classes=2,
        named=2,
        shares=1,
        logits_step=3,
        named_index_step=2,
        named_weight_step=0,
        table_kind=4,
        table_step=5,
        table_rows=2,
        table_mass=0.5,
        table_level=np.nan,
        table_index_step=1,
        table_weight_step=3,
        scale_step=0,
        z_loss=0.25,
        move_mass=True,
        with_gradient=True,
    )
    sizes, firsts, numbers, floats, flags = seen(address_of(record), RECORD)
    assert sizes == (8, 6, 3, 1, 2, 6, 2, 3, 7, 7)
    assert firsts == (1, 60, 11, 21, 40, 50, 32)
    assert numbers == (3, 2, 2, 0, 2, 1, 3, 1, 0, 4, 5, 2)
    assert floats[:2] == (0.25, 0.5) and np.isnan(floats[2])
    assert flags == (True, True)
    record.view(RECORD)["with_gradient"] = False
    assert seen(address_of(record), RECORD)[0][1] == 0  # nobody wants it: no entries


def test_threads_and_types_have_memory_of_their_own() -> None:
    size = Size(reals=5, doubles=3, integers=2, flags=7)
    each = scratch_bytes(size, 4)
    assert each == 64 + 64 and each % LINE == 0
    memory = np.full(2 * each + 1, 99, np.uint8)
    record = filled(
        scratch=address_of(memory),
        scratch_bytes=each,
        scratch_reals=5,
        scratch_doubles=3,
        scratch_integers=2,
        scratch_flags=7,
    )
    for thread in range(2):
        divided(address_of(record), RECORD, thread)
    for thread in range(2):
        mine = memory[thread * each : (thread + 1) * each]
        np.testing.assert_array_equal(mine[:20].view(np.float32), thread + 1)
        np.testing.assert_array_equal(mine[64:88].view(np.float64), thread + 1)
        np.testing.assert_array_equal(mine[88:104].view(np.int64), thread + 1)
        np.testing.assert_array_equal(mine[104:111], 1)
        np.testing.assert_array_equal(np.delete(mine, np.r_[:20, 64:111]), 99)
    assert memory[-1] == 99


def test_whole_lines_and_vectors() -> None:
    assert [whole_lines(n) for n in (0, 1, 64, 65)] == [0, 64, 64, 128]
    assert [uncompiled(whole_vectors)(n) for n in (1, 16, 17)] == [16, 16, 32]
