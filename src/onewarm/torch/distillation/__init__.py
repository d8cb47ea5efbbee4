"""Distillation: losses against a teacher's distribution, from logits, from a layer, or from a sample."""
