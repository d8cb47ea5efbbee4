"""Distillation on one example, twice: by hand in NumPy, and with onewarm."""

import numpy as np

import onewarm as ow

z = np.array([[3.0, -0.5, 1.0, -1.0]])  # (1, K) the student's logits
v = np.array([[6.0, 3.0, 0.0, -3.0]])  # (1, K) the teacher's
# a teacher of the same truth, trained with alpha .1
smoothed = np.log(0.9 * np.exp(v) / np.exp(v).sum() + 0.1 / 4)


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


for T in (1.0, 4.0):
    # by hand: both softened by T, the loss times T^2
    p, q = softmax(z / T), softmax(v / T)  # (1, K)
    loss, gradient = T**2 * (q * np.log(q / p)).sum(), T * (p - q)
    # with onewarm: H(q, p) and dH/d(z/T)
    crossed, slope = ow.cross_entropy_with_gradient(z / T, ow.soft(q))
    ow_loss = T**2 * (crossed - ow.soft(q).entropy()[0])
    print(f"T {T:g}: loss {ow_loss:.4f}, gradient {(T * slope).round(3)[0]}")
    print("agree:", np.allclose(loss, ow_loss), np.allclose(gradient, T * slope))

    # what is told: mass on the wrong classes times the entropy that they lack
    for name, logits in (("hard-trained", v), ("smoothed", smoothed)):
        wrong = softmax(logits / T)[:, 1:]  # (1, K - 1)
        lack = np.log(3) - ow.soft(wrong, normalize=True).entropy()[0]
        print(f"{name} tells {wrong.sum() * lack:.4f} nats")
