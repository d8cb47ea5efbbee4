"""The sentences of a verdict, each a pure function of numbers that the report shows."""
