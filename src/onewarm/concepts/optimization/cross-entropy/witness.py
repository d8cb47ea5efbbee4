"""The cross-entropy of one example, by hand in NumPy and with onewarm; then logits that overflow the naive formula."""

import numpy as np

import onewarm as ow

votes = np.array([[12, 5, 2, 1]])  # twenty people, four classes
z = np.array([[3.0, 1.0, -0.5, -1.0]])  # (1, K) logits

# by hand: the surprise -log p of every class, weighted by the target
t = votes / votes.sum()  # (1, K), sums to 1
m = z.max()  # subtracted first, so that no exponential overflows
log_p = z - (m + np.log(np.exp(z - m).sum()))  # (1, K) log softmax
loss = (t * -log_p).sum()  # cross-entropy H(t, p)
entropy = (t * -np.log(t)).sum()  # what even the best prediction pays
print("surprise", -log_p.round(3))
print(f"loss {loss:.4f} = entropy {entropy:.4f} + divergence {loss - entropy:.4f} nats")
print(f"in bits {loss / np.log(2):.4f}, as a perplexity {np.exp(loss):.3f}")
print("gradient", (np.exp(log_p) - t).round(3))

# with onewarm
target = ow.votes(votes)
ow_loss, ow_gradient = ow.cross_entropy_with_gradient(z, target)  # scalar, (1, K)
same = np.allclose([loss, entropy], [ow_loss, target.entropy()[0]])
print("agree:", same, np.allclose(np.exp(log_p) - t, ow_gradient))

# the same logits, a thousand times as large
with np.errstate(all="ignore"):
    p = np.exp(1000 * z) / np.exp(1000 * z).sum()  # inf / inf and 0 / inf
    print("naive", -(t * np.log(p)).sum(), " stable", ow.cross_entropy(1000 * z, target))
