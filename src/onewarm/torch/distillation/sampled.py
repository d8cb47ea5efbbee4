"""A teacher approximated by a small sample of its classes, which is unbiased."""

from __future__ import annotations

import torch
from torch import Tensor

from onewarm import checks
from onewarm.target import SoftTarget


def sample_teacher(probabilities: Tensor, draws: int, seed: int) -> SoftTarget:
    """A random target with few named classes whose expectation is the teacher: each has weight (times drawn) / draws.

    Keeping only the largest probabilities biases the student, however the rest is distributed. A sample does not:
    ``E[t] = probabilities``, so the expected gradient is that of the full teacher. One draw comes from each of
    ``draws`` equal slices of the row's cumulative distribution; that is as unbiased as independent draws, and varies
    less. A row has mass 1 and at most ``draws`` named classes.

    Args:
        probabilities: (..., K), at the temperature of the distillation; rows sum to 1 to within 1e-3, and are
            normalised.
        draws: at least 1; the paper finds some 50 draws, about 12 classes, enough for language models.
        seed: of the draws; the same seed gives the same target.

    Returns:
        A target with a row for each row of ``probabilities``, in order.

    Raises:
        TypeError: not a tensor of floating point, a seed that is not an integer.
        ValueError: draws below 1, entries that are negative or not finite, rows that do not sum to 1.

    Example:
        >>> sample_teacher(torch.tensor([[0.5, 0.3, 0.2]]), 10, seed=0).dense()
        tensor([[0.5000, 0.3000, 0.2000]], dtype=torch.float64)
        >>> sample_teacher(torch.tensor([[0.5, 0.3, 0.2]]), 2, seed=0).dense()
        tensor([[0.5000, 0.0000, 0.5000]], dtype=torch.float64)

    Source: Anshumann et al., "Sparse Logit Sampling", ACL 2025; Cochran, "Sampling Techniques", 3rd edition, section 5
    (stratified draws).
    """
    draws = checks.count(draws, "draws")
    plain_seed = checks.number(seed)
    if not isinstance(plain_seed, int):
        raise TypeError(f"seed is {seed!r}: expected an integer")
    if not isinstance(probabilities, Tensor):
        raise TypeError(f"probabilities is a {type(probabilities).__name__}: expected a PyTorch tensor")
    if probabilities.ndim == 0 or probabilities.shape[-1] == 0:
        raise ValueError(f"probabilities has shape {tuple(probabilities.shape)}: expected (..., K)")
    p = checks.probabilities(probabilities.reshape(-1, probabilities.shape[-1]), remedy="divide it by its sum")
    rows, classes = p.shape
    generator = torch.Generator().manual_seed(plain_seed)
    uniform = torch.rand(rows, draws, generator=generator, dtype=torch.float64)
    quantiles = ((torch.arange(draws) + uniform) / draws).to(p.device)  # one in each slice
    drawn = torch.empty(rows, draws, dtype=torch.int64, device=p.device)
    step = max(2**22 // classes, 1)  # rows at a time: bounded memory
    for start in range(0, rows, step):
        part = slice(start, start + step)
        cumulative = p[part].double().cumsum(dim=1)
        drawn[part] = torch.searchsorted(cumulative, quantiles[part] * cumulative[:, -1:], right=True)
    drawn.clamp_(max=classes - 1)
    is_new = torch.ones_like(drawn, dtype=torch.bool)  # draws are in order of class: equal ones are neighbours
    is_new[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
    column = is_new.cumsum(dim=1) - 1
    width = int(column.max()) + 1 if rows else 1
    index = torch.zeros(rows, width, dtype=torch.int64, device=p.device).scatter_(1, column, drawn)
    weight = torch.zeros(rows, width, dtype=torch.float64, device=p.device)
    weight.scatter_add_(1, column, torch.full_like(weight[:, :1], 1 / draws).expand(rows, draws))
    return SoftTarget(index=index, weight=weight, num_classes=classes)
