"""Builds the site from the evidence and studies in the home folder: shared by `onewarm open` and `onewarm build`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from onewarm.errors import InputError


def concept_folders(concepts: Path | None) -> tuple[Path, ...]:
    """Our concepts, and those below ``concepts``."""
    from onewarm.notebook.concept.folders import our_concepts, with_ours

    return our_concepts() if concepts is None else with_ours(concepts)


def build_site(site: Path, home: Path, folders: tuple[Path, ...], **options: Any) -> Path:
    """Build the site from the evidence and the study reports in the home folder."""
    from onewarm.notebook.site.build import build

    reports = study_reports(home)
    return build(site, concepts=folders, evidence_home=home, studies=reports, cache=home / "cache", **options)


def build_page(out: Path, concept: str, home: Path, folders: tuple[Path, ...], **options: Any) -> Path:
    """Build the page of one concept as one file, from the same."""
    from onewarm.notebook.site.single_file import build_single_file

    reports, cache = study_reports(home), home / "cache"
    return build_single_file(
        out, concept, concepts=folders, evidence_home=home, studies=reports, cache=cache, **options
    )


def study_reports(home: Path) -> list[dict[str, Any]]:
    """The study reports that `onewarm open` has saved there."""
    reports = []
    for path in sorted((home / "reports").glob("*.json")):
        try:
            reports.append(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise InputError(f"{path} is not a study report ({error}): delete it and run `onewarm open`") from None
    return reports
