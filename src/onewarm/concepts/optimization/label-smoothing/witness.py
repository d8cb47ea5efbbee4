"""Label smoothing on one example, twice: by hand in NumPy, and with onewarm."""

import numpy as np

import onewarm as ow

K, label = 4, 0
z = np.array([[3.0, 1.0, -0.5, -1.0]])  # (1, K) logits

log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # (1, K) log softmax
p = np.exp(log_p)  # (1, K), it sums to 1
print("p", p.round(3))

for alpha in (0.0, 0.1):
    # by hand: take alpha of the label's mass and spread it evenly
    t = (1 - alpha) * np.eye(K)[[label]] + alpha / K  # (1, K), it still sums to 1
    loss = -(t * log_p).sum()  # cross-entropy H(t, p)
    gradient = p - t  # (1, K) dH/dz

    # with onewarm: the same target, which is never written out
    target = ow.smooth(np.array([label]), alpha, num_classes=K)
    ow_loss, ow_gradient = ow.cross_entropy_with_gradient(z, target)  # scalar, (1, K)

    print(f"alpha {alpha}  loss {ow_loss:.4f}  gradient {ow_gradient.round(3)}")
    print("  agree:", np.allclose(loss, ow_loss), np.allclose(gradient, ow_gradient))

# where the smoothed target is met: a finite lead of the label's logit, and a loss above zero
lead = np.log(1 + K * (1 - alpha) / alpha)
floor, gradient = ow.cross_entropy_with_gradient(np.array([[lead, 0.0, 0.0, 0.0]]), target)
print(f"lead {lead:.4f}  loss {floor:.4f}  gradient zero: {np.allclose(gradient, 0)}")
