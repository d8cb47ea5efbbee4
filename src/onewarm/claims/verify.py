"""Re-run each claim's check, store the evidence, and report what changed."""

from __future__ import annotations

import difflib
import importlib
import math
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from onewarm import __version__
from onewarm.claims.evidence import Evidence, EvidenceError, Finding, Ran, evidence_path, read_one, write_evidence
from onewarm.claims.ledger import Claim, Measure, load_ledger
from onewarm.claims.statement_numbers import wrong_numbers
from onewarm.claims.status import RANK, Status, status
from onewarm.claims.witnesses.studies import Report
from onewarm.errors import InputError

# Called as (what is being done, steps done, steps in all).
Progress = Callable[[str, float, float], None]


class WitnessError(InputError, LookupError):
    """A claim whose witness cannot be found: the message names the claim and the witness."""


class StatementError(InputError):
    """A statement with a number that its expression does not give."""


@dataclass(frozen=True)
class Result:
    """One claim verified: its status before and after, what changed in words, and the new evidence.

    `error` is why its witness failed, or None. After a failure the stored evidence stays as it was.
    """

    claim: Claim
    before: Status
    after: Status
    changes: tuple[str, ...]
    evidence: Evidence | None
    error: str | None = None

    @property
    def failed(self) -> bool:
        """The claim is refuted, its status is worse than before, or its witness failed."""
        return self.error is not None or self.after == "refuted" or RANK[self.after] < RANK[self.before]


def exit_code(results: Iterable[Result]) -> int:
    """1 if any claim is refuted, has a worse status than with the evidence stored before, or a failed witness; else 0.

    "inconclusive" and "conditional" are valid answers and no failure, unless the claim had a better status before.
    """
    return int(any(result.failed for result in results))


def select(slugs: Iterable[str] | None, ledger: Mapping[str, Claim]) -> list[Claim]:
    """The claims with these slugs or keys (None: all), in the ledger's order. Raises InputError for an unknown one."""
    if slugs is None:
        return list(ledger.values())
    known = {name: claim.key for claim in ledger.values() for name in (claim.slug, claim.key)}
    chosen = set()
    for slug in slugs:
        if slug not in known:
            near = difflib.get_close_matches(slug, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else "see `onewarm claims list`"
            raise InputError(f"no claim {slug!r}; {hint}")
        chosen.add(known[slug])
    return [claim for key, claim in ledger.items() if key in chosen]


def verify(
    slugs: Iterable[str] | None,
    home: Path,
    progress: Progress | None = None,
    *,
    reports: Mapping[str, Report] | None = None,
    ledger: Mapping[str, Claim] | None = None,
    store: str | None = None,
) -> list[Result]:
    """Run the witnesses of these claims, store their evidence in `home`, and compare it with the evidence before.

    Args:
        slugs: claims by slug or key; None for all.
        home: the folder of evidence and studies; evidence is written to `home/evidence/<slug>.json`.
        progress: called as (what, done, total).
        reports: study reports by data set; without them the studies are first run, or resumed.
        ledger: the claims; by default those that come with onewarm.
        store: the URL of the store of runs; by default `home/studies.db`.

    A witness that raises gives a Result with its `error`; the other claims are verified all the same.

    Raises InputError for an unknown claim, before any work.
    """
    ledger = load_ledger() if ledger is None else ledger
    claims = select(slugs, ledger)
    report_progress: Progress = progress if progress is not None else lambda what, done, total: None
    if reports is None and any(claim.kind == "study" for claim in claims):
        from onewarm.claims.run_studies import run_studies

        reports = run_studies(claims, ledger, home, report_progress, store)
    results = []
    for done, claim in enumerate(claims):
        report_progress(claim.title, done, len(claims))
        results.append(_verify_one(claim, home, reports or {}))
    report_progress("claims verified", len(claims), len(claims))
    return results


def run_witness(claim: Claim, reports: Mapping[str, Report] | None = None) -> Evidence:
    """Run the claim's witness and return its evidence; nothing is written.

    Args:
        claim: with a witness.
        reports: study reports by data set, for a claim about training.

    Raises WitnessError where the witness cannot be found, StatementError where a number of the statement is not what
    its expression gives; errors of the witness itself pass through.
    """
    witness = _find_witness(claim)
    start = time.perf_counter()
    versions = {"onewarm": __version__, "python": platform.python_version(), "numpy": np.__version__}
    if claim.kind == "identity":
        measured = witness()
        findings, seeds, tolerance = _identity_findings(claim, measured), None, claim.tolerance
    else:
        measured = {}
        findings, seeds = witness(claim, reports or {})
        tolerance = None
        for report in (reports or {}).values():
            versions |= {str(name): str(version) for name, version in report.get("versions", {}).items()}
    if wrong := "; ".join(wrong_numbers(claim, measured)):
        raise StatementError(wrong)
    return Evidence(
        claim=claim.key,
        kind=claim.kind,
        predicted=claim.predicted,
        ran=Ran(
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - start, 3),
            versions=versions,
            command=f"onewarm claims verify {claim.slug}",
        ),
        seeds=seeds,
        tolerance=tolerance,
        findings=findings,
    )


def _identity_findings(claim: Claim, measured: Mapping[str, float]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            scope=p.scope,
            quantity=p.quantity,
            effect=measured[p.measure] if math.isfinite(measured[p.measure]) else None,
            expected=p.expected,
            unit=p.unit,
        )
        for p in claim.predictions
        if isinstance(p, Measure) and p.measure in measured
    )


def _find_witness(claim: Claim) -> Callable[..., Any]:
    module, _, name = (claim.witness or "").partition(":")
    try:
        witness: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        raise WitnessError(f"{claim.key}: witness {claim.witness!r} cannot be found; write module:function") from None
    return witness


def _verify_one(claim: Claim, home: Path, reports: Mapping[str, Report]) -> Result:
    path = evidence_path(home, claim.slug)
    old, notes = None, []
    if path.exists():
        try:
            old = read_one(path)
            before = status(claim, old)
        except (EvidenceError, ValueError) as error:
            old, notes = None, [f"the stored evidence could not be used ({error}) and was replaced"]
    if old is None:
        before = status(claim, None)
    if claim.witness is None:
        return Result(claim, before, before, (*notes, "it has no witness yet"), old)
    try:
        new = run_witness(claim, reports)
    except Exception as error:  # a witness that fails must not stop the others
        return Result(claim, before, before, tuple(notes), old, f"{type(error).__name__}: {error}")
    after = status(claim, new)
    write_evidence(home, new)
    return Result(claim, before, after, (*notes, *changes(claim, old, new)), new)


def changes(claim: Claim, old: Evidence | None, new: Evidence) -> tuple[str, ...]:
    """The differences between new and old evidence as text; () if there are none."""
    if old is None:
        return ("checked for the first time",)
    lines = []
    before, after = status(claim, old), status(claim, new)
    if before != after:
        lines.append(f"status: {before} → {after}")
    if old.predicted and old.predicted != new.predicted:
        lines.append("the ledger's prediction has changed since")
    if len(old.seeds or ()) != len(new.seeds or ()):
        lines.append(f"seeds: {len(old.seeds or ())} → {len(new.seeds or ())}")
    for finding in new.findings:
        was = old.find(finding.scope, finding.quantity)
        name = f"{finding.quantity} on {finding.scope}" if claim.kind == "study" else finding.quantity
        if was is None:
            lines.append(f"{name}: new, {_effect(finding)}")
        elif _moved(claim, was, finding):
            lines.append(f"{name}: {_effect(was)} → {_effect(finding)}")
    for finding in old.findings:
        if new.find(finding.scope, finding.quantity) is None:
            lines.append(f"{finding.quantity} on {finding.scope}: no longer measured")
    for name in sorted(old.ran.versions.keys() & new.ran.versions.keys()):
        if old.ran.versions[name] != new.ran.versions[name]:
            lines.append(f"{name}: {old.ran.versions[name]} → {new.ran.versions[name]}")
    return tuple(lines)


def _moved(claim: Claim, was: Finding, now: Finding) -> bool:
    if was.effect is None or now.effect is None:
        return was.effect is not now.effect
    if claim.kind == "identity":  # rounding differs between machines: only crossing the tolerance is a change
        return (abs(was.effect) <= claim.tolerance) != (abs(now.effect) <= claim.tolerance)
    ends = [(was.effect, now.effect), *zip(was.interval or (), now.interval or (), strict=False)]
    return any(not math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in ends)


def _effect(finding: Finding) -> str:
    if finding.effect is None:
        return "not a finite number"
    interval = "" if finding.interval is None else f" [{finding.interval[0]:+.4g}, {finding.interval[1]:+.4g}]"
    return f"{finding.effect:+.4g}{interval}"
