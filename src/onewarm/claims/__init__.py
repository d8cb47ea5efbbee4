"""Claims with sources, witnesses that run, and a status computed from evidence.

`ledger.load_ledger()` reads the claims, `evidence.read_evidence(home)` what their witnesses found,
`status.status(claim, evidence)` says what that amounts to, and `verify.verify(...)` hears the witnesses again.
"""
