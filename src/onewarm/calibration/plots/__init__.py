"""Reliability diagrams: their data, a smooth curve with its band, and the drawing with Matplotlib."""
