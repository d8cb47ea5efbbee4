"""59 ways of writing one file: accuracy and ECE by their definition, or a message that names the step that helps.

One model of two classes and one of three, as people write them. ``Way.right`` says which must be read: "two" or
"three", "eps" (two, some probabilities below 0 by rounding), "rounded" (two decimals), "rounded three", "masked"
(three, some logits -inf); else it is a word of the error.
"""

from __future__ import annotations

import gzip
import json
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from onewarm.audit.engines import run
from onewarm.calibration import metrics
from onewarm.tables.columns.choice import Choice
from onewarm.tables.plan import plan

N, N3 = 3943, 600
NAMES = np.array(["setosa", "versicolor", "virginica"])


def _two():
    rng = np.random.default_rng(0)
    z = rng.normal(size=N) * 2
    p = 1 / (1 + np.exp(-z))
    y = (rng.random(N) < 1 / (1 + np.exp(-0.8 * z + 0.1))).astype(int)
    return p, y


def _three():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(N3, 3)) * 1.5
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = (p.cumsum(axis=1) > rng.random((N3, 1))).argmax(axis=1)
    return p, y


P, Y = _two()
P3, Y3 = _three()
TWO = np.column_stack([1 - P, P])
YES = np.array(["No", "Yes"])[Y]
MISSING = np.arange(N) % 50 == 7


@dataclass(frozen=True)
class Way:
    """A file, what writes it, which model it holds (or what its error says), and the files that go with it."""

    name: str
    write: Callable[[Path], object]
    right: str = "two"
    labels: str | None = None


def csv(columns, *, separator=",", header=True, spaced=False, missing="", comma=False):
    """The text of a table; numbers with all their digits."""

    def cell(value):
        if isinstance(value, float) and np.isnan(value):
            return missing
        text = repr(float(value)) if isinstance(value, float) else str(value)
        return text.replace(".", ",") if comma and isinstance(value, float) else text

    rows = zip(*(np.asarray(c).tolist() for c in columns.values()), strict=True)
    lines = [separator.join(cell(v) for v in row) for row in rows]
    names = [f" {n}" if spaced else n for n in columns]
    return "\n".join([separator.join(names)] * header + lines) + "\n"


def text(columns, encoding="utf-8", **how):
    return lambda path: path.write_bytes(csv(columns, **how).encode(encoding))


def saved(**arrays):
    return lambda path: np.savez(path, **arrays)


def parquet(**columns):
    return lambda path: pyarrow.parquet.write_table(pa.table(columns), path)


def _pair(path):
    np.save(path, TWO)
    np.save(path.with_name("labels.npy"), Y)


def _tensor(path):
    import torch

    torch.save({"probs": torch.tensor(TWO), "labels": torch.tensor(Y)}, path)


def _jsonl(rows):
    return lambda path: path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _frame(path):
    with path.open("wb") as file:
        pickle.dump({"y_true": Y, "y_prob": P}, file)


def _without(mask, values):
    return np.where(mask, np.nan, values)


BASE = {"y_true": Y, "y_prob": P}
THREE = {f"prob_{n}": P3[:, k] for k, n in enumerate(NAMES)}
EPS = np.where(np.arange(N) % 4 == 3, -1e-7, P)
MASK = np.zeros((N3, 3), bool)
MASK[np.arange(0, N3, 5), (Y3[::5] + 1) % 3] = True  # a class that a fifth of the rows does not have
ROUNDED3 = P3.round(2)
LISTS = [[float(a), float(b)] for a, b in TWO]
LOGITS = np.log(TWO)
LM = [
    {"doc_id": i, "target": str(Y[i]), "filter": "none", "acc": float((P[i] > 0.5) == Y[i]),
     "resps": [[[str(a), "False"]] for a in LOGITS[i]], "filtered_resps": [[str(a), "False"] for a in LOGITS[i]]}
    for i in range(N)
]  # fmt: skip

WAYS = (
    Way("base.csv", text(BASE)),
    Way("bom.csv", text(BASE, "utf-8-sig")),
    Way("bool.csv", text({"y_true": Y == 1, "y_prob": P})),
    Way("caret.csv", text({"pred": np.array(["No", "Yes"])[(P > 0.5) * 1], "obs": YES, "No": 1 - P, "Yes": P})),
    Way("case3.csv", text(THREE | {"label": np.char.capitalize(NAMES)[Y3]}), "three"),
    Way("classcols.csv", text({"truth": YES, "No": 1 - P, "Yes": P})),
    Way("comma_dec.csv", text(BASE, separator=";", comma=True)),
    Way("df.pkl", _frame, "to_parquet"),
    Way("digits_cols.csv", text({"label": Y, "0": 1 - P, "1": P})),
    Way("eps.csv", text({"y_true": Y, "y_prob": EPS}), "eps"),
    Way("eps2.csv", text({"y_true": Y, "y_prob": np.where(EPS < 0, -1e-10, EPS)}), "eps"),
    Way("f.feather", lambda path: pyarrow.feather.write_feather(pa.table(BASE), path)),
    Way("floatlab.csv", text({"y_true": Y.astype(float), "y_prob": P})),
    Way("gz.csv.gz", lambda path: path.write_bytes(gzip.compress(csv(BASE).encode()))),
    Way("idx.csv", text({"Unnamed: 0": np.arange(N), **BASE})),
    Way("jsonlist.csv", lambda path: path.write_text(
        "label;probs\n" + "".join(f"{y};{json.dumps(row)}\n" for y, row in zip(Y, LISTS, strict=True)))),
    Way("labels.npy", lambda path: np.save(path, Y), "--labels"),
    Way("latin.csv", text({"größe": np.arange(N), **BASE})),
    Way("listlogits.parquet", parquet(label=Y, logits=[r.tolist() for r in LOGITS])),
    Way("lm.jsonl", _jsonl(LM)),
    Way("logit1.csv", text({"label": Y, "logit": LOGITS[:, 1] - LOGITS[:, 0]})),
    Way("masked.npz", saved(logits=np.where(MASK, -np.inf, np.log(P3)), label=Y3), "masked"),
    Way("names3.csv", text({n: P3[:, k] for k, n in enumerate(NAMES)} | {"species": NAMES[Y3]}), "three"),
    Way("nan.csv", text({"y_true": Y, "y_prob": _without(MISSING, P)}), "--skip-missing"),
    Way("nan.parquet", parquet(y_true=Y, y_prob=_without(MISSING, P)), "--skip-missing"),
    Way("nanNA.csv", text({"y_true": Y, "y_prob": _without(MISSING, P)}, missing="NA"), "--skip-missing"),
    Way("nanlab.csv", text({"y_true": _without(MISSING, Y), "y_prob": P}), "--skip-missing"),
    Way("nanword.csv", text({"y_true": Y, "y_prob": _without(MISSING, P)}, missing="nan"), "--skip-missing"),
    Way("negeps.csv", text({"y_true": Y, "y_prob": np.where(EPS < 0, -1e-9, EPS)}), "eps"),
    Way("nohead.csv", text({"a": P, "b": Y}, header=False), "put column names above it"),
    Way("nplist.csv", lambda path: path.write_text(
        "label,probs\n" + "".join(f"{y},[{a:.17f} {b:.17f}]\n" for y, (a, b) in zip(Y, LISTS, strict=True)))),
    Way("one_based_bin.csv", text({"y_true": Y + 1, "y_prob": P})),
    Way("onebased3.csv", text({f"p{k + 1}": P3[:, k] for k in range(3)} | {"label": Y3 + 1}), "three"),
    Way("pair.npz", saved(probs=TWO, y_test=Y)),
    Way("pct.csv", text({"y_true": Y, "y_prob": 100 * P}), "divide by 100"),
    Way("pctsign.csv", text({"y_true": Y, "y_prob": [f"{100 * p:.2f}%" for p in P]}), "percent"),
    Way("pipe.csv", text(BASE, separator="|")),
    Way("pm1.csv", text({"y_true": 2 * Y - 1, "y_prob": P})),
    Way("prob1.csv", text({"label": Y, "prob_1": P})),
    Way("probmax.csv", text(THREE | {"prob_max": P3.max(axis=1), "label": NAMES[Y3]}), "three"),
    Way("probs.npy", _pair, "two", "labels.npy"),
    Way("pvalue.csv", text({f"p_{k}": P3[:, k] for k in range(3)} | {"p_value": P3[:, 0] ** 2, "y": Y3}), "three"),
    Way("q.parquet", parquet(**BASE)),
    Way("rounded.csv", text({"y_true": Y, "y_prob": P.round(2)}), "rounded"),
    Way("rounded3.csv", text({f"prob_{k}": ROUNDED3[:, k] for k in range(3)} | {"label": Y3}), "rounded three"),
    Way("rows.json", lambda path: path.write_text(
        json.dumps([{"label": int(y), "prob": float(p)} for y, p in zip(Y, P, strict=True)]))),
    Way("rows.jsonl", _jsonl({"label": int(y), "prob": float(p)} for y, p in zip(Y, P, strict=True))),
    Way("score.csv", text({"label": Y, "score": P, "prediction": (P >= 0.5) * 1})),
    Way("semi.csv", text(BASE, separator=";")),
    Way("space.txt", text(BASE, separator=" ")),
    Way("spaces.csv", text(BASE, spaced=True)),
    Way("t.pt", _tensor),
    Way("t.tsv", text(BASE, separator="\t")),
    Way("tidymodels.csv", text({"Class": YES, ".pred_No": 1 - P, ".pred_Yes": P,
                                ".pred_class": np.array(["No", "Yes"])[(P > 0.5) * 1]})),
    Way("upper.csv", text({"LABEL": Y, "PROB": P})),
    Way("utf16.csv", text(BASE, "utf-16")),
    Way("yesno.csv", text({"y_true": YES, "y_prob": P})),
    Way("yesno.parquet", parquet(y_true=YES, y_prob=P)),
    Way("yesno2.csv", text({"prob_No": 1 - P, "prob_Yes": P, "label": YES})),
)  # fmt: skip


def truth_of(right):
    """The probabilities and labels that a way holds; None where it must be refused."""
    eps, sums = np.clip(EPS, 0, 1), ROUNDED3.sum(axis=1, keepdims=True)
    rows = {
        "two": (TWO, Y),
        "three": (P3, Y3),
        "masked": (np.where(MASK, 0, P3) / np.where(MASK, 0, P3).sum(axis=1, keepdims=True), Y3),
        "eps": (np.column_stack([1 - eps, eps]), Y),
        "rounded": (np.column_stack([1 - P.round(2), P.round(2)]), Y),
        "rounded three": (np.where(np.abs(sums - 1) > 1e-3, ROUNDED3 / sums, ROUNDED3), Y3),
    }
    return rows.get(right)


def measured(path, labels=None):
    """Accuracy and ECE that the summary of a file gives."""
    tally = run(plan([str(path)], Choice(labels=labels)))
    return metrics.accuracy(tally.summary), metrics.ece(tally.summary)


def defined(p, y, bins=15):
    """Accuracy and ECE of the top label, from their definitions."""
    top, confidence = p.argmax(axis=1), p.max(axis=1)
    of_bin = np.ceil((confidence * bins).round(9)).astype(int).clip(1)  # .6 lies on an edge, whatever its float64
    gaps = [(confidence - (top == y))[of_bin == b].sum() for b in range(1, bins + 1)]
    return (top == y).mean(), np.abs(gaps).sum() / len(y)


def outcome(way, folder):
    """What reading a way gives: its accuracy and ECE, or its error."""
    path = folder / way.name
    way.write(path)
    try:
        return measured(path, None if way.labels is None else str(folder / way.labels))
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_way_gives_the_right_numbers_or_says_what_helps(way, tmp_path):
    """14 of these were accepted at once."""
    got, true = outcome(way, tmp_path), truth_of(way.right)
    if true is None:
        assert isinstance(got, str) and way.right in got and got.startswith(way.name), got
    else:
        assert not isinstance(got, str), got
        assert got == pytest.approx(defined(*true), abs=1e-9)


def test_most_ways_need_no_option():
    assert len(WAYS) == 59
    assert sum(truth_of(way.right) is not None and way.labels is None for way in WAYS) >= 45


def table():
    """Each way and what reading it gives, one a line: ``python tests/tables/test_plan_ways.py``."""
    lines = []
    for way in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            got, true = outcome(way, Path(folder)), truth_of(way.right)
        option = f" --labels {way.labels}" if way.labels else ""
        if isinstance(got, str):
            lines.append(f"refused  {way.name}: {got.removeprefix(f'{way.name}: ')}")
            continue
        right = true is not None and np.allclose(got, defined(*true), atol=1e-9)
        lines.append(f"{'right' if right else 'WRONG'}    {way.name}{option}: accuracy {got[0]:.6f}, ECE {got[1]:.6f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
