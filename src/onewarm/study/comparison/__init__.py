"""Paired differences: tests and intervals."""
