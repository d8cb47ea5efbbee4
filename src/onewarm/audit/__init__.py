"""The calibration audit: from predictions, in files or in memory, to numbers, remedies and a verdict in words."""

from onewarm.audit.audit import Audit, audit

__all__ = ["Audit", "audit"]
