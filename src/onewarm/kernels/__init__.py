"""The loss fused into one row loop, once for each device: ``cpu`` in Numba, ``triton`` for GPUs."""
