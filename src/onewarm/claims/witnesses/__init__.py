"""Witnesses: the functions that compute a claim's evidence, one file for each topic."""
