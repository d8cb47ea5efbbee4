"""Distillation on one example, twice: by hand in NumPy, and with onewarm."""

import numpy as np

import onewarm as ow

z = np.array([[3.0, -0.5, 1.0, -1.0]])  # (1, K) the student's logits
v = np.array([[6.0, 3.0, 0.0, -3.0]])  # (1, K) the teacher's
smoothed = np.log(0.9 * np.exp(v) / np.exp(v).sum() + 0.1 / 4)  # trained with alpha .1 on the same truth


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


for T in (1.0, 4.0):
    # by hand: both rows softened by T, and the loss times T^2
    p, q = softmax(z / T), softmax(v / T)  # (1, K) each
    loss = T**2 * (q * (np.log(q) - np.log(p))).sum()  # T^2 KL(q || p)
    gradient = T * (p - q)  # (1, K) dL/dz

    # with onewarm: the teacher's row is a target like any other
    teacher = ow.soft(q)
    crossed, slope = ow.cross_entropy_with_gradient(z / T, teacher)  # H(q, p), dH/d(z/T)
    ow_loss = T**2 * (crossed - teacher.entropy()[0])
    print(f"T {T:g}  q {q.round(3)}  loss {ow_loss:.4f}  gradient {(T * slope).round(3)}")
    print("  agree:", np.allclose(loss, ow_loss), np.allclose(gradient, T * slope))

    # what each teacher tells beyond label smoothing: mass on wrong classes times the entropy they lack
    for name, logits in (("hard-trained", v), ("smoothed", smoothed)):
        wrong = softmax(logits / T)[:, 1:]  # (1, K - 1)
        entropy = ow.soft(wrong, normalize=True).entropy()[0]
        print(f"  {name} tells {wrong.sum() * (np.log(3) - entropy):.4f} nats")
