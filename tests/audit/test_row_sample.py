"""The sample is random, of the size asked for, and the same for any split of the rows."""

import numpy as np
import pytest
from scipy import stats

from onewarm.audit import row_sample
from onewarm.audit.audit import audit
from onewarm.audit.row_sample import RowSample


def test_a_sample_does_not_depend_on_the_split():
    rng = np.random.default_rng(0)
    places, values = np.arange(5000, dtype=np.uint64), rng.normal(size=(5000, 2))
    whole, parts = RowSample(300), [RowSample(300) for _ in range(7)]
    whole.add(places, values, places.astype(np.int64), None)
    for i, rows in enumerate(np.array_split(rng.permutation(5000), 7)):
        parts[i].add(places[rows], values[rows], places[rows].astype(np.int64), None)
    merged = parts[3]
    for i in (5, 0, 6, 1, 2, 4):
        merged.merge(parts[i])
    first, second = whole.rows(), merged.rows()
    assert merged.seen == 5000 and len(first.truth) == 300
    np.testing.assert_array_equal(first.truth, second.truth)
    np.testing.assert_array_equal(first.predictions, second.predictions)
    assert stats.kstest(first.truth / 5000, "uniform").pvalue > 0.01


def test_large_files_are_fitted_on_a_sample(save, draw, monkeypatch):
    monkeypatch.setattr(row_sample, "_NUMBERS", 4000)
    monkeypatch.setattr(row_sample, "_LEAST_ROWS", 0)
    z, labels = draw(n=6000)
    result = audit(save(logits=z, label=labels))
    assert (result.rows, result.scored_on) == (6000, 1000) and 750 < result.fitted_on < 850
    assert next(o for o in result.options if o.key == "temperature").parameters["temperature"] == pytest.approx(
        2, rel=0.15
    )
