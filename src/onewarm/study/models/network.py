"""A stack of small multilayer perceptrons that are computed together, with one batched matrix product a layer."""

from __future__ import annotations

import itertools

import numpy as np

from onewarm.errors import needs

with needs("onewarm.study", "study"):
    import torch


ALIGN = 16


def padded(width: int) -> int:
    """The next multiple of 16: with such widths every model's matrices begin on a 64-byte boundary.

    The last bit of MKL's products depends on alignment. Padded, a model gets the same bits at every place in a stack.

    >>> padded(10), padded(64)
    (16, 64)
    """
    return -(-width // ALIGN) * ALIGN


def pad_features(x: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> torch.Tensor:
    """Rows (N, D) as a tensor (N, padded(D)), filled up with zeros."""
    return torch.from_numpy(np.pad(x, ((0, 0), (0, padded(x.shape[1]) - x.shape[1]))))


class Stack:
    """M perceptrons of one shape: x -> relu -> relu -> logits, parameters stacked along the first axis.

    No model depends on another: products are batched over the models, and everything else is elementwise. Weights are
    He-uniform, biases 0; equal entries of `init_seeds` give equal models. Features and classes are padded (see
    `padded`); the padding stays 0 and is cut off the logits.

    Args:
        init_seeds: one seed (a list of integers) for each model.
        widths: features, hidden, hidden, classes.
    """

    def __init__(self, init_seeds: list[list[int]], widths: list[int]) -> None:
        self.classes = widths[-1]
        self.weights: list[torch.Tensor] = []
        self.biases: list[torch.Tensor] = []
        shapes = list(itertools.pairwise(widths))
        drawn: dict[tuple[int, ...], list[torch.Tensor]] = {}
        for seed in init_seeds:
            if tuple(seed) not in drawn:
                rng = np.random.default_rng(seed)
                drawn[tuple(seed)] = [
                    torch.from_numpy(
                        np.pad(
                            rng.uniform(-1, 1, (i, o)).astype(np.float32) * np.float32((6 / i) ** 0.5),
                            ((0, padded(i) - i), (0, padded(o) - o)),
                        )
                    )
                    for i, o in shapes
                ]
        for layer, (_, outputs) in enumerate(shapes):
            stacked = torch.stack([drawn[tuple(seed)][layer] for seed in init_seeds])  # (M, in, out)
            self.weights.append(stacked.requires_grad_())
            self.biases.append(torch.zeros(len(init_seeds), 1, padded(outputs)).requires_grad_())

    def parameters(self) -> list[torch.Tensor]:
        """The weights and biases of all layers, stacked over models."""
        return [*self.weights, *self.biases]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (M, B, K) of padded rows x (M, B, D)."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = torch.baddbmm(bias, x, weight).relu()
        return torch.baddbmm(self.biases[-1], x, self.weights[-1])[:, :, : self.classes]

    @torch.no_grad()
    def logits(self, x: torch.Tensor, which: torch.Tensor, rows: int = 500) -> torch.Tensor:
        """Logits (M, N, K) of model m on the rows x[which[m]]; x (S, N, D) is taken `rows` rows at a time."""
        return torch.cat([self(x[which, i : i + rows]) for i in range(0, x.shape[1], rows)], 1)
