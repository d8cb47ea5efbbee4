"""A stack of small multilayer perceptrons that are computed together, with one batched matrix product a layer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from onewarm.errors import needs

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor


ALIGN = 16


def padded(width: int) -> int:
    """The next multiple of 16: with such widths every model's matrices begin on a 64-byte boundary.

    The last bit of MKL's products depends on alignment. Padded, a model gets the same bits at every place in a stack.

    >>> padded(10), padded(64)
    (16, 64)
    """
    return -(-width // ALIGN) * ALIGN


def pad_features(x: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Tensor:
    """Rows (N, D) as a tensor (N, padded(D)), filled up with zeros."""
    return torch.from_numpy(np.pad(x, ((0, 0), (0, padded(x.shape[1]) - x.shape[1]))))


def initial(seed: Sequence[int], widths: Sequence[int]) -> list[Tensor]:
    """The padded parameters of one model: weights (in, out), He-uniform, of all layers, then biases (1, out), zero.

    Args:
        seed: equal seeds give equal models.
        widths: features, hidden, hidden, classes.

    Source: He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", ICCV 2015, equation 10.
    """
    rng = np.random.default_rng(list(seed))
    shapes = list(itertools.pairwise(widths))
    weights = [
        np.pad(
            rng.uniform(-1, 1, (i, o)).astype(np.float32) * np.float32((6 / i) ** 0.5),
            ((0, padded(i) - i), (0, padded(o) - o)),
        )
        for i, o in shapes
    ]
    return [*map(torch.from_numpy, weights), *(torch.zeros(1, padded(o)) for _, o in shapes)]


class Stack:
    """M perceptrons of one shape: x -> relu -> relu -> logits, parameters stacked along the first axis.

    No model depends on another: products are batched over the models, and everything else is elementwise. The
    gradients are written out, without autograd: all that a step needs is allocated once.

    Args:
        parameters: (M, ...) each, in the order of `initial`.
        classes: K; the padding of the last layer is cut off the logits.
    """

    def __init__(self, parameters: list[Tensor], classes: int) -> None:
        layers = len(parameters) // 2
        self.parameters = parameters
        self.weights, self.biases = parameters[:layers], parameters[layers:]
        self.gradients = [torch.empty_like(p) for p in parameters]
        """Of the parameters, as the last `backward` left them."""
        self.classes = classes
        self._inputs: list[Tensor] = []  # of each layer, and the logits
        self._slopes: list[Tensor] = []  # of the loss in the same

    def forward(self, x: Tensor) -> Tensor:
        """Logits (M, B, K) of padded rows x (M, B, D); they, and x, must stay as they are until `backward`."""
        if not self._inputs or self._inputs[1].shape[:2] != x.shape[:2]:
            outputs = [x.new_empty(*x.shape[:2], w.shape[2]) for w in self.weights]
            self._inputs = [x, *outputs]
            self._slopes = [torch.zeros_like(z) for z in outputs]  # the padding of the logits' slope stays 0
        self._inputs[0] = x
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = torch.baddbmm(bias, self._inputs[layer], weight, out=self._inputs[layer + 1])
            if layer < len(self.weights) - 1:
                z.relu_()
        return self._inputs[-1][:, :, : self.classes]

    def backward(self, slope: Tensor) -> None:
        """Write the gradients of a loss whose gradient in the last `forward`'s logits is slope (M, B, K)."""
        layers = len(self.weights)
        self._slopes[-1][:, :, : self.classes] = slope
        for layer in reversed(range(layers)):
            x, d = self._inputs[layer], self._slopes[layer]
            torch.bmm(x.mT, d, out=self.gradients[layer])
            torch.sum(d, 1, keepdim=True, out=self.gradients[layers + layer])
            if layer:
                below = torch.bmm(d, self.weights[layer].mT, out=self._slopes[layer - 1])
                below.mul_(x.sign_())  # the slope of relu; x has done its work

    def logits(self, x: Tensor) -> Tensor:
        """Logits (M, B, K) of padded rows x (M, B, D), for no gradients."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = torch.baddbmm(bias, x, weight).relu_()
        return torch.baddbmm(self.biases[-1], x, self.weights[-1])[:, :, : self.classes]
