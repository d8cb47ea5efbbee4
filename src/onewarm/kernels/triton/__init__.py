"""The loss of a row on a GPU, in Triton: ``rows`` checks and launches, ``rows_kernel`` is what runs there."""
