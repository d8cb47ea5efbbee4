"""A study as numbers, on a terminal and as a page."""
