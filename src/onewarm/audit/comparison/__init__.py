"""Two audits of the same rows, compared: before and after a change, or two models."""
