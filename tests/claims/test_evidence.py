"""Evidence survives the disk as it was, and a damaged file is named with its remedy."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from onewarm.claims.evidence import Evidence, EvidenceError, evidence_path, read_evidence, write_evidence
from onewarm.claims.ledger import Comparison, IdentityClaim, StudyClaim


@pytest.fixture
def evidence(study_claim: Callable[..., StudyClaim], evidence_of: Callable[..., Evidence]) -> Evidence:
    wants = Comparison(dataset="d", metric="ece", arm="smooth:0.1", baseline="hard", expected="positive")
    return evidence_of(study_claim(wants), (0.1, 1 / 3), p=0.03)


def test_round_trip(
    home: Path, evidence: Evidence, identity_claim: IdentityClaim, evidence_of: Callable[..., Evidence]
) -> None:
    other = evidence_of(identity_claim, 1.5e-15, 0.25)
    assert read_evidence(home) == {}
    assert write_evidence(home, evidence) == home / "evidence" / "study.json"
    write_evidence(home, other)
    assert read_evidence(home) == {evidence.claim: evidence, other.claim: other}


def test_the_file_is_the_agreed_json(home: Path, evidence: Evidence) -> None:
    raw = json.loads(write_evidence(home, evidence).read_text())
    assert raw["format"] == 1 and raw["claim"] == "claim:a/b/study" and raw["kind"] == "study"
    assert set(raw["ran"]) == {"date", "seconds", "versions", "command"}
    assert raw["seeds"] == list(range(20)) and raw["tolerance"] is None
    finding = raw["findings"][0]
    assert finding["interval"] == [0.1, 1 / 3] and finding["expected"] == "positive" and finding["scope"] == "d"


def test_a_failed_write_leaves_the_old_file_and_nothing_beside(
    home: Path, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_evidence(home, evidence)
    before = path.read_bytes()

    def full(*args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_evidence(home, evidence.model_copy(update={"findings": ()}))
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_part_left_by_a_kill_is_not_read(home: Path, evidence: Evidence) -> None:
    path = write_evidence(home, evidence)
    (path.parent / ".study.abc.part").write_text("{")
    (path.parent / ".study.json").write_text("{")
    assert read_evidence(home) == {evidence.claim: evidence}


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda raw: b"", "Invalid JSON"),
        (lambda raw: raw[: len(raw) // 2], "Invalid JSON"),
        (lambda raw: b"\xff\xfe" + raw, "Invalid JSON"),
        (lambda raw: b"[]", "should be an object"),
        (lambda raw: raw.replace(b'"format": 1', b'"format": 2'), "format: Input should be 1"),
        (lambda raw: raw.replace(b'"effect":', b'"efect":'), "findings.0.efect: Extra inputs are not permitted"),
        (lambda raw: raw.replace(b"0.1,", b"0.9,"), "does not run from low to high"),
        (lambda raw: raw.replace(b'"kind": "study"', b'"kind": "opinion"'), "kind: Input should be 'identity' or"),
        (lambda raw: raw.replace(b"a/b/study", b"a/b/other"), "claim: 'claim:a/b/other' does not belong in this file"),
    ],
)  # fmt: skip
def test_damage_is_named(home: Path, evidence: Evidence, damage: Callable[[bytes], bytes], error: str) -> None:
    path = write_evidence(home, evidence)
    damaged = damage(path.read_bytes())
    assert damaged != path.read_bytes()
    path.write_bytes(damaged)
    with pytest.raises(EvidenceError) as caught:
        read_evidence(home)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and error in message
    assert message.endswith("; delete it and run `onewarm claims verify study`")


def test_path(home: Path) -> None:
    assert evidence_path(home, "gradient") == home / "evidence" / "gradient.json"
