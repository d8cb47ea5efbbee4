"""Intervals of metrics: ``estimate`` for any of them, and the methods behind it."""
