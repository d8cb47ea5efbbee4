"""Concept folders, which an author writes: creating, reading, validating and running them."""
