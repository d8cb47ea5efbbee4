"""How often the questions of an audit are answered wrongly, and what they find: ``python -m benchmarks.audit_power``.

Simulated models, as a table in Markdown. Of a sample one draw of logits z and labels y serves every model: labels are
drawn from softmax(z), and models say softmax(z), or something else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions import ask
from onewarm.calibration import CalibrationSummary

Floats = NDArray[np.float64]
Model = Callable[[Floats], Floats]
"""Logits (n, K) of the truth to those of a model."""

ROWS = (300, 1_000, 10_000, 100_000)
CLASSES = (2, 3, 10, 100)
VISITS = 20  # rows of each group


def calibrated(z: Floats) -> Floats:
    """The truth itself."""
    return z


def too_high(points: float) -> Model:
    """P(y = 1) of two classes, higher by so many points (within 0..1)."""

    def shifted(z: Floats) -> Floats:
        p = np.clip(1 / (1 + np.exp(z[:, 0] - z[:, 1])) + points / 100, 1e-6, 1 - 1e-6)
        return np.log(np.stack([1 - p, p], axis=1))

    return shifted


def scaled(z: Floats) -> Floats:
    """Logits that are too large by a half: T = 1.5 repairs them."""
    return 1.5 * z


def one_class(bias: float) -> Model:
    """A bias of the logit of the first class."""

    def biased(z: Floats) -> Floats:
        out = z.copy()
        out[:, 0] += bias
        return out

    return biased


def every_class(z: Floats) -> Floats:
    """A bias of each logit, from -.3 to .3."""
    return z + np.linspace(-0.3, 0.3, z.shape[1])


def models(classes: int) -> dict[str, Model]:
    """The models of so many classes, by their names in the table; the first is calibrated."""
    if classes == 2:
        return {
            "calibrated": calibrated,
            "8 points too high": too_high(8),
            "2 points too high": too_high(2),
            "scaled, T = 1.5": scaled,
        }
    return {
        "calibrated": calibrated,
        "biased logits": every_class,
        "one class off": one_class(0.5),
        "scaled, T = 1.5": scaled,
    }


def shares_wrong(
    classes: int, rows: int, samples: int, *, groups: bool = False, told: bool = True, seed: int = 0
) -> dict[str, float]:
    """By model, the share of samples in which any question is answered no.

    Args:
        classes: K.
        rows: n.
        samples: number of samples.
        groups: whether rows come in groups of 20 with one label and nearly one prediction.
        told: whether the audit knows the groups.
        seed: of the draws.
    """
    rng = np.random.default_rng([seed, classes, rows])
    kind: Any = "binary" if classes == 2 else "multiclass"
    wrong = dict.fromkeys(models(classes), 0)
    for _ in range(samples):
        z, y, group = _draw(rng, rows, classes, VISITS if groups else 1)
        for name, model in models(classes).items():
            logits = model(z)
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            clusters = None
            if groups and told:
                clusters = Clusters(kind, classes)
                clusters.add(p, y, group)
            summary = CalibrationSummary(classes, classwise=True).update(p, y)
            wrong[name] += any(question.wrong for question in ask(summary, kind, clusters=clusters))
    return {name: count / samples for name, count in wrong.items()}


def _draw(
    rng: np.random.Generator, rows: int, classes: int, visits: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.uint64]]:
    people = rows // visits
    z = rng.normal(0, 1.5 if classes == 2 else 2.0, (people, classes))
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    group = np.repeat(np.arange(people, dtype=np.uint64), visits)
    if visits > 1:
        z = np.repeat(z, visits, axis=0) + rng.normal(0, 0.05, (people * visits, classes))
    return z, np.repeat(y, visits), group


def samples_of(rows: int, classes: int) -> int:
    """How many samples are drawn: fewer where one takes long."""
    return max(10, min(100, int(6e6 / (rows * (1 + classes / 10)))))


def table(classes: Sequence[int] = CLASSES, rows: Sequence[int] = ROWS, *, groups: bool = False) -> Iterator[str]:
    """The lines of the table."""
    names = models(classes[0])
    yield "| classes | rows | samples | " + " | ".join(names) + " |"
    yield "|---" * (3 + len(names)) + "|"
    for k in classes:
        for n in rows:
            samples = samples_of(n, k)
            found = shares_wrong(k, n, samples, groups=groups)
            shares = " | ".join(f"{100 * share:.1f} %" for share in found.values())
            yield f"| {k} | {n:,} | {samples} | {shares} |"


def main() -> None:
    """Print the tables: two classes, several, and both in groups of 20 rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit_power", description=__doc__)
    parser.add_argument("--classes", type=int, nargs="*", default=list(CLASSES), help="numbers of classes (all)")
    parser.add_argument("--rows", type=int, nargs="*", default=list(ROWS), help="numbers of rows (all)")
    parser.add_argument("--groups", action="store_true", help="rows in groups of 20, which the audit is told")
    options = parser.parse_args()
    for classes in ([k for k in options.classes if k == 2], [k for k in options.classes if k > 2]):
        if classes:
            for line in table(classes, options.rows, groups=options.groups):
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main()
