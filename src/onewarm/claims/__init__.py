"""Claims with sources, witnesses that run, and a status computed from evidence.

`ledger.load_ledger()` reads the claims, `evidence.read_evidence(home)` the stored results of their witnesses,
`status.status(claim, evidence)` computes a claim's status, and `verify.verify(...)` re-runs the witnesses.
"""
