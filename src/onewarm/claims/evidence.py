"""Evidence: a witness's findings with date and versions, stored as one JSON file for each claim in <home>/evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from onewarm.atomic_write import atomic_write
from onewarm.claims.ledger import Record, Training
from onewarm.errors import InputError, needs

with needs("onewarm.claims", "notebook"):
    from pydantic import Field, ValidationError, model_validator


Expected = Literal["negative", "positive", "zero", "not negative", "none"]
Role = Literal["premise", "test", "context"]


class EvidenceError(InputError):
    """An evidence file that cannot be used: the message names the file, the key, and how to write it again."""


class Ran(Record):
    """One run of a witness: its date, its seconds, the versions, and the command that repeats it."""

    date: str
    seconds: float = Field(ge=0)
    versions: dict[str, str]
    command: str


class Finding(Record):
    """One effect: of a `quantity`, in a `scope`, and for a study with its interval at `level`.

    `effect` is None where the witness got no finite number. `p` and `interval` are adjusted for all that the study
    compares. `seeds` is the number of seeds behind the effect, which is below the study's where runs lack the number.
    `training` says which of a study's models it is of.
    """

    scope: str
    quantity: str
    effect: float | None = Field(allow_inf_nan=False)
    interval: tuple[float, float] | None = None
    level: float | None = Field(default=None, gt=0, lt=1)
    p: float | None = Field(default=None, ge=0, le=1)
    seeds: int | None = Field(default=None, ge=0)
    expected: Expected
    training: Training | None = None
    role: Role = "test"
    unit: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.interval is not None and not self.interval[0] <= self.interval[1]:
            raise InputError(f"interval {self.interval} does not run from low to high")
        return self


class Evidence(Record):
    """The complete result of one witness: enough to compute the claim's status and to show it on a page.

    `predicted` is the claim's when the witness ran: for other predictions this is no evidence. `tolerance` is what was
    allowed then, a record only: the status takes the ledger's.
    """

    format: Literal[1] = 1
    claim: str
    kind: Literal["identity", "study"]
    predicted: str = ""
    ran: Ran
    seeds: tuple[int, ...] | None = None
    tolerance: float | None = None
    findings: tuple[Finding, ...]

    def find(self, scope: str, quantity: str) -> Finding | None:
        """The finding about that quantity in that scope; None if there is none."""
        return next((f for f in self.findings if (f.scope, f.quantity) == (scope, quantity)), None)


def evidence_path(home: Path, slug: str) -> Path:
    """The file of the evidence of the claim with this slug."""
    return home / "evidence" / f"{slug}.json"


def write_evidence(home: Path, evidence: Evidence) -> Path:
    """Write the claim's evidence below `home` with `atomic_write`; returns the file."""
    path = evidence_path(home, evidence.claim.rsplit("/", 1)[-1])
    atomic_write(path, evidence.model_dump_json(indent=1) + "\n")
    return path


def read_one(path: Path) -> Evidence:
    """Read one evidence file. Raises EvidenceError, naming the key at fault, if it is damaged."""
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
    """Read all evidence below `home`, by claim key; {} if there is none.

    Raises EvidenceError for a damaged file, naming it and the remedy.
    """
    files = sorted((home / "evidence").glob("[!.]*.json"))
    return {evidence.claim: evidence for evidence in map(read_one, files)}
