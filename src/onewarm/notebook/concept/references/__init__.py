"""Checks of a concept.yaml that the schema cannot express."""
