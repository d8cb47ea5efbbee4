"""Loss and gradient in JAX, compiled: onewarm with several targets, optax where installed, the formula in jax.numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

import onewarm as ow
from benchmarks.measure import Case

TITLE = "Loss and gradient in JAX, jitted, float32, CPU"
UNITS = ("copies", "vs optax hard")
ALPHA = 0.1
SIZES, SMALL = ((8192, 1000), (1024, 32000)), ((2048, 1000), (256, 32000))


def cases(quick: bool) -> Iterator[Case]:
    """One case for each size; none without JAX."""
    try:
        jax: Any = import_module("jax")
    except ImportError:
        return
    for n, k in SMALL if quick else SIZES:
        yield _case(jax, n, k)


def _case(jax: Any, n: int, k: int) -> Case:
    jnp, rng = jax.numpy, np.random.default_rng(0)
    z = jnp.asarray(rng.standard_normal((n, k), np.float32) * np.float32(3))
    y, others = (jnp.asarray(rng.integers(0, k, n)) for _ in range(2))
    prior = jnp.asarray(rng.dirichlet(np.ones(k)), jnp.float32)
    counts = np.zeros((n, k), np.int32)
    for labels in (y, y, others):
        counts[np.arange(n), np.asarray(labels)] += 1
    votes = ow.votes(jnp.asarray(counts))

    def smoothed(labels: Any) -> Any:
        return ow.smooth(labels, ALPHA, num_classes=k)

    def formula(logits: Any, labels: Any) -> Any:
        at = jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]
        return (jax.nn.logsumexp(logits, axis=1) - (1 - ALPHA) * at - ALPHA * logits.mean(1)).mean()

    losses: dict[str, Callable[[Any, Any], Any]] = {
        "onewarm hard": ow.cross_entropy,
        "onewarm smoothed": lambda a, b: ow.cross_entropy(a, smoothed(b)),
        "onewarm prior": lambda a, b: ow.cross_entropy(a, ow.smooth(b, ALPHA, prior=prior)),
        "onewarm votes": lambda a, b: ow.cross_entropy(a, votes),
        "onewarm mix": lambda a, b: ow.cross_entropy(a, ow.mix(smoothed(b), smoothed(others), 0.3)),
        "formula smoothed": formula,
    }
    skipped = {}
    try:
        optax: Any = import_module("optax")
    except ImportError as error:
        skipped["optax"] = f"{type(error).__name__}: {error}"
    else:
        losses["optax hard"] = lambda a, b: optax.softmax_cross_entropy_with_integer_labels(a, b).mean()
        losses["optax smoothed"] = lambda a, b: optax.softmax_cross_entropy(
            a, optax.smooth_labels(jax.nn.one_hot(b, k), ALPHA)
        ).mean()
    steps = {name: jax.jit(jax.value_and_grad(loss)).lower(z, y).compile() for name, loss in losses.items()}
    used = {name: step.memory_analysis().temp_size_in_bytes / z.nbytes for name, step in steps.items()}
    peers: dict[str, Callable[[], object]] = {"copy": lambda: jnp.copy(z).block_until_ready()}
    peers |= {name: _call(jax, step, z, y) for name, step in steps.items()}
    note = "XLA's temporaries, in multiples of the logits: " + ", ".join(f"{name} {x:.2f}" for name, x in used.items())
    baseline = "optax hard" if "optax hard" in peers else "onewarm hard"
    return Case(f"{n} x {k}", peers, skipped, baseline=baseline, notes=(note,))


def _call(jax: Any, step: Any, *arrays: Any) -> Callable[[], object]:
    return lambda: jax.block_until_ready(step(*arrays))
