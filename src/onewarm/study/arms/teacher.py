"""Arms whose target is a teacher's softmax: all of it, its largest classes, those and a bucket, or draws from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import Array
from onewarm.errors import InputError
from onewarm.softmax import softmax
from onewarm.study.arms.recipe import Context, Need, Number, Numbers, Recipe, between, like, to_numpy
from onewarm.target import SoftTarget, soft, top_k, votes

SAMPLED = 15
"""The stream of random numbers of a seed from which a sampled teacher's classes are drawn."""


def dense(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """The teacher's softmax: ``t = T^2 softmax(v / T)``, for a student whose logits are divided by T as well.

    A teacher's target contains no label: the labels enter through the teacher's training alone.

    Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2, the soft term
    only; where the teacher was trained on the same rows, Furlanello et al., "Born-Again Neural Networks", ICML 2018.
    """
    return soft(like(labels, _probabilities(context, numbers[-1]))).scale(numbers[-1] ** 2)


def largest(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """The teacher's k largest probabilities, scaled to sum 1: ``t_j = T^2 q_j / sum_(top k) q``, q = softmax(v / T).

    Source: Anshumann et al., "Sparse Logit Sampling", ACL 2025, who show that it is biased: the student's
    optimum is too high on the classes that are kept.
    """
    index, weight = _largest(context, numbers, num_classes)
    return _kept(labels, index, weight / weight.sum(1, keepdims=True), num_classes).scale(numbers[1] ** 2)


def bucket(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """The teacher's k largest probabilities as they are; `tail` adds the event that none of these classes occurs."""
    return _kept(labels, *_largest(context, numbers, num_classes), num_classes).scale(numbers[1] ** 2)


def tail(logits: Any, labels: Any, target: SoftTarget | None, numbers: Numbers) -> Any:
    """The bucket's term: ``-T^2 (1 - sum_(top k) q) log(1 - sum_(top k) p)``, p the student's softmax of `logits`.

    With the cross-entropy of `bucket`'s target it is the cross-entropy of k + 1 events, the top-k divergence of verl.
    """
    if target is None:
        raise ValueError("the tail of a teacher's bucket needs the rows' target")
    t = target.dense().reshape(logits.shape).to(logits.dtype)
    left = (numbers[1] ** 2 - t.sum(-1)).clamp(min=0)
    none_kept = logits.masked_fill(t > 0, -float("inf")).logsumexp(-1) - logits.logsumexp(-1)
    return -left * none_kept


def sampled(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """The shares of n classes drawn from the teacher's softmax: ``t = T^2 counts / n``, of mean ``T^2 softmax(v / T)``.

    They are drawn once for a row, as from a cached teacher. Source: Anshumann et al., "Sparse Logit Sampling", ACL
    2025, with draws in proportion to the probabilities.
    """
    q = _probabilities(context, numbers[1])
    counts = np.random.default_rng([SAMPLED, context.seed]).multinomial(int(numbers[0]), q)
    return votes(like(labels, counts)).scale(numbers[1] ** 2)


def _probabilities(context: Context, temperature: float) -> NDArray[np.float64]:
    return softmax(to_numpy(context.teacher_logits).astype(np.float64), temperature)


def _largest(context: Context, numbers: Numbers, num_classes: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    k = int(numbers[0])
    if k >= num_classes:
        raise InputError(
            f"a teacher's {k} largest classes of {num_classes} are all of them: give at most "
            f"{num_classes - 1}, or take teacher:{numbers[1]:g}"
        )
    q = _probabilities(context, numbers[1])
    index = np.argsort(-q, axis=1, kind="stable")[:, :k]
    return index, np.take_along_axis(q, index, 1)


def _kept(labels: Array, index: NDArray[np.int64], weight: NDArray[np.float64], num_classes: int) -> SoftTarget:
    return top_k(like(labels, index), like(labels, weight), num_classes=num_classes, tail="drop")


T = between("T", "a temperature", 0.01, 1000)
NEEDS: frozenset[Need] = frozenset({"teacher"})
HINTON = "Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, NIPS 2014 workshop (arXiv 2015)"
SPARSE = "Anshumann et al., Sparse Logit Sampling: Accelerating Knowledge Distillation in LLMs, ACL 2025"

TEACHER = Recipe(
    "teacher",
    "Distillation from a teacher",
    "the softmax at temperature T of the same model trained with ARM (hard), alone",
    "t = T^2 softmax(v / T), against softmax(z / T)",
    HINTON + ", section 2; Furlanello et al., Born-Again Neural Networks, ICML 2018",
    "teacher:2",
    (T,),
    other_names=("distillation", "kd", "distill"),
    needs=NEEDS,
    target=dense,
    temperature=lambda numbers: numbers[0],
)
TEACHER_TOP = Recipe(
    "teacher-top",
    "Distillation from a teacher's largest classes",
    "the N largest probabilities of that softmax, scaled to sum 1",
    "t_j = T^2 q_j / sum_(top N) q, q = softmax(v / T)",
    SPARSE,
    "teacher-top:3:2",
    (Number("N", "a whole number of classes, at least 1", lambda n: n >= 1 and n.is_integer()), T),
    other_names=("top-k", "topk", "teacher-topk", "teacher-top-k"),
    needs=NEEDS,
    target=largest,
    temperature=lambda numbers: numbers[1],
)
TEACHER_BUCKET = Recipe(
    "teacher-bucket",
    "Distillation from a teacher's largest classes and the rest as one",
    "the N largest probabilities of that softmax, and the event that none of these classes occurs",
    "T^2 [-sum_(top N) q log p - (1 - sum_(top N) q) log(1 - sum_(top N) p)], p = softmax(z / T)",
    "the top-k divergence with a tail bucket of verl (pull request 7856); " + SPARSE,
    "teacher-bucket:3:2",
    TEACHER_TOP.numbers,
    other_names=("bucket",),
    needs=NEEDS,
    target=bucket,
    extra=tail,
    targets_only=False,
    temperature=lambda numbers: numbers[1],
)
TEACHER_SAMPLED = Recipe(
    "teacher-sampled",
    "Distillation from classes drawn from a teacher",
    "the shares of N classes drawn once for each row from that softmax",
    "t = T^2 counts / N, counts ~ Multinomial(N, softmax(v / T))",
    SPARSE,
    "teacher-sampled:10:2",
    (Number("N", "a whole number of draws, at least 1", lambda n: 1 <= n <= 2**31 and n.is_integer()), T),
    other_names=("sampled", "monte-carlo"),
    needs=NEEDS,
    target=sampled,
    temperature=lambda numbers: numbers[1],
)
RECIPES = (TEACHER, TEACHER_TOP, TEACHER_BUCKET, TEACHER_SAMPLED)
