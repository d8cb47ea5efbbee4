"""Names and notes in evidence and study reports are anyone's words: in Chromium they are shown and do nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from onewarm.claims.evidence import Evidence, Finding, Ran, write_evidence
from onewarm.claims.ledger import Claim, load_ledger
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.site import build as module
from onewarm.notebook.site.build import build
from onewarm.notebook.site.server import running

pytestmark = pytest.mark.browser

HOSTILE = (
    "</script><script>window.hacked = 1</script>\"'><img src=x onerror=window.hacked=2> `code` $x$ "
    "[link](javascript:1) {{ 7 * 7 }} {% raw %} \u202eevil\u202c שלום " + "w" * 200
)
CLAIM = "claim:basics/coin/hostile"


def claim_file(place: Path) -> dict[str, Claim]:
    """A ledger of one claim on a data set and arms of hostile names."""
    file = place / "basics/coin/01-hostile.yaml"
    file.parent.mkdir(parents=True)
    source = {
        "authors": HOSTILE, "title": HOSTILE, "venue": HOSTILE, "year": 2020, "url": "https://example.org/\"><script>",
        "place": HOSTILE, "read": f"reprinted in {HOSTILE}", "summary": "Something.",
    }  # fmt: skip
    names = {"dataset": HOSTILE, "arm": "arm " + HOSTILE, "baseline": "base " + HOSTILE, "expected": "negative"}
    claim = {
        "title": HOSTILE, "kind": "study", "statement": "A statement.", "scope": "Here.", "witness": "a:b",
        "sources": [source],
        "predictions": [{**names, "metric": "ece", "role": "premise"}, {**names, "metric": "nll"}],
    }  # fmt: skip
    file.write_text(yaml.safe_dump(claim, allow_unicode=True), encoding="utf-8")
    return load_ledger(place)


def evidence(claim: Claim) -> Evidence:
    """Evidence that names what the claim names, with hostile versions and command; its premise is not met."""
    findings = [
        Finding(
            scope=p.scope,
            quantity=p.quantity,
            effect=0.1,
            interval=(0.05, 0.15),
            level=0.95,
            expected="negative",
            unit=HOSTILE,
        )
        for p in claim.predictions
    ]
    ran = Ran(date="2026-01-02T03:04:05Z", seconds=1, versions={HOSTILE: HOSTILE}, command=f"onewarm {HOSTILE}")
    return Evidence(
        claim=CLAIM,
        kind="study",
        predicted=claim.predicted,
        ran=ran,
        seeds=tuple(range(20)),
        findings=tuple(findings),
    )


@pytest.fixture
def site(folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    ledger = claim_file(tmp_path / "ledger")
    monkeypatch.setattr(module, "load_ledger", lambda: ledger)
    write_evidence(tmp_path, evidence(ledger[CLAIM]))
    folder.yaml |= {"claims": [CLAIM], "title": HOSTILE, "summary": "A coin."}
    with running(build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")], evidence_home=tmp_path)) as found:
        yield found


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_labels_of_evidence_are_words_everywhere(
    visit: Callable[..., Any], site: str, tmp_path: Path, open_all: Callable[[Any], None]
) -> None:
    page = visit(site + "concept/basics/coin/index.html", reduced_motion="reduce").page
    open_all(page)
    claims = page.locator("#claims")
    shown = one_line(claims.evaluate("n => n.textContent"))
    for words in (HOSTILE, f"ECE, arm {HOSTILE} minus base {HOSTILE}", f"onewarm {HOSTILE}"):
        assert one_line(words) in shown
    assert "Its premise was not met: ECE, arm </script>" in shown
    assert claims.locator("svg .range").count() == 2 and claims.locator("svg .effect").count() == 2
    assert page.locator('img:not([src$="favicon.svg"]), main script:not([type="application/json"])').count() == 0
    assert page.locator("a[href^='javascript:' i]").count() == 0
    head = page.evaluate("name => document.querySelector(`meta[property='og:${name}']`).content", "title")
    assert one_line(head).startswith("</script><script>") and "{{ 7 * 7 }}" in head
    islands = page.eval_on_selector_all('script[type="application/json"]', "all => all.map(one => one.textContent)")
    assert all(json.loads(text) is not None for text in islands)

    page.locator("[data-pick]").select_option(CLAIM)
    prompt = page.locator("[data-prompt]").input_value()
    assert HOSTILE.replace("`", "")[:60] in prompt and f"arm {HOSTILE} minus" in prompt
    page.locator("[data-draft]").fill("Mine: <b>bold</b>")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export all drafts").click()
    download.value.save_as(tmp_path / "drafts.md")
    draft = (tmp_path / "drafts.md").read_text(encoding="utf-8")
    title = next(line for line in draft.splitlines() if line.startswith("## "))
    assert "\\</script>\\<script>" in title and "\\[link\\](javascript:1)" in title
    assert "Mine: <b>bold</b>" in draft  # the reader's own words stay as they are

    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        over = claims.evaluate(
            "n => [...n.querySelectorAll('li, dd, p, h3')].filter(e => e.scrollWidth > e.clientWidth + 1 &&"
            " !e.closest('.scroll')).map(e => e.outerHTML.slice(0, 80))"
        )
        assert over == []
    page.keyboard.press("Control+k")
    page.keyboard.type("evil")
    page.locator("dialog .found a").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.evaluate("window.hacked === undefined")


def test_labels_of_a_study_are_words_in_the_demo(visit: Callable[..., Any], tmp_path: Path) -> None:
    estimate = {"mean": 0.1, "interval": [0.05, 0.15]}
    bins = [{"count": 10, "confidence": 0.9, "accuracy": 0.6}]
    arms = ["hard", "smooth:0.1", f"smooth:{HOSTILE}"]
    report = {
        "format": 1,
        "dataset": {"key": "digits-noisy", "title": HOSTILE, "note": HOSTILE},
        "arms": arms,
        "seeds": [0, 1],
        "metrics": {arm: {"ece": estimate, "accuracy": estimate, HOSTILE: estimate} for arm in arms},
        "comparisons": [
            {"arm": arm, "baseline": "hard", "metric": "ece", **estimate, "note": HOSTILE, "verdict": HOSTILE}
            for arm in arms
        ],
        "reliability": {arm: {"before": {"ece": 0.1, "bins": bins}, HOSTILE: HOSTILE} for arm in arms},
    }
    with running(build(tmp_path / "site", concepts=our_concepts(), studies=[report])) as address:
        page = visit(address + "concept/optimization/label-smoothing/index.html", reduced_motion="reduce").page
        title = page.locator(".calibration .subtitle").first
        assert one_line(HOSTILE) in one_line(title.evaluate("n => n.textContent"))
        for width in (320, 360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(200)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert title.evaluate("n => n.getBoundingClientRect().right <= innerWidth")
        assert page.locator(".demo img, .demo script:not([type='application/json'])").count() == 0
        assert page.evaluate("window.hacked === undefined")
        page.context.close()
