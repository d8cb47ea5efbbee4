"""The ledger says where each claim comes from, and refuses a file that does not, by file, key and remedy."""

import importlib
import re
from pathlib import Path

import pytest

from onewarm.claims.ledger import HERE, Claim, Comparison, LedgerError, StudyClaim, load_ledger
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.load import load_concepts
from onewarm.study.arms.arm import parse_arm
from onewarm.study.data.builtin import BUILT_IN

LEDGER = load_ledger()
SMOOTHING = [
    "decomposition", "logit-form", "gradient", "hessian", "finite-optimum", "loss-floor", "population-optimum",
    "lowers-confidence", "improves-overconfident", "harms-calibrated", "accuracy-depends", "after-temperature",
]  # fmt: skip
DISTILLING = [
    "softened-row", "distillation-gradient", "temperature-limit", "teacher-floor", "one-target", "uniform-teacher",
    "dark-knowledge", "smoothed-teacher", "top-k-bias", "sampled-teacher", "teacher-informs",
    "smoothed-teacher-hot", "smoothed-teacher-cool",
]  # fmt: skip

GOOD = """\
title: T
kind: identity
statement: S
scope: S
witness: onewarm.claims.witnesses.label_smoothing:gradient
predictions: [{measure: m, quantity: q, scope: s}]
sources:
  - {authors: A, title: T, venue: V, year: 2020, url: https://example.org, place: Section 1, read: abstract, summary: S}
"""


def write(root: Path, text: str, name: str = "01-one.yaml") -> Path:
    folder = root / "section" / "concept"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(("concept", "slugs"), [("label-smoothing", SMOOTHING), ("knowledge-distillation", DISTILLING)])
def test_the_claims_of_a_concept_are_there_in_order(concept: str, slugs: list[str]) -> None:
    keys = [f"claim:optimization/{concept}/{slug}" for slug in slugs]
    assert [key for key in LEDGER if f"/{concept}/" in key] == keys
    assert all(key == claim.key for key, claim in LEDGER.items())


def test_every_claim_is_reviewed_on_the_page_of_its_concept() -> None:
    for concept in load_concepts(our_concepts()):
        own = [key for key in LEDGER if key.startswith(concept.key.replace("concept:", "claim:") + "/")]
        assert [key for key in concept.claims if key in own] == own


@pytest.mark.parametrize("claim", LEDGER.values(), ids=lambda c: c.slug)
def test_every_claim_has_sources_with_place_and_reading_and_a_witness(claim: Claim) -> None:
    for source in (*claim.sources, *claim.counter):
        assert source.place and source.summary.endswith((".", "here."))
        assert re.match(r"full text$|abstract$|the authors' README$|reprinted in |cited, not read$", source.read)
        # An abstract was read for its statement: no table value may be printed from it.
        assert not (source.read in ("abstract", "cited, not read") and source.numbers)
    assert claim.witness is not None
    module, _, name = claim.witness.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_a_publication_is_cited_in_one_way() -> None:
    """Hinton, Vinyals and Dean were of 2014 in some entries and of 2015 in others."""
    cited: dict[str, set[tuple[str, str, str, int]]] = {}
    for claim in LEDGER.values():
        for s in (*claim.sources, *claim.counter):
            cited.setdefault(s.url, set()).add((s.authors, s.title, s.venue, s.year))
    assert {url: ways for url, ways in cited.items() if len(ways) > 1} == {}
    assert {year for *_, year in cited["https://arxiv.org/abs/1503.02531"]} == {2015}


@pytest.mark.parametrize("claim", [c for c in LEDGER.values() if c.kind == "study"], ids=lambda c: c.slug)
def test_studies_speak_of_what_can_be_run(claim: Claim) -> None:
    for p in claim.predictions:
        assert isinstance(p, Comparison)
        assert p.dataset in BUILT_IN
        assert all(parse_arm(arm).name == arm for arm in (p.arm, p.baseline) if arm)


@pytest.mark.parametrize("claim", [c for c in LEDGER.values() if c.kind == "study"], ids=lambda c: c.slug)
def test_claims_about_training_are_tested_stopped_and_trained_to_the_end(claim: Claim) -> None:
    """They were tested on models trained for a fixed number of steps, far past the best of hard targets."""
    both = {
        t: [p for p in claim.predictions if isinstance(p, Comparison) and p.training == t] for t in ("stopped", "end")
    }
    assert all(any(p.role == "test" for p in of_training) for of_training in both.values())
    assert [p.model_copy(update={"training": "stopped"}) for p in both["end"]] == both["stopped"]


@pytest.mark.parametrize("claim", LEDGER.values(), ids=lambda c: c.slug)
def test_no_result_of_ours_is_typed_into_a_text(claim: Claim) -> None:
    """A scope said "by 0.069 [0.061, 0.077]", which no run of the witness could keep true."""
    ours = " ".join((claim.title, claim.statement, claim.scope))
    assert not re.search(r"\[[-+−]?[\d.]+, ?[-+−]?[\d.]+\]|by [-+−]?0?\.\d", ours)


def test_the_files_are_plain_and_one_a_claim() -> None:
    files = sorted(HERE.glob("*/*/*.yaml"))
    assert [f.stem.split("-", 1)[1] for f in files] == [claim.slug for claim in LEDGER.values()]


def test_words_for_an_effect() -> None:
    paired = Comparison(dataset="d", metric="ece", arm="smooth:0.1", baseline="hard", expected="positive")
    alone = Comparison(dataset="d", metric="temperature", arm="hard", reference=1.0, expected="positive")
    plain = Comparison(dataset="d", metric="confidence_gap", arm="hard", expected="positive")
    names = ["ECE, smooth:0.1 minus hard", "fitted temperature of hard minus 1", "confidence gap of hard"]
    assert [p.quantity for p in (paired, alone, plain)] == names
    at_the_end = [p.model_copy(update={"training": "end"}) for p in (paired, alone, plain)]
    assert [p.quantity for p in at_the_end] == [f"{name} (trained to the end)" for name in names]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (claim,) = load_ledger(write(tmp_path, GOOD)).values()
    assert claim.key == "claim:section/concept/one" and claim.slug == "one" and claim.counter == ()


WHERE = "section/concept/01-one.yaml"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("place: Section 1, ", "", f"{WHERE}: sources.0.place: missing; add it"),
        ("place: Section", "plaec: x, place: Section", f"{WHERE}: sources.0.plaec: unknown key; did you mean 'place'?"),
        ("title: T\nkind", "zzz: 1\ntitle: T\nkind", f"{WHERE}: zzz: unknown key; remove it"),
        ("statement: S\n", "", f"{WHERE}: statement: missing; add it"),
        ("kind: identity", "kind: theorem", f"{WHERE}: kind: 'theorem'; write identity or study"),
        ("read: abstract", "read: skimmed", f"{WHERE}: sources.0.read: String should match pattern"),
        ("year: 2020", "year: '2020'", f"{WHERE}: sources.0.year: Input should be a valid integer; got '2020'"),
        ("url: https", "url: http", f"{WHERE}: sources.0.url: String should match pattern"),
        ("title: T\nkind", "title: T\ntitle: U\nkind", "duplicate key 'title'"),
        ("statement: S", "statement: [S", f"{WHERE}: not readable as YAML: "),
        ("scope: S\n", "key: claim:x\nscope: S\n", f"{WHERE}: key: 'claim:x', but its path gives 'claim:section/"),
        ("measure: m, ", "", f"{WHERE}: predictions.0.measure: missing; add it"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_with_key_and_remedy(tmp_path: Path, old: str, new: str, error: str) -> None:
    assert old in GOOD
    with pytest.raises(LedgerError) as caught:
        load_ledger(write(tmp_path, GOOD.replace(old, new, 1)))
    assert error in str(caught.value)


def test_an_unknown_metric_lists_the_known(tmp_path: Path) -> None:
    text = GOOD.replace("identity", "study", 1).replace(
        "{measure: m, quantity: q, scope: s}", "{dataset: d, metric: eec, arm: hard, expected: none}"
    )
    with pytest.raises(LedgerError, match=r"predictions.0.metric: .*unknown metric 'eec'; use one of accuracy, "):
        load_ledger(write(tmp_path, text))


def test_files_that_are_not_claims(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no claim here; expected files like"):
        load_ledger(tmp_path)
    with pytest.raises(LedgerError, match="expected keys such as title and statement, got list"):
        load_ledger(write(tmp_path / "a", "[1, 2]"))
    with pytest.raises(LedgerError, match=r"the file name must be NN-<slug>.yaml"):
        load_ledger(write(tmp_path / "b", GOOD, "gradient.yaml"))


def test_two_claims_may_not_share_an_evidence_file(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(
        LedgerError, match=r"02-one.yaml: key: the slug 'one' is also that of .*01-one.yaml; .*rename one"
    ):
        load_ledger(write(tmp_path, GOOD, "02-one.yaml"))


def test_study_predictions_are_typed() -> None:
    assert all(isinstance(c, StudyClaim) == (c.kind == "study") for c in LEDGER.values())
