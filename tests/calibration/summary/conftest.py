from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from onewarm.calibration import CalibrationSummary
from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, cell_of

Floats = NDArray[np.float64]


def _by_cell(cell: NDArray[np.int64], cells: int, **values: Floats) -> dict[str, Floats]:
    return {name: np.bincount(cell, value, cells) for name, value in values.items()}


def _xlogy(x: Floats, y: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return x * np.where(x > 0, np.log(y), 0)


def _statistics(p: Floats, t: Floats, w: Floats, classwise: bool) -> dict[str, Floats]:
    """The statistics of a summary by the formulas of its docstring, in float64."""
    p, t = p.astype(np.float64), t.astype(np.float64)
    if p.ndim == 1:  # events
        c, a = p, t
        nll = -_xlogy(t, p) - _xlogy(1 - t, 1 - p)
        brier = p**2 - 2 * p * t + t
        entropy, spread = -_xlogy(t, t) - _xlogy(1 - t, 1 - t), t * (1 - t)
    else:
        top = p.argmax(axis=1)
        c, a = p.max(axis=1), t[np.arange(len(p)), top]
        nll = -_xlogy(t, p).sum(axis=1)
        brier = (p**2).sum(axis=1) - 2 * (p * t).sum(axis=1) + 1
        entropy, spread = -_xlogy(t, t).sum(axis=1), 1 - (t**2).sum(axis=1)
    sums = {"weight": w, "confidence": w * c, "correct": w * a, "weight2": w**2, "correct_w2": w**2 * a}
    stats = {
        f"cell_{name}": value
        for name, value in _by_cell(
            cell_of(c), CELLS, count=(w > 0).astype(float), **sums, correct2=w**2 * a**2
        ).items()
    }
    finite = np.isfinite(nll)
    stats["nll_infinite"] = np.array([np.count_nonzero(~finite & (w > 0))], float)
    for name, x in (("nll", np.where(finite, nll, 0)), ("brier", brier)):
        stats |= {name: w @ x, f"{name}_w2": w**2 @ x, f"{name}2": w**2 @ x**2}
    stats |= {"truth_entropy": w @ entropy, "truth_brier": w @ spread}
    if classwise:
        k, coarse = p.shape[1], CELLS // CLASS_CELLS
        for name in ("weight", "confidence", "correct"):
            at = top * CLASS_CELLS + cell_of(c) // coarse
            stats[f"predicted_{name}"] = np.bincount(at, sums[name], k * CLASS_CELLS).reshape(k, -1)
        cell = cell_of(p) // coarse + np.arange(k) * CLASS_CELLS
        for name, x in (("weight", 0 * p + 1), ("probability", p), ("truth", t)):
            flat = np.bincount(cell.ravel(), (w[:, None] * x).ravel(), k * CLASS_CELLS)
            stats[f"class_{name}"] = flat.reshape(1, k, -1)
    return {name: np.atleast_1d(np.asarray(value, float)) for name, value in stats.items()}


@pytest.fixture(scope="session")
def agrees() -> Callable[..., None]:
    """A check that a summary holds what probabilities p, truth t as shares, and weights w add up to."""

    def check(
        summary: CalibrationSummary, p: Floats, t: Floats, w: Floats | None = None, classwise: bool = False
    ) -> None:
        for name, value in _statistics(p, t, np.ones(len(p)) if w is None else w, classwise).items():
            found = summary[name]
            found = found.sum(axis=0, keepdims=True) if name.startswith("class_") else found  # over groups
            np.testing.assert_allclose(found, value, rtol=1e-11, atol=1e-11, err_msg=name)

    return check
