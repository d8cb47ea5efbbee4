"""The summary against straight loops over rows, its cells against exact fractions, and the laws of merging."""

import json
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from onewarm.calibration import CalibrationSummary
from onewarm.calibration.summary.cells import CELLS

FIELDS = {name: values.size for name, values in CalibrationSummary(2).statistics.items()}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def shares_of(truth, num_classes):
    """The definition: a distribution a row, whatever the truth came as."""
    if truth.ndim == 1:
        return [[float(k == y) for k in range(num_classes)] for y in truth]
    return [[float(v) / float(sum(row)) for v in row] for row in truth]


def straight(p, truth):
    """Every statistic of the summary by the formulas of its docstring, a row and a class at a time."""
    stats = {name: [0.0] * length for name, length in FIELDS.items()}
    for row, t in zip(p.tolist(), shares_of(truth, p.shape[1]), strict=True):
        top = row.index(max(row))
        cell = next(c for c in range(CELLS) if row[top] <= (c + 1) / CELLS or c == CELLS - 1)
        stats["cell_count"][cell] += 1
        stats["cell_confidence"][cell] += row[top]
        stats["cell_correct"][cell] += t[top]
        for name, value in (("weight", 1), ("weight2", 1), ("correct_w2", t[top]), ("correct2", t[top] ** 2)):
            stats[f"cell_{name}"][cell] += value
        if any(tk > 0 and pk == 0 for pk, tk in zip(row, t, strict=True)):
            stats["nll_infinite"][0] += 1
        else:
            nll = -sum(tk * math.log(pk) for pk, tk in zip(row, t, strict=True) if tk > 0)
            for name, value in (("nll", nll), ("nll_w2", nll), ("nll2", nll**2)):
                stats[name][0] += value
        brier = sum(tk * sum((pj - (j == k)) ** 2 for j, pj in enumerate(row)) for k, tk in enumerate(t))
        for name, value in (("brier", brier), ("brier_w2", brier), ("brier2", brier**2)):
            stats[name][0] += value
        stats["truth_entropy"][0] -= sum(tk * math.log(tk) for tk in t if tk > 0)
        stats["truth_brier"][0] += 1 - sum(tk * tk for tk in t)
    return stats


def same(summary, expected, tolerance=1e-12):
    for name in FIELDS:
        if name in ("cell_count", "nll_infinite"):
            assert summary[name].tolist() == list(expected[name]), name
        else:
            np.testing.assert_allclose(summary[name], expected[name], rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("kind", ["labels", "votes", "distributions"])
def test_summary_is_the_sum_over_rows(case, kind):
    z, labels, votes, distributions = case
    truth = {"labels": labels, "votes": votes, "distributions": distributions}[kind]
    p = softmax(z)
    same(CalibrationSummary().update(p, truth), straight(p, truth))
    same(CalibrationSummary().update(z, truth, logits=True), straight(p, truth))


def test_zero_probabilities_cost_infinity_and_are_counted():
    p = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    for truth in (np.array([1, 0, 2]), np.array([[1, 1, 0], [1, 2, 0], [0, 0, 3]])):
        summary = CalibrationSummary().update(p, truth)
        same(summary, straight(p, truth))
        assert summary["nll_infinite"].tolist() == [1]


def test_logits_keep_the_nll_of_probabilities_that_underflow():
    z = np.array([[0.0, -2000.0]])
    summary = CalibrationSummary().update(z, np.array([1]), logits=True)
    assert summary["nll"].tolist() == [2000.0]
    assert summary["nll_infinite"].tolist() == [0]


def test_masked_logits_have_probability_zero():
    z = np.array([[1.0, -np.inf, 0.0], [-np.inf, 2.0, -np.inf]])
    p = softmax(z)
    for truth in (np.array([0, 1]), np.array([1, 0]), np.array([[1, 0, 1], [0, 4, 0]])):
        same(CalibrationSummary().update(z, truth, logits=True), straight(p, truth))


def test_first_of_tied_classes_is_the_prediction():
    summary = CalibrationSummary().update(np.array([[0.4, 0.4, 0.2]]), np.array([0]))
    assert summary.total("cell_correct") == 1.0


@pytest.mark.parametrize("bins", [b for b in range(1, CELLS + 1) if CELLS % b == 0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_confidence_on_an_edge_of_a_coarse_bin_is_in_the_bin_below(bins, dtype):
    top = np.array([float(Fraction(j, bins)) for j in range(bins + 1) if 2 * j >= bins]).astype(dtype)
    p = np.stack([top, 1 - top], axis=1)
    count, confidence, _ = CalibrationSummary().update(p, np.zeros(len(p), int)).bins(bins)
    expected = np.zeros(bins, int)
    expected[[j - 1 for j in range(bins + 1) if 2 * j >= bins]] = 1
    assert count.tolist() == expected.tolist()
    np.testing.assert_allclose(confidence[count > 0], top, rtol=1e-15)


ROWS = st.integers(0, 60)


@given(st.lists(ROWS, max_size=6), st.randoms(use_true_random=False), st.sampled_from(["labels", "votes"]))
def test_any_partition_merged_in_any_order_is_the_whole(cuts, random, kind):
    rng = np.random.default_rng(len(cuts))
    p = rng.dirichlet(np.full(4, 0.3), 60).astype(np.float32)
    truth = rng.integers(0, 4, 60) if kind == "labels" else rng.multinomial(9, np.full(4, 0.25), 60)
    whole = CalibrationSummary().update(p, truth)
    edges = [0, *sorted(cuts), 60]
    parts = [
        CalibrationSummary().update(p[a:b], truth[a:b]) if b > a else CalibrationSummary(4) for a, b in pairwise(edges)
    ]
    random.shuffle(parts)
    # A random tree of merges, not only a chain; every part also travels as bytes.
    while len(parts) > 1:
        i = random.randrange(len(parts) - 1)
        parts[i : i + 2] = [CalibrationSummary.from_bytes(parts[i].to_bytes()).merge(parts[i + 1])]
    for name in ("cell_count", "nll_infinite"):
        assert parts[0][name].tobytes() == whole[name].tobytes()
    same(parts[0], {name: whole[name] for name in FIELDS})


@given(st.permutations(range(60)), st.lists(ROWS, max_size=4), st.booleans())
def test_any_order_of_rows_counts_the_same_in_every_group(order, cuts, weighted):
    rng = np.random.default_rng(len(cuts))
    p, labels = rng.dirichlet(np.full(4, 0.3), 60).astype(np.float32), rng.integers(0, 4, 60)
    weights = rng.uniform(size=60) if weighted else np.ones(60)
    whole = CalibrationSummary(classwise=True, groups=4, seed=1).update(p, labels, weights=weights)
    merged = CalibrationSummary()  # takes over what the parts keep
    edges = [0, *sorted(cuts), 60]
    for a, b in pairwise(edges):
        at = list(order[a:b])
        part = CalibrationSummary(4, classwise=True, groups=4, seed=1)
        merged.merge(part.update(p[at], labels[at], weights=weights[at]) if at else part)
    for name, values in whole.statistics.items():
        if "count" in name or name == "nll_infinite":
            assert merged[name].tobytes() == values.tobytes(), name
        else:
            np.testing.assert_allclose(merged[name], values, rtol=1e-12, atol=1e-12, err_msg=name)
    assert whole["class_count"].sum(axis=(1, 2)).astype(bool).sum() > 1  # more than one group is in use


def test_what_is_kept_must_agree():
    plain, classes = CalibrationSummary(2), CalibrationSummary(2, classwise=True)
    with pytest.raises(ValueError, match=r"^other has classwise=True, but this summary classwise=False: make"):
        plain.merge(classes)
    with pytest.raises(ValueError, match=r"^other has seed=1, but this summary seed=0: make both alike$"):
        classes.merge(CalibrationSummary(2, classwise=True, seed=1))
    with pytest.raises(ValueError, match=r"^groups is 0: expected at least 1$"):
        CalibrationSummary(groups=0)


def test_update_in_batches_is_one_update(case):
    z, labels, _, _ = case
    batches = CalibrationSummary()
    for start in range(0, 400, 37):
        batches.update(z[start : start + 37], labels[start : start + 37], logits=True)
    whole = CalibrationSummary().update(z, labels, logits=True)
    same(batches, {name: whole[name] for name in FIELDS})


def test_blocks_do_not_show():
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(700), 500)  # 187 rows a block
    labels = rng.integers(0, 700, 500)
    parts = CalibrationSummary()
    for i in range(500):
        parts.update(p[i : i + 1], labels[i : i + 1])
    whole = CalibrationSummary().update(p, labels)
    same(parts, {name: whole[name] for name in FIELDS})


def test_more_rows_in_one_cell_than_float32_can_count():
    part = CalibrationSummary().update(np.full((4, 2), 0.5), np.array([0, 1, 0, 1]))
    for _ in range(24):
        part.merge(CalibrationSummary.from_bytes(part.to_bytes()))
    assert part.count == 4 << 24
    assert part.total("cell_correct") == 2.0 * (1 << 24)


def test_float32_and_float64_give_the_same_cells(case):
    z, labels, _, _ = case
    p = softmax(z).astype(np.float32)
    single = CalibrationSummary().update(p, labels)
    double = CalibrationSummary().update(p.astype(np.float64), labels)
    assert single.to_bytes() == double.to_bytes()


def test_torch_tensors_of_any_precision(case):
    z, labels, votes, _ = case
    tensor = torch.tensor(z, requires_grad=True)
    expected = CalibrationSummary().update(z, labels, logits=True).to_bytes()
    assert CalibrationSummary().update(tensor, torch.tensor(labels), logits=True).to_bytes() == expected
    narrow = torch.tensor(z).to(torch.bfloat16)
    wide = narrow.double().numpy()
    got = CalibrationSummary().update(narrow, torch.tensor(votes), logits=True)
    same(got, CalibrationSummary().update(wide, votes, logits=True).statistics)
    p = torch.softmax(narrow, dim=1)  # sums to 1 within the tolerance, though in bfloat16
    assert CalibrationSummary().update(p, labels, normalize=True).count == 400


def test_normalize_divides_rows_by_their_sum():
    p, t = np.array([[3.0, 1.0], [1.0, 1.0]]), np.array([[2.0, 0.0], [1.0, 3.0]])
    got = CalibrationSummary().update(p, t, normalize=True)
    same(got, straight(p / p.sum(1, keepdims=True), t))


def test_normalize_still_refuses_rows_without_mass_and_negative_ones():
    for row, text in (
        ([0.0, 0.0], "probabilities[1] sums to 0 and cannot"),
        ([3.0, -1.0], "probabilities[1, 1] is -1"),
    ):
        with pytest.raises(ValueError) as error:
            CalibrationSummary().update(np.array([[1.0, 1.0], row]), np.array([0, 1]), normalize=True)
        assert str(error.value).startswith(text)


def test_input_is_not_changed(case):
    z, _, votes, _ = case
    before = z.copy(), votes.copy()
    CalibrationSummary().update(z, votes, logits=True)
    assert (z == before[0]).all() and (votes == before[1]).all()


def test_to_dict_is_json(case):
    z, labels, _, _ = case
    summary = CalibrationSummary().update(z, labels, logits=True)
    plain = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert plain["rows"] == 400 and plain["num_classes"] == 5 and plain["cells"] == CELLS
    assert sum(cell["count"] for cell in plain["occupied"]) == 400
    assert plain["sums"]["nll"] == summary.total("nll")


P = np.array([[0.5, 0.5], [0.25, 0.75]])
Y = np.array([0, 1])


def test_classes_must_agree():
    two, three = CalibrationSummary(2), CalibrationSummary(3)
    with pytest.raises(ValueError) as error:
        two.merge(three)
    assert str(error.value) == "other has 3 classes, but this summary has 2 classes: use one summary for each model"
    with pytest.raises(ValueError) as error:
        three.update(P, Y)
    assert str(error.value) == "probabilities has 2 classes, but the summary 3: use one summary for each model"
    with pytest.raises(ValueError) as error:
        CalibrationSummary(1)
    assert str(error.value) == "num_classes is 1: a classifier has at least 2"
    assert CalibrationSummary().merge(three).num_classes == 3


def test_bins_must_divide_the_cells():
    with pytest.raises(ValueError, match=r"^bins is 7, which does not divide the 600 cells kept: choose one of \[1, 2"):
        CalibrationSummary(2).bins(7)


def test_statistics_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        CalibrationSummary(2)["cell_count"][0] = 1
