"""Data of a study: built-in sets, files, arrays; and their splits."""
