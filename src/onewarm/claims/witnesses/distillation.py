"""Witnesses of distillation's identities: the library's teacher, loss and gradient against the reference.

As in `label_smoothing`, a witness takes no argument and returns the largest difference, or the smallest margin, under
the names of the ledger's predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import onewarm
from onewarm.claims.witnesses import reference_float64 as truth
from onewarm.claims.witnesses.library_side import Worst, gradient_at, gradients_of, loss_at
from onewarm.claims.witnesses.reference_float64 import Vector

if TYPE_CHECKING:
    import torch

SEED = 20_15
SIZES = (2, 3, 5, 12)
TEMPERATURES = (0.5, 1.0, 2.0, 4.0, 20.0)


class Case(NamedTuple):
    """The logits of a student and of a teacher, the label, the temperature, and the teacher's share of the loss."""

    z: Vector
    v: Vector
    label: int
    temperature: float
    share: float

    @property
    def teacher(self) -> Vector:
        """q, the teacher's softened row."""
        return truth.softmax(self.v / self.temperature)

    @property
    def hard(self) -> Vector:
        """The one-hot row."""
        return truth.onehot(self.label, len(self.z))


def _cases(temperatures: tuple[float, ...] = TEMPERATURES, repeat: int = 3) -> Iterator[Case]:
    random = np.random.default_rng(SEED)
    for classes in SIZES:
        for temperature in temperatures:
            for scale in np.geomspace(0.5, 4, repeat):
                z, v = scale * random.standard_normal((2, classes))
                yield Case(z, v, int(random.integers(classes)), temperature, float(random.uniform(0.1, 0.9)))


def _distil(z: Vector, teacher: Any, temperature: float, **options: Any) -> tuple[Vector, Vector]:
    """The library's loss (M,) and its gradient (M, K) at rows of logits (M, K), by PyTorch's autograd."""
    import torch

    import onewarm.torch

    rows = torch.tensor(np.atleast_2d(z), requires_grad=True)
    if isinstance(teacher, np.ndarray):
        teacher = torch.from_numpy(np.array(np.broadcast_to(teacher, rows.shape)))
    loss = onewarm.torch.distillation(rows, teacher, temperature, reduction="none", **options)
    loss.sum().backward()  # type: ignore[no-untyped-call]
    assert rows.grad is not None
    return loss.detach().numpy(), rows.grad.numpy()


def _part(case: Case, part: int, rows: Vector) -> Vector:
    """Loss (part 0) or gradient (part 1) of the case's teacher at these rows."""
    return _distil(rows, case.v, case.temperature)[part]


def _gradient(case: Case, temperature: float) -> Vector:
    """The gradient (K,) at the case's logits, at another temperature."""
    return np.asarray(_distil(case.z, case.v, temperature)[1][0])


def _mixed(case: Case) -> tuple[Vector, Vector]:
    """The loss and its gradient where the label has its share too."""
    return _distil(case.z, case.v, case.temperature, hard_target=_labels(case.label), weight=case.share)


def _labels(label: int) -> torch.Tensor:
    import torch

    return torch.tensor([label])


def softened_row() -> dict[str, float]:
    """The library's row of a teacher's logits: the ratios of its entries, and the rise of its entropy with T."""
    ratios, slope = Worst(), Worst()
    rise = np.inf
    for case in _cases((1.0,), repeat=2):
        entropies = [_entropy(case.v, t) for t in np.geomspace(0.5, 20, 8)]
        rise = min(rise, float(np.diff(entropies).min()))
        for temperature in TEMPERATURES:
            q = _row(case.v, temperature)
            apart = np.minimum(case.v[:, None] - case.v, 0) / temperature
            ratios.see(np.where(apart < 0, q[:, None] - q * np.exp(apart), 0.0))
        q = truth.softmax(case.v / 2)
        by_log_t = truth.derivative(partial(_entropies, case.v), np.log([2.0]))
        slope.see(by_log_t[0] - (q * (case.v - q @ case.v) ** 2).sum() / 4)  # dH/d log T = Var(v) / T^2
    return {"ratios": ratios.value, "entropy_slope": slope.value, "entropy_rise": rise}


def _row(v: Vector, temperature: float) -> Vector:
    """The library's softened row q (K,), from its gradient T (1/K - q) at equal student logits."""
    return np.asarray(1 / len(v) - _distil(0 * v, v, temperature)[1][0] / temperature)


def _entropies(v: Vector, rows: Vector) -> Vector:
    """The entropy of v's softened row at each of M temperatures, given as log T (M, 1); (M,)."""
    return np.array([_entropy(v, float(np.exp(row[0]))) for row in rows])


def _entropy(v: Vector, temperature: float) -> float:
    """The library's H(q): the difference of its cross-entropy and its KL, over T^2."""
    kinds: tuple[Any, ...] = ("cross_entropy", "kl")
    cross_entropy, kl = (_distil(v, v, temperature, divergence=kind)[0][0] for kind in kinds)
    return float(cross_entropy - kl) / temperature**2


def gradient() -> dict[str, float]:
    """The gradient against T (p - q) plus the label's p - y, and against finite differences of the loss."""
    closed, without, differences = Worst(), Worst(), Worst()
    for case in _cases():
        p = truth.softmax(case.z / case.temperature)
        wanted = case.temperature * (p - case.teacher)
        closed.see(_distil(case.z, case.v, case.temperature)[1][0] - wanted)
        hard = truth.softmax(case.z) - case.hard
        closed.see(_mixed(case)[1][0] - (case.share * wanted + (1 - case.share) * hard))
        soft = onewarm.soft(case.teacher[None])
        without.see(gradient_at(case.z / case.temperature, soft) / case.temperature - wanted / case.temperature**2)
    for case in _cases((1.0, 3.0), repeat=2):
        slopes = truth.derivative(partial(_part, case, 0), case.z)
        differences.see(_distil(case.z, case.v, case.temperature)[1][0] - slopes)
    return {"closed_form": closed.value, "without": without.value, "differences": differences.value}


def temperature_limit() -> dict[str, float]:
    """The gradient extrapolated to infinite temperature, with the factor T^2 and without it."""
    limit, without = Worst(), Worst()
    for case in _cases((1.0,)):
        centred = (case.z - case.z.mean()) - (case.v - case.v.mean())
        limit.see(_at_infinity(partial(_gradient, case)) - centred / len(case.z))

        def without_factor(t: float, case: Case = case) -> Vector:
            q = onewarm.soft(truth.softmax(case.v / t)[None])
            return t**2 * gradient_at(case.z / t, q) / t  # has a limit only because the gradient falls as 1 / T^2

        without.see(_at_infinity(without_factor) - centred / len(case.z))
    return {"limit": limit.value, "without": without.value}


def _at_infinity(f: Callable[[float], Vector], levels: int = 7, start: float = 48.0) -> Vector:
    """lim f(T) for T to infinity, by Richardson extrapolation: the terms of a series in 1/T are eliminated in turn."""
    table = [f(start * 2**i) for i in range(levels)]
    for order in range(1, levels):
        table = [(2**order * b - a) / (2**order - 1) for a, b in pairwise(table)]
    return table[0]


def teacher_floor() -> dict[str, float]:
    """The least loss against T^2 H(q), its minimiser against the teacher's logits, and the KL at these against 0."""
    kl, minimum, logits, below = Worst(), Worst(), Worst(), 0.0
    for case in _cases((1.0, 2.0, 4.0), repeat=2):
        floor = case.temperature**2 * truth.entropy(case.teacher)
        kl.see(_distil(case.v + 3.0, case.v, case.temperature)[0])
        minimiser = truth.minimise(partial(_part, case, 1), case.z)
        loss = _distil(minimiser, case.v, case.temperature, divergence="cross_entropy")[0][0]
        minimum.see(loss - floor)
        logits.see(minimiser - (case.v - case.v.mean()))
        near = case.v + 0.1 * case.z
        for z in (case.z, near):
            loss = _distil(z, case.v, case.temperature, divergence="cross_entropy")[0][0]
            below = float(np.maximum(below, floor - loss))
    return {"kl": kl.value, "minimum": minimum.value, "logits": logits.value, "below": below}


def mixture() -> dict[str, float]:
    """At T = 1 label and teacher together are one soft target, in each of the three ways to make it."""
    target, loss, slope = Worst(), Worst(), Worst()
    for case in _cases((1.0,)):
        dense = (1 - case.share) * case.hard + case.share * case.teacher
        label, q = np.array([case.label]), onewarm.soft(case.teacher[None])
        mixed = onewarm.mix(q, onewarm.one_hot(label, len(case.z)), case.share)
        moved = onewarm.smooth(label, case.share, prior=case.teacher)
        cross_entropy, gradient = _distil(
            case.z,
            case.v,
            1.0,
            hard_target=_labels(case.label),
            weight=case.share,
            divergence="cross_entropy",
        )
        wanted = truth.cross_entropy(dense, case.z)
        loss.see(cross_entropy[0] - wanted)
        slope.see(gradient[0] - (truth.softmax(case.z) - dense))
        for made in (mixed, moved):
            target.see(np.asarray(made.dense())[0] - dense)
            loss.see(loss_at(case.z, made) - wanted)
            slope.see(gradient_at(case.z, made) - (truth.softmax(case.z) - dense))
    return {"target": target.value, "loss": loss.value, "gradient": slope.value}


def uniform_teacher() -> dict[str, float]:
    """Label smoothing by alpha against distillation with share alpha from a teacher whose logits are all equal."""
    row, loss, slope = Worst(), Worst(), Worst()
    for case in _cases((1.0,)):
        equal = np.full_like(case.v, case.v[0])
        smoothed = onewarm.smooth(np.array([case.label]), case.share, num_classes=len(case.z))
        cross_entropy, gradient = _distil(
            case.z,
            equal,
            1.0,
            hard_target=_labels(case.label),
            weight=case.share,
            divergence="cross_entropy",
        )
        loss.see(cross_entropy[0] - loss_at(case.z, smoothed))
        slope.see(gradient[0] - gradient_at(case.z, smoothed))
        for temperature in TEMPERATURES:
            row.see(_row(equal, temperature) - 1 / len(equal))
    return {"row": row.value, "loss": loss.value, "gradient": slope.value}


def dark_knowledge() -> dict[str, float]:
    """The least KL from a smoothed row, searched over alpha, against `dark`."""
    least, smoothed = Worst(), Worst()
    random = np.random.default_rng(SEED)
    for classes in (3, 4, 10):
        for spread in (0.2, 1.0, 5.0):
            q = np.sort(random.dirichlet(np.full(classes, spread)))[::-1]  # the label comes first
            least.see(_least_divergence(q) - dark(q, 0))
            row = np.asarray(onewarm.smooth(np.array([0]), float(random.uniform(0.05, 1)), num_classes=classes).dense())
            smoothed.see(dark(row[0], 0))
    return {"least": least.value, "smoothed": smoothed.value}


def dark(q: Vector, label: int) -> float:
    """(1 - q_y) (log(K - 1) - H(w)), in nats: w is the row q (K,) without its label, normalised."""
    wrong = np.delete(q, label)
    return float(wrong.sum() * (np.log(len(wrong)) - truth.entropy(wrong / wrong.sum())))


def _least_divergence(q: Vector) -> float:
    """min over alpha of KL(q || smoothed row), from the library, by ternary search (it is convex in alpha)."""
    teacher = onewarm.soft(q[None])
    floor = float(np.asarray(teacher.entropy())[0])

    def divergence(alpha: float) -> float:
        row = np.asarray(onewarm.smooth(np.array([0]), alpha, num_classes=len(q)).dense())
        return loss_at(np.log(row[0]), teacher) - floor

    low, high = 1e-9, 1.0
    for _ in range(90):
        third = (high - low) / 3
        low, high = (low, high - third) if divergence(low + third) < divergence(high - third) else (low + third, high)
    return divergence((low + high) / 2)


def smoothed_teacher() -> dict[str, float]:
    """A smoothed teacher at its optimum: the ratios of its entries, and its softened row."""
    ratios, flat = Worst(), Worst()
    shrink = np.inf
    random = np.random.default_rng(SEED)
    for classes in (3, 5, 12):
        for alpha in (0.05, 0.1, 0.3):
            pi = random.dirichlet(np.ones(classes))
            target = onewarm.smooth(np.arange(classes), alpha, num_classes=classes).scale(pi)
            v = truth.minimise(gradients_of(target), np.zeros(classes))
            left = (1 - alpha) * pi + alpha / classes
            ratios.see((v[:, None] - v) - np.log(left[:, None] / left))
            apart = np.triu_indices(classes, 1)
            before, after = (np.abs((x[:, None] - x)[apart]) for x in (np.log(pi), v))
            shrink = min(shrink, float((before - after).min()))
            of_one_label = truth.minimise(
                gradients_of(onewarm.smooth(np.array([0]), alpha, num_classes=classes)), np.zeros(classes)
            )
            lead = np.log(1 + classes * (1 - alpha) / alpha)
            for temperature in TEMPERATURES:
                softer = classes / (classes - 1 + np.exp(lead / temperature))
                row = np.asarray(onewarm.smooth(np.array([0]), softer, num_classes=classes).dense())[0]
                flat.see(_row(of_one_label, temperature) - row)
    return {"ratios": ratios.value, "shrink": shrink, "flat": flat.value}


def top_k() -> dict[str, float]:
    """The gradient at the complete teacher's logits of a teacher that was cut to its k largest probabilities."""
    pull, inflated = Worst(), Worst()
    dropped = spread = np.inf
    random = np.random.default_rng(SEED)
    for classes in (5, 12, 200):
        for keep in (1, 2, 4):
            q = np.sort(random.dirichlet(np.ones(classes)))[::-1]
            index, kept = np.arange(keep)[None], q[None, :keep]
            s = kept.sum()
            cut = np.where(np.arange(classes) < keep, q, 0.0)
            drop = onewarm.top_k(index, kept, num_classes=classes, tail="drop")
            tail = onewarm.top_k(index, kept, num_classes=classes)
            at_teacher = gradient_at(np.log(q), drop)
            pull.see(at_teacher - (s * q - cut))
            pull.see(gradient_at(np.log(q), tail) - (q - cut - (1 - s) / classes))
            dropped = min(dropped, float(np.abs(at_teacher).max()))
            spread = min(spread, float(np.abs(gradient_at(np.log(q), tail)).max()))
            # renormalised, the target of each kept class is 1/s times the teacher's probability
            scaled = np.asarray(drop.scale(1 / s).dense())[0]
            inflated.see(scaled[:keep] * s / q[:keep] - 1)
    return {"pull": pull.value, "inflation": inflated.value, "dropped": dropped, "spread": spread}


def sampled() -> dict[str, float]:
    """The excess over five standard errors of sampled teachers' means, and of a cut teacher's, from the teacher."""
    import torch

    import onewarm.torch

    row, slope, mass = 0.0, 0.0, Worst()
    cut = np.inf
    random = np.random.default_rng(SEED)
    for classes, draws in ((5, 1), (5, 3), (12, 4), (12, 10)):
        q, z = random.dirichlet(np.ones(classes)), random.standard_normal(classes)
        rows = torch.from_numpy(np.tile(q, (4000, 1)))
        dense = np.asarray(onewarm.torch.sample_teacher(rows, draws, seed=SEED + draws).dense())
        mass.see(dense.sum(axis=1) - 1)
        row = max(row, _beyond(dense, q))
        gradients = np.stack([gradient_at(z, onewarm.soft(sample[None])) for sample in dense[:500]])
        slope = max(slope, _beyond(gradients, truth.softmax(z) - q))
        kept = np.argsort(-q)[None, :2]
        largest = np.asarray(onewarm.top_k(kept, q[kept] / q[kept].sum(), num_classes=classes).dense())
        cut = min(cut, _beyond(np.tile(largest, (4000, 1)), q))
    return {"mass": mass.value, "row": row, "gradient": slope, "cut": cut}


def _beyond(rows: Vector, expected: Vector) -> float:
    """The distance of the rows' mean from `expected` in excess of five standard errors; 0 where it is within them."""
    error = rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    return float(np.maximum(np.abs(rows.mean(axis=0) - expected) - 5 * error - 1e-12, 0).max())
