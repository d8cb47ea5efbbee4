"""What a compiled pass is called with: arrays by name, scratch memory, and the same bytes wherever these lie."""

from typing import Any

import numpy as np
import pytest
from numba import carray, njit

from onewarm.calibration import CalibrationSummary
from onewarm.calibration.summary.pass_general import _distribution, _softmax_kernel
from onewarm.calibration.summary.pass_record import RECORD, compiled_pass, parts_of, totals_of, whole_lines
from onewarm.kernels.jit.line import array_at


def test_a_pass_sees_the_arrays_of_its_record():
    def sizes(address: Any) -> int:
        a = carray(address, 1, RECORD)[0]
        totals = totals_of(a, 5, 2)
        _, _, third, rest = parts_of(a.scratch, 9, 4)
        out = array_at(a.truth, np.int64, 8)
        out[0], out[1], out[2] = totals.cell_count.size, totals.sums.size, totals.infinite.size
        out[3], out[4] = totals.predicted.size, totals.classes.size
        third[8] = rest[3] = 1.0
        out[5], out[6], out[7] = a.scratch % 64, third.size, rest.size
        return a.rows if a.labelled else -1

    run = compiled_pass(sizes)
    out = np.zeros(8, np.int64)
    assert run(scratch=3 * whole_lines(9) + 4, truth=out, width=3, groups=2, rows=7, labelled=True) == 7
    assert out.tolist() == [5, 30, 1, 18, 36, 0, 9, 4]
    assert run(scratch=3 * whole_lines(9) + 4, truth=out, width=3, groups=0, rows=7, labelled=False) == -1
    assert out[3:5].tolist() == [0, 0]


@pytest.mark.parametrize("k", [2, 4, 7, 16])
@pytest.mark.parametrize("kind", ["logits", "votes", "weights", "probabilities"])
def test_the_same_rows_give_the_same_bytes_whatever_else_is_in_memory(kind: str, k: int) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, k)) * 2
    if kind != "logits":
        z = np.exp(z)
        z /= z.sum(axis=1, keepdims=True)
    truth = rng.multinomial(5, np.ones(k) / k, 300) if kind == "votes" else rng.integers(0, k, 300)
    weights = rng.random(300) if kind == "weights" else None
    others, found = [], set()
    for _ in range(60):
        others.append([np.empty(int(rng.integers(1, 60))) for _ in range(int(rng.integers(0, 40)))])
        if len(others) > 10:
            others.pop(int(rng.integers(10)))
        summary = CalibrationSummary(k, classwise=True).update(z, truth, logits=kind == "logits", weights=weights)
        found.add(summary.to_bytes())
    assert len(found) == 1


@njit
def softmax(z: Any, q: Any, logs: Any) -> Any:
    return _softmax_kernel(z, q, logs)


@njit
def distribution(p: Any, q: Any) -> Any:
    return _distribution(p, q, True)


@pytest.mark.parametrize("k", [4, 7, 33])
def test_helpers_give_the_same_bytes_at_any_distance_of_their_arrays(k: int) -> None:
    """Compiled loops come in two kinds, and which one runs depends on how near two arrays lie."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(50, k)) * 2
    found = set()
    for gap in range(40):
        for swap in (False, True):
            room = np.zeros(3 * (k + 40))
            a, b = room[:k], room[k + gap : 2 * k + gap]
            q, logs = (a, b) if swap else (b, a)
            out = []
            for z in rows:
                logs[:] = z
                softmax(logs.copy(), q, logs)
                out.append(q.copy())
                logs[:] = np.exp(z)
                distribution(logs, q)
                out.append(q.copy())
            found.add(np.array(out).tobytes())
    assert len(found) == 1
