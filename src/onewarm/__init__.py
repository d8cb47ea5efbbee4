"""Soft targets for classifiers and language models, and what they do to confidence."""

__version__ = "0.1.0"
