"""A number of the audit and its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measure:
    """A number and its interval of 95 %; None where it is not defined (an infinite NLL)."""

    value: float | None
    interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return {"value": self.value, "interval": list(self.interval) if self.interval else None}
