"""Evidence: what a witness found, when, with what; kept as one JSON file a claim in <home>/evidence."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from onewarm.claims.ledger import Record

Expected = Literal["negative", "positive", "zero", "not negative", "none"]
Role = Literal["premise", "test", "context"]


class EvidenceError(ValueError):
    """An evidence file that cannot be used: names the file, the key, and how to write it again."""


class Ran(Record):
    """When the witness ran, for how many seconds, with which versions, and the command that runs it again."""

    date: str
    seconds: float = Field(ge=0)
    versions: dict[str, str]
    command: str


class Finding(Record):
    """One effect: of what (`quantity`), where (`scope`), with its interval at `level` for a study.

    `effect` is None where the witness did not get a finite number. `p` is Holm-adjusted over the study.
    `seeds` is how many seeds this effect rests on, where some runs had no such number.
    """

    scope: str
    quantity: str
    effect: float | None = Field(allow_inf_nan=False)
    interval: tuple[float, float] | None = None
    level: float | None = Field(default=None, gt=0, lt=1)
    p: float | None = Field(default=None, ge=0, le=1)
    seeds: int | None = Field(default=None, ge=0)
    expected: Expected
    role: Role = "test"
    unit: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.interval is not None and not self.interval[0] <= self.interval[1]:
            raise ValueError(f"interval {self.interval} does not run from low to high")
        return self


class Evidence(Record):
    """What one witness found, in full: enough to compute the claim's status and to print it on a page."""

    format: Literal[1] = 1
    claim: str
    kind: Literal["identity", "study"]
    ran: Ran
    seeds: tuple[int, ...] | None = None
    tolerance: float | None = None
    findings: tuple[Finding, ...]

    def find(self, scope: str, quantity: str) -> Finding | None:
        """The finding about that quantity in that scope, if the witness spoke of it."""
        return next((f for f in self.findings if (f.scope, f.quantity) == (scope, quantity)), None)


def evidence_path(home: Path, slug: str) -> Path:
    """Where the evidence of the claim with this slug is kept."""
    return home / "evidence" / f"{slug}.json"


def write_evidence(home: Path, evidence: Evidence) -> Path:
    """Write the file beside its place, then rename: a reader sees the old one or the new one, whole."""
    path = evidence_path(home, evidence.claim.rsplit("/", 1)[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(evidence.model_dump_json(indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o644)  # mkstemp makes it private; evidence is for everybody
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return path


def read_one(path: Path) -> Evidence:
    """Read one evidence file; EvidenceError, naming the key at fault, if it is damaged."""
    remedy = f"delete it and run `onewarm claims verify {path.stem}`"
    try:
        evidence = Evidence.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise EvidenceError(f"{path}: {key + ': ' if key else ''}{first['msg']}; {remedy}") from None
    if evidence.claim.rsplit("/", 1)[-1] != path.stem:
        raise EvidenceError(f"{path}: claim: {evidence.claim!r} does not belong in this file; {remedy}")
    return evidence


def read_evidence(home: Path) -> dict[str, Evidence]:
    """Read all evidence kept in `home`, by claim key; nothing kept gives {}.

    Raises EvidenceError for a damaged file, saying which and what to do.
    """
    found = (read_one(path) for path in sorted((home / "evidence").glob("[!.]*.json")))
    return {evidence.claim: evidence for evidence in found}
