"""The loss of an uninformed model at one toss of a coin."""

import numpy as np

import onewarm as ow

logits = np.array([[0.0, 0.0]])  # the same for both sides
loss = ow.cross_entropy(logits, ow.one_hot(np.array([0]), num_classes=2))
print(f"surprise {loss:.4f}")
