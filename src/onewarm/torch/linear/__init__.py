"""Losses of a linear layer's output that never hold all of its logits."""
