"""A small concept to build, the site of our own concepts, and a browser page that notices everything."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from onewarm.claims.evidence import Evidence, Finding, Ran, write_evidence
from onewarm.claims.ledger import load_ledger
from onewarm.notebook.page.demo_data import CALIBRATION_SETS
from onewarm.notebook.site.build import build
from onewarm.notebook.site.server import running

RESEARCH = ("concept", "equation", "source", "code", "claim", "misconception", "demo-state")
DEMO = """
export default { render({ model, el }) {
  const out = document.createElement("output");
  const input = document.createElement("input");
  input.type = "range"; input.min = "0"; input.max = "9"; input.setAttribute("aria-label", "heat");
  out.dataset.object = "side";
  let shown = model.get("shown");
  const draw = () => {
    const { highlight, ...state } = model.get("state") ?? {};
    shown = state.shown ?? shown;
    out.textContent = "shown " + shown; input.value = shown; out.dataset.light = highlight ?? "";
  };
  input.oninput = () => {
    model.set("state", { ...model.get("state"), shown: input.valueAsNumber });
    model.set("address", "shown=" + input.value);
  };
  model.on("change:state", draw);
  const asked = new URLSearchParams(model.get("address")).get("shown");
  if (asked) model.set("state", { shown: Number(asked) });
  el.append(out, input); draw();
} };
"""
STAGE_DEMO = """
import { range } from "onewarm/controls.js";
import { element, setAttributes, setText } from "onewarm/dom.js";
import { number, optional } from "onewarm/fields.js";
import { widget } from "onewarm/widget.js";

function build(ctx) {
  const change = (shown) => ctx.change({ shown });
  const heat = range({ id: `${ctx.uid}-heat`, label: ["heat"], min: 0, max: 9, step: 1, change });
  const side = element("button", { type: "button", class: "side", "data-object": "side" });
  const flag = element("button", { type: "button", class: "flag" });
  side.addEventListener("click", () => ctx.change({ shown: 9 }));
  flag.addEventListener("click", () => ctx.change({ flag: (ctx.state.flag ?? 0) + 1 }));
  const draw = (view) => {
    heat.draw(view.shown);
    setText(side, "shown " + view.shown);
    setText(flag, "flag " + view.flag);
    setAttributes(side, { "data-light": String(view.highlight) });
  };
  return { panes: [{ node: side, draw }], nodes: [heat.node, side, flag] };
}

export default widget({
  name: "coin", label: "A coin", fields: { shown: number(0, 0, 9), flag: optional(number(0, 0, 9)) },
  traits: ["shown", "flag"], highlights: ["side", "rim"], derive: (state) => state, build,
});
"""


def coin() -> dict[str, Any]:
    """concept.yaml of a small concept, as a value to change."""
    asked = {"evidence": ["An inspected thing."], "resolves": ["A settled thing."], "next_action": "Toss it."}
    nudges = ["First nudge.", "Second nudge.", "Third nudge."]
    return {
        "key": "concept:basics/coin",
        "title": "Coin",
        "section": "Basics",
        "summary": "A coin has *two* sides.",
        "structure": [{"name": "intuition", "title": "Two sides", "text": "Heads or tails."}],
        "edges": {
            "next": [
                {
                    "key": "concept:basics/dice",
                    "title": "Dice",
                    "reason": "More sides.",
                    "planned": True,
                    "more": "Carry this.",
                }
            ]
        },
        "equations": [{"name": "sum", "title": "Sum", "summary": "They add up."}],
        "code": {"name": "witness", "title": "Toss", "text": "A toss.", "output": "1"},
        "demo": {
            "notes": "A coin would turn here.",
            "model": {"shown": 0},
            "highlights": ["side", "rim"],
            "states": [
                {"name": "seven", "title": "Seven", "text": "At seven.", "state": {"shown": 7}},
                {"name": "zero", "title": "Zero", "text": "At zero.", "state": {"shown": 0}},
            ],
        },
        "lesson": lesson(),
        "misconceptions": [{"name": "memory", "wrong": "It remembers.", "correction": "No: `1`.", "check": "print(1)"}],
        "true_statements": [{"name": "sides", "right": "It has two sides.", "why": "Yes: `2`.", "check": "print(2)"}],
        "practice": [
            {
                "name": "half",
                "level": "concrete",
                "question": "The chance of $h$?",
                "answer": "One half.",
                "number": {"value": 0.5, "tolerance": 0.01, "expression": "0.5"},
                "nudges": nudges,
                "rubric": ["A half.", "Not a third."],
            },
            {
                "name": "why",
                "level": "why",
                "question": "Why so?",
                "answer": "By symmetry.",
                "nudges": nudges,
                "rubric": ["a", "b"],
            },
            {
                "name": "dice",
                "level": "neighbour",
                "question": "And dice?",
                "answer": "Six.",
                "nudges": nudges,
                "rubric": ["a", "b"],
            },
        ],
        "research": [{"kind": kind, "question": f"What of the {kind}?", **asked} for kind in RESEARCH],
    }


def lesson() -> dict[str, Any]:
    """A lesson on the small concept, with a question of every kind."""
    heads = {"name": "heads", "text": "Heads.", "feedback": "Told heads.", "ending": "Ending heads."}
    tails = {"name": "tails", "text": "Tails.", "feedback": "Told tails.", "ending": "Ending tails."}
    low = {"name": "low", "text": "Low.", "between": [0, 5], "feedback": "Told low."}
    high = {"name": "high", "text": "High.", "between": [5, 10], "feedback": "Told high."}
    none = {"name": "none", "text": "Nowhere.", "feedback": "Told none."}
    side = {"name": "side", "text": "The side.", "feedback": "Told side.", "highlight": "side"}
    rim = {"name": "rim", "text": "The rim.", "feedback": "Told rim.", "highlight": "rim"}
    shown = {"state": "seven", "highlight": "side", "gives_away": ["shown 7"]}

    def ask(kind: str, answers: list[dict[str, Any]], correct: str, **more: Any) -> dict[str, Any]:
        return {"kind": kind, "question": f"What of {kind}?", "answers": answers, "correct": correct,
                "reveal": f"Revealed {kind}.", **shown, **more}  # fmt: skip

    def step(name: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "text": f"Text of {name}.", "state": "zero", **more}

    return {
        "minutes": 10,
        "able": ["toss a coin", "call it"],
        "chapters": [
            {"name": "predict", "title": "Predict", "panel": "storyboard",
             "steps": [step("first", highlight="side", ask=ask("choose", [heads, tails], "heads")), step("second")]},
            {"name": "sides", "title": "Sides", "panel": "intuition",
             "steps": [step("flagged", ask=ask("flag", [low, high, none], "none", low=0, high=9, step=1, start=2))]},
            {"name": "turn", "title": "Turn",
             "steps": [step("numbered", ask=ask("number", [low, high, none], "high"))]},
            {"name": "look", "title": "Look", "panel": "inquiry",
             "steps": [step("pointed", ask=ask("point", [side, rim], "side"))]},
            {"name": "yours", "title": "Yours", "panel": "demo", "steps": [step("play", state="seven")]},
        ],
    }  # fmt: skip


PAGE = "## Math\n\nTwo chances:\n\n$$ h + t = 1 $$ (sum)\n\nBy (sum), so it is.\n"


class _NoAliases(yaml.SafeDumper):
    """Writes equal values out each time, as the schema asks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@dataclass
class Folder:
    """What a concept folder is to hold."""

    yaml: dict[str, Any] = field(default_factory=coin)
    page: str = PAGE
    code: str = "print(1)\n"
    demo: str | None = DEMO

    def write(self, path: Path) -> Path:
        path.mkdir(parents=True, exist_ok=True)
        text = yaml.dump(self.yaml, Dumper=_NoAliases, allow_unicode=True)
        (path / "concept.yaml").write_text(text, encoding="utf-8")
        (path / "page.md").write_text(self.page, encoding="utf-8")
        (path / "witness.py").write_text(self.code, encoding="utf-8")
        if self.demo is not None:
            (path / "demo.js").write_text(self.demo, encoding="utf-8")
        return path


@pytest.fixture
def folder() -> Folder:
    return Folder()


@pytest.fixture
def lesson_folder() -> Folder:
    """The small concept, with a demo of the kit."""
    return with_lesson()


@pytest.fixture(scope="session")
def lesson_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page of the small concept, with a demo of the kit."""
    place = tmp_path_factory.mktemp("lesson")
    with running(build(place / "site", concepts=[with_lesson().write(place / "coin")])) as address:
        yield address + "concept/basics/coin/index.html"


def with_lesson() -> Folder:
    """The small concept, with a demo of the kit."""
    folder = Folder(demo=STAGE_DEMO)
    folder.yaml["demo"]["model"] = {"shown": 0, "flag": None}
    return folder


def evidence(key: str, effect: float) -> Evidence:
    """What the witness of the claim would say, had every effect come out as this."""
    claim = load_ledger()[key]
    study = claim.kind == "study"
    findings = [
        Finding(
            scope=p.scope,
            quantity=p.quantity,
            effect=effect,
            interval=(effect - 0.01, effect + 0.01) if study else None,
            level=0.95 if study else None,
            expected=p.expected,
            role=getattr(p, "role", "test"),
            unit=p.unit,
        )
        for p in claim.predictions
    ]
    ran = Ran(date="2026-01-02T03:04:05Z", seconds=1.5, versions={"b": "2", "a<": "1"}, command="onewarm claims verify")
    return Evidence(
        claim=key,
        kind=claim.kind,
        predicted=claim.predicted,
        ran=ran,
        seeds=tuple(range(20)) if study else None,
        tolerance=None if study else 1e-10,
        findings=tuple(findings),
    )


def report(key: str) -> dict[str, Any]:
    """A study report as small as the demo of calibration draws one."""
    estimate = {"mean": 0.1, "interval": [0.05, 0.15]}
    bins = [{"count": i, "confidence": (i + 0.5) / 15, "accuracy": i / 15} for i in range(1, 15)]
    arms = ["hard", "smooth:0.05", "smooth:0.1", "smooth:0.2"]
    metrics = ("ece", "ece_after", "accuracy", "mean_confidence", "nll", "temperature")
    return {
        "format": 1,
        "dataset": {"key": key, "title": f"Data of {key}"},
        "arms": arms,
        "seeds": list(range(20)),
        "metrics": {arm: dict.fromkeys(metrics, estimate) for arm in arms},
        "comparisons": [{"arm": arm, "baseline": "hard", "metric": "ece", **estimate} for arm in arms[1:]],
        "reliability": {arm: {"before": {"bins": bins}, "after": {"bins": bins}, "temperature": 1.5} for arm in arms},
    }


@pytest.fixture
def make_evidence() -> Callable[[str, float], Evidence]:
    return evidence


@pytest.fixture(scope="session")
def our_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own concepts' site, with evidence for every claim and studies for the demo; to be read only."""
    place = tmp_path_factory.mktemp("ours")
    for key in load_ledger():
        write_evidence(place, evidence(key, 1e-16))
    studies = [report(key) for key in CALIBRATION_SETS.values()]
    return build(place / "site", evidence_home=place, studies=studies)


@pytest.fixture(scope="session")
def our_site(our_folder: Path) -> Iterator[str]:
    """Address of our own concepts' site."""
    with running(our_folder) as address:
        yield address


@pytest.fixture(scope="session")
def coin_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page of the small concept."""
    place = tmp_path_factory.mktemp("coin")
    with running(build(place / "site", concepts=[Folder().write(place / "coin")])) as address:
        yield address + "concept/basics/coin/index.html"


@pytest.fixture
def open_all() -> Callable[[Any], None]:
    """Opens everything on a page that can be opened."""
    return lambda page: page.evaluate("""() => {
      for (const d of document.querySelectorAll("details")) { d.hidden = false; d.open = true; }
      for (const card of document.querySelectorAll("[data-card]")) card.hidden = false;
    }""")


@dataclass
class Visit:
    """A page in the browser, and what must not happen on it."""

    page: Any
    foreign: list[str]
    messages: list[str]


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Visit]]:
    """Open a page in a fresh profile; afterwards nothing may have left the origin or written to the console."""
    contexts, visits = [], []

    def go(address: str, **options: Any) -> Visit:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        seen = Visit(page, [], [])
        visits.append(seen)
        origin = "/".join(address.split("/", 3)[:3]) + "/"
        page.on("request", lambda r: None if r.url.startswith((origin, "data:")) else seen.foreign.append(r.url))
        page.on("console", lambda m: seen.messages.append(m.text))
        page.on("pageerror", lambda e: seen.messages.append(str(e)))
        page.on("response", lambda r: seen.messages.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(address)
        if options.get("java_script_enabled", True) and "/concept/" in address:
            page.wait_for_selector("body.live")
        return seen

    yield go
    for context in contexts:
        context.close()
    for seen in visits:
        assert seen.foreign == []
        assert seen.messages == []
