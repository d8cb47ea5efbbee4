"""A stack of perceptrons: many runs trained in one loop."""
