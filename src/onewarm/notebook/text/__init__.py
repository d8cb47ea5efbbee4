"""Markdown, formulas, numbers and data, converted to HTML."""
