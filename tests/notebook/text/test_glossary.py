"""Terms are marked at their first use, wherever a link may stand, and a glossary's faults are named."""

from pathlib import Path

import pytest

from onewarm.notebook.concept.yaml import ConceptError
from onewarm.notebook.text.glossary import GLOSSARY_NAME, Term, load_glossary, mark_terms, read_glossary

NATS = Term("nats", "nats", "A unit.", ("nats", "nat"))
ECE = Term("ece", "ECE", "An error.", ("ECE", "expected calibration error"))
ERROR = Term("error", "error", "Wrong.", ("error",))
LONG = "expected\ncalibration error"
TERMS = (ECE, ERROR, NATS)


def link(name: str, text: str) -> str:
    return f'<dfn><a class="term" href="#term-{name}">{text}</a></dfn>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>One nat, two nats</p>", f"<p>One {link('nats', 'nat')}, two nats</p>"),
        ("<p>Nats</p>", f"<p>{link('nats', 'Nats')}</p>"),
        ("<p>natstat, nats-like, x_nats</p>", "<p>natstat, nats-like, x_nats</p>"),
        ("<p>the ece and ECE</p>", f"<p>the ece and {link('ece', 'ECE')}</p>"),  # in capitals only
        (f"<p>{LONG}</p>", "<p>" + link("ece", LONG) + "</p>"),  # the longest
        ("<p>1 &lt; 2 nats &amp; x</p>", f"<p>1 &lt; 2 {link('nats', 'nats')} &amp; x</p>"),
        ("<p><code>nats</code> <math>nats</math> <svg>nats</svg></p><nav>nats</nav>",) * 2,
        (
            "<button>nats</button><p>nats</p>",
            f'<button><dfn data-term="nats">nats</dfn></button><p>{link("nats", "nats")}</p>',
        ),
        ("<p>nats</p><button>nats</button>", f"<p>{link('nats', 'nats')}</p><button>nats</button>"),
        ("<dl data-no-terms>nats</dl><p>nats</p>", f"<dl data-no-terms>nats</dl><p>{link('nats', 'nats')}</p>"),
        ("<p>a<br>nats<img src=x></p>", f"<p>a<br>{link('nats', 'nats')}<img src=x></p>"),
        ("<!-- nats --><p>x</p>",) * 2,
    ],
)  # fmt: skip
def test_the_first_use_is_marked(before: str, after: str) -> None:
    marked, used = mark_terms(f"<body>nats<main>{before}</main>nats</body>", TERMS)
    assert marked == f"<body>nats<main>{after}</main>nats</body>"
    assert [term.name in after for term in used] == [True] * len(used)


def test_every_term_of_ours_has_a_definition_that_does_not_lean_on_itself() -> None:
    terms = load_glossary()
    assert len(terms) >= 30
    for term in terms:
        assert term.text.endswith(".") and len(term.text.split()) <= 45, term.name
        assert not term.text.lower().startswith(term.term.lower()), term.name


def test_a_glossary_beside_ones_own_concepts_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "basics" / "coin"
    folder.mkdir(parents=True)
    (tmp_path / GLOSSARY_NAME).write_text(
        "terms:\n  - {name: ece, term: ECE, text: Ours.}\n  - {name: side, term: side, text: One of two.}\n"
    )
    terms = {term.name: term for term in load_glossary([folder])}
    assert terms["ece"].text == "Ours." and terms["side"].forms == ("side",)
    assert len(terms) == len(load_glossary()) + 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x: 1\n", "1: terms: expected a list. Write `terms:` and a list of terms."),
        ("terms:\n  - a\n", "2: terms[0]: expected a mapping. Write name, term and text."),
        ("terms:\n  - {name: a, term: b}\n", "2: terms[0].text: expected text. Write `text:` and a text."),
        (
            "terms:\n  - {name: A b, term: b, text: c}\n",
            "2: terms[0].name: 'A b' is not a name. Use lower",
        ),
        ("terms:\n  - {name: a, term: b, text: c, forms: b}\n", "2: terms[0].forms: expected a list of texts. "),
        ("terms:\n  - {name: a, term: b, text: c, see: d}\n", "2: terms[0].see: 'd' is not a concept's key. "),
        ("terms:\n  - {name: a, term: b, text: c, sea: d}\n", "2: terms[0].sea: unknown key. There are: forms, name"),
        (
            "terms:\n  - {name: a, term: b, text: c}\n  - {name: a, term: d, text: e}\n",
            "3: terms[1].name: duplicate name 'a'. Keep or rename one.",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / GLOSSARY_NAME
    file.write_text(text)
    with pytest.raises(ConceptError) as caught:
        read_glossary(file)
    assert str(caught.value).startswith(f"{file}:{fault}")
