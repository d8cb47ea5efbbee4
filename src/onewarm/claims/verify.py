"""Hear the witnesses again, keep what they say, and tell what changed since the last time."""

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
from onewarm.claims.status import RANK, Status, status
from onewarm.claims.witnesses.studies import Report

# Called with what is being done, how many of how many steps are done.
Progress = Callable[[str, float, float], None]


class WitnessError(LookupError):
    """A claim whose witness cannot be called: names the claim and the witness."""


@dataclass(frozen=True)
class Result:
    """One claim verified: its status before and after, what changed in words, and the new evidence.

    `error` says why the witness could not testify; then the evidence kept before stays as it was.
    """

    claim: Claim
    before: Status
    after: Status
    changes: tuple[str, ...]
    evidence: Evidence | None
    error: str | None = None

    @property
    def failed(self) -> bool:
        """Refuted, worse than before, or not heard."""
        return self.error is not None or self.after == "refuted" or RANK[self.after] < RANK[self.before]


def exit_code(results: Iterable[Result]) -> int:
    """1 if any claim is refuted, is worse off than its stored evidence said, or could not be heard; else 0.

    "inconclusive" and "conditional" are honest answers and no failure, unless the claim stood better before.
    """
    return int(any(result.failed for result in results))


def select(slugs: Iterable[str] | None, ledger: Mapping[str, Claim]) -> list[Claim]:
    """The claims with these slugs or keys, in the ledger's order; all for None. ValueError for one unknown."""
    if slugs is None:
        return list(ledger.values())
    known = {name: claim.key for claim in ledger.values() for name in (claim.slug, claim.key)}
    chosen = set()
    for slug in slugs:
        if slug not in known:
            near = difflib.get_close_matches(slug, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else "see `onewarm claims list`"
            raise ValueError(f"no claim {slug!r}; {hint}")
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
    """Hear the witnesses of these claims (all for None), write their evidence below `home`, compare with the old.

    Args:
        slugs: claims by slug or key.
        home: where evidence and studies are kept; evidence goes to `home/evidence/<slug>.json`.
        progress: called as (what, done, total).
        reports: study reports by data set, if they are at hand; else the studies are run, or resumed, first.
        ledger: the claims; by default those that come with onewarm.
        store: the URL of the store of runs; by default `home/studies.db`.

    Raises ValueError for an unknown claim, before any work.
    """
    ledger = load_ledger() if ledger is None else ledger
    claims = select(slugs, ledger)
    say: Progress = progress if progress is not None else lambda what, done, total: None
    if reports is None and any(claim.kind == "study" for claim in claims):
        from onewarm.claims.run_studies import run_studies

        reports = run_studies(claims, ledger, home, say, store)
    results = []
    for done, claim in enumerate(claims):
        say(claim.title, done, len(claims))
        results.append(_verify_one(claim, home, reports or {}))
    say("claims verified", len(claims), len(claims))
    return results


def hear(claim: Claim, reports: Mapping[str, Report] | None = None) -> Evidence:
    """Run the claim's witness and return its evidence; nothing is written.

    Raises WitnessError for a claim without a witness that can be called.
    """
    witness = _resolve(claim)
    began = time.perf_counter()
    versions = {"onewarm": __version__, "python": platform.python_version(), "numpy": np.__version__}
    if claim.kind == "identity":
        findings, seeds, tolerance = _identity_findings(claim, witness()), None, claim.tolerance
    else:
        findings, seeds = witness(claim, reports or {})
        tolerance = None
        for report in (reports or {}).values():
            versions |= {str(name): str(version) for name, version in report.get("versions", {}).items()}
    return Evidence(
        claim=claim.key,
        kind=claim.kind,
        ran=Ran(
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - began, 3),
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


def _resolve(claim: Claim) -> Callable[..., Any]:
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
            old, notes = None, [f"the evidence kept before could not be used ({error}); written anew"]
    if old is None:
        before = status(claim, None)
    if claim.witness is None:
        return Result(claim, before, before, (*notes, "no witness yet"), old)
    try:
        new = hear(claim, reports)
    except Exception as error:  # one witness that breaks must not silence the others
        return Result(claim, before, before, tuple(notes), old, f"{type(error).__name__}: {error}")
    after = status(claim, new)
    write_evidence(home, new)
    return Result(claim, before, after, (*notes, *changes(claim, old, new)), new)


def changes(claim: Claim, old: Evidence | None, new: Evidence) -> tuple[str, ...]:
    """What the new evidence says differently from the old, in words; () if nothing."""
    if old is None:
        return ("heard for the first time",)
    told = []
    before, after = status(claim, old), status(claim, new)
    if before != after:
        told.append(f"status: {before} → {after}")
    if len(old.seeds or ()) != len(new.seeds or ()):
        told.append(f"seeds: {len(old.seeds or ())} → {len(new.seeds or ())}")
    for finding in new.findings:
        was = old.find(finding.scope, finding.quantity)
        name = f"{finding.quantity} on {finding.scope}" if claim.kind == "study" else finding.quantity
        if was is None:
            told.append(f"{name}: new, {_effect(finding)}")
        elif _moved(claim, was, finding):
            told.append(f"{name}: {_effect(was)} → {_effect(finding)}")
    for finding in old.findings:
        if new.find(finding.scope, finding.quantity) is None:
            told.append(f"{finding.quantity} on {finding.scope}: no longer measured")
    for name in sorted(old.ran.versions.keys() & new.ran.versions.keys()):
        if old.ran.versions[name] != new.ran.versions[name]:
            told.append(f"{name}: {old.ran.versions[name]} → {new.ran.versions[name]}")
    return tuple(told)


def _moved(claim: Claim, was: Finding, now: Finding) -> bool:
    if was.effect is None or now.effect is None:
        return was.effect is not now.effect
    if claim.kind == "identity":  # rounding differs between machines; only leaving the tolerance is news
        return (abs(was.effect) <= claim.tolerance) != (abs(now.effect) <= claim.tolerance)
    ends = [(was.effect, now.effect), *zip(was.interval or (), now.interval or (), strict=False)]
    return any(not math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in ends)


def _effect(finding: Finding) -> str:
    if finding.effect is None:
        return "not a finite number"
    interval = "" if finding.interval is None else f" [{finding.interval[0]:+.4g}, {finding.interval[1]:+.4g}]"
    return f"{finding.effect:+.4g}{interval}"
