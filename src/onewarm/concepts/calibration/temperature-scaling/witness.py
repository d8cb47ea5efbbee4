"""Temperature scaling twice: by bisection in NumPy, and with onewarm."""

import numpy as np

import onewarm as ow

random = np.random.default_rng(0)
z = 1.5 * random.normal(size=(2000, 4))  # (N, K) logits of a calibrated model
p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
y = np.array([random.choice(4, p=row) for row in p])  # (N,) labels, drawn from its probabilities
z = 2.5 * z  # the same answers, too sure of themselves


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


# by hand: the NLL is convex in b = 1/T, and its slope there is a difference of two mean logits
low, high = 0.01, 10.0
for _ in range(60):
    b = (low + high) / 2
    slope = (softmax(b * z) * z).sum(axis=1).mean() - z[np.arange(len(y)), y].mean()
    low, high = (b, high) if slope < 0 else (low, b)
nll = -np.log(softmax(b * z)[np.arange(len(y)), y]).mean()

fit = ow.calibration.fit_temperature(z, y)
print(f"T {1 / b:.4f}  onewarm {fit.temperature:.4f}")
print(f"NLL {fit.nll_before:.4f}, after {fit.nll_after:.4f}")
print("agree:", np.isclose(1 / b, fit.temperature), np.isclose(nll, fit.nll_after))
print("same answers:", (softmax(b * z).argmax(axis=1) == z.argmax(axis=1)).all())
