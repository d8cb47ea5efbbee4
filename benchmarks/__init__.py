"""The time and memory of onewarm and of its peers, in one run: ``python -m benchmarks [--quick] [--json FILE]``.

Each file with a ``cases`` function is one bench; name it in ``benchmarks.__main__`` to add one.
"""
