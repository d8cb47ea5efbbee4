"""The options of a distillation: one value, checked once where the user hands it over."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from onewarm import checks
from onewarm.errors import InputError
from onewarm.loss_options import LossOptions, loss_options

Divergence: TypeAlias = Literal["kl", "cross_entropy", "reverse_kl", "js"]

_DIVERGENCES = ("kl", "cross_entropy", "reverse_kl", "js")


class Options(NamedTuple):
    """Checked options; make them with :func:`distillation_options`."""

    temperature: float
    divergence: Divergence
    beta: float
    teacher_weight: float
    loss: LossOptions


def distillation_options(
    temperature: Any,
    divergence: Any,
    beta: Any,
    weight: Any,
    hard_target: Any,
    reduction: Any,
    normalizer: Any,
    weight_name: str = "weight",
) -> Options:
    """Check the options of a distillation; ``"js"`` with ``beta`` 0 or 1 becomes the divergence it tends to.

    Raises:
        ValueError: a temperature that is not above 0, an unknown divergence, a beta or weight outside 0 to 1, or a
            weight without a hard target.

    >>> distillation_options(2, "js", 1.0, None, None, "mean", "rows")[:4]
    (2.0, 'reverse_kl', 1.0, 1.0)
    """
    temperature = checks.positive(temperature, "temperature")
    if divergence not in _DIVERGENCES:
        raise InputError(f"divergence is {divergence!r}: expected 'kl', 'cross_entropy', 'reverse_kl' or 'js'")
    beta = float(checks.share(beta, "beta"))
    if divergence == "js" and beta in (0, 1):
        divergence = "reverse_kl" if beta else "kl"
    if weight is None:
        share = 1.0 if hard_target is None else 0.5
    elif hard_target is None:
        raise InputError(
            f"{weight_name} is {weight!r} but hard_target is None: pass hard_target, or leave {weight_name} out"
        )
    else:
        share = float(checks.share(weight, weight_name))
    return Options(temperature, divergence, beta, share, loss_options(reduction, normalizer))


def ignored_label(ignore_index: Any, hard_target: Any, *, labels: bool) -> int:
    """The label of ``hard_target`` whose rows are left out, as an int.

    Args:
        ignore_index: what the user gave.
        hard_target: what it is about.
        labels: whether that is an array of labels.

    Raises:
        ValueError: no integer, a target without labels.
    """
    index = checks.number(ignore_index)
    if not isinstance(index, int) or isinstance(index, bool):
        raise InputError(f"ignore_index is {ignore_index!r}: expected an integer, a label in hard_target")
    if not labels:
        kind = "None" if hard_target is None else type(hard_target).__name__
        if checks.is_array_api_obj(hard_target):
            kind = "probabilities"
        raise InputError(
            f"ignore_index is {index} but hard_target is {kind}: it marks integer labels; leave out rows with mask="
        )
    return index
