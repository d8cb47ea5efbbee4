"""The ledger: one YAML file for each claim, ledger/<section>/<concept>/NN-<slug>.yaml, read into typed claims.

NN only orders the files. A new file is a new claim; its key follows from its path.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from onewarm.claims.quick_yaml import QuickLoader
from onewarm.claims.statement_numbers import undeclared_numbers
from onewarm.errors import InputError, needs

with needs("onewarm.claims", "notebook"):
    import yaml
    from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator


HERE = Path(__file__).parent / "ledger"

# The metrics of a study report that a prediction may name: name on a page, and unit.
METRICS: Mapping[str, tuple[str, str]] = {
    "accuracy": ("accuracy", "fraction"),
    "mean_confidence": ("mean confidence", "fraction"),
    "confidence_gap": ("confidence gap", "fraction"),
    "ece": ("ECE", "fraction"),
    "ece_after": ("ECE after temperature", "fraction"),
    "nll": ("NLL", "nats"),
    "nll_after": ("NLL after temperature", "nats"),
    "brier": ("Brier score", ""),
    "temperature": ("fitted temperature", ""),
}


Training = Literal["stopped", "end"]
TRAININGS: Mapping[Training, str] = {"stopped": "stopped", "end": "trained to the end"}
"""What a claim about training is tested on, and its name in a sentence."""


class LedgerError(InputError):
    """A claim file that cannot be used: the message names the file, the key, and the remedy."""


class Record(BaseModel):
    """A frozen record that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(Record):
    """One publication, the place in it that supports or opposes the claim, and how that place was read.

    `read` is "full text", "abstract", "the authors' README", "reprinted in <title, place>", or "cited, not read" for
    a classic whose content is common knowledge: then the claim rests on its witness alone. `summary` is a paraphrase,
    never a quotation.
    """

    authors: str = Field(min_length=1)
    title: str = Field(min_length=1)
    venue: str = Field(min_length=1)
    year: int = Field(ge=1900)
    url: str = Field(pattern=r"^https://\S+$")
    place: str = Field(min_length=1)
    read: str = Field(pattern=r"^(full text|abstract|the authors' README|reprinted in \S.*|cited, not read)$")
    summary: str = Field(min_length=1)
    numbers: str = ""


class Measure(Record):
    """The expected result of an identity's witness: `measure` is the name under which it returns the number."""

    measure: str
    quantity: str
    scope: str
    expected: Literal["zero", "positive"] = "zero"
    unit: str = ""


class Comparison(Record):
    """The expected result of a study for one metric of one arm on one data set.

    With a `baseline` the effect is the paired difference arm minus baseline; without one it is the arm's own
    value minus `reference`. `training` says of which models: "stopped" where their validation NLL was lowest, or
    trained to the "end". Roles: "premise" (a condition of the tests of the same training), "test", "context" (only
    reported). `margin` is for "not negative": an effect above minus the margin counts as not negative.
    """

    dataset: str
    metric: str
    arm: str
    baseline: str | None = None
    reference: float = 0.0
    expected: Literal["negative", "positive", "not negative", "none"]
    training: Training = "stopped"
    role: Literal["premise", "test", "context"] = "test"
    margin: float = Field(default=0.0, ge=0.0)

    @field_validator("metric")
    @classmethod
    def _known(cls, metric: str) -> str:
        if metric not in METRICS:
            raise InputError(f"unknown metric {metric!r}; use one of {', '.join(METRICS)}")
        return metric

    @property
    def scope(self) -> str:
        """The data set."""
        return self.dataset

    @property
    def quantity(self) -> str:
        """The effect in words, such as "ECE, smooth:0.1 minus hard (trained to the end)"."""
        name = METRICS[self.metric][0]
        if self.baseline is not None:
            words = f"{name}, {self.arm} minus {self.baseline}"
        else:
            words = f"{name} of {self.arm}" + (f" minus {self.reference:g}" if self.reference else "")
        return words if self.training == "stopped" else f"{words} ({TRAININGS[self.training]})"

    @property
    def unit(self) -> str:
        """The unit of the effect."""
        return METRICS[self.metric][1]


Prediction = Measure | Comparison


class Claim(Record):
    """A statement that evidence can support or refute, with its scope, sources, counter-evidence and witness.

    `witness` names the function that computes the evidence, "module:function"; None where there is none yet.
    `rule` is how a study's tests combine. "all": every test must show what is expected. "differs": the claim is that
    the sign of the effect depends on the data, as its predictions say. `tolerance` is the largest difference that an
    identity allows. `numbers` has the results that the statement names, each as it is typed there, with the expression
    that gives it: Python over `ow`, `np` and what the witness measured.
    """

    key: str
    title: str = Field(min_length=1)
    kind: Literal["identity", "study"]
    statement: str = Field(min_length=1)
    formula: str = ""
    scope: str = Field(min_length=1)
    rule: Literal["all", "differs"] = "all"
    sources: tuple[Source, ...] = Field(min_length=1)
    counter: tuple[Source, ...] = ()
    witness: str | None = None
    predictions: tuple[Prediction, ...] = ()
    tolerance: float = Field(default=1e-10, gt=0)
    numbers: dict[str, str] = Field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The last part of the key: the name on the command line and of the evidence file."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def predicted(self) -> str:
        """SHA-256 of all that evidence is judged by: witness, predictions, rule and tolerance. Evidence carries it."""
        judged_by = self.model_dump(include={"kind", "witness", "predictions", "rule", "tolerance"})
        return hashlib.sha256(json.dumps(judged_by, sort_keys=True).encode()).hexdigest()


class IdentityClaim(Claim):
    """A claim that two computations agree in every case."""

    kind: Literal["identity"]
    predictions: tuple[Measure, ...] = Field(min_length=1)


class StudyClaim(Claim):
    """A claim about the effect of training, tested on paired seeds."""

    kind: Literal["study"]
    predictions: tuple[Comparison, ...] = Field(min_length=1)


def load_ledger(root: Path | None = None) -> dict[str, Claim]:
    """Read every claim below `root` (default: the ledger that comes with onewarm), by key, in the order of the files.

    Raises LedgerError, naming file, key and remedy, for a file that is not a claim, and where there is none.

    >>> load_ledger()["claim:optimization/label-smoothing/gradient"].title
    'The gradient is probability minus target'
    """
    root = HERE if root is None else root
    claims: dict[str, Claim] = {}
    slugs: dict[str, str] = {}
    for path in sorted(root.glob("*/*/*.yaml")):
        where = path.relative_to(root).as_posix()
        claim = _read(path, where)
        if claim.slug in slugs:
            raise LedgerError(
                f"{where}: key: the slug {claim.slug!r} is also that of {slugs[claim.slug]}; "
                "evidence files are named by it, so rename one"
            )
        slugs[claim.slug] = where
        claims[claim.key] = claim
    if not claims:
        raise LedgerError(f"{root}: no claim here; expected files like <section>/<concept>/01-<slug>.yaml")
    return claims


def _read(path: Path, where: str) -> Claim:
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_NoDuplicates)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LedgerError(f"{where}: not readable as YAML: {error}; correct that line") from None
    if not isinstance(raw, dict):
        raise LedgerError(f"{where}: expected keys such as title and statement, got {type(raw).__name__}")
    section, concept, name = path.parts[-3:]
    number, _, slug = name.removesuffix(".yaml").partition("-")
    if not (number.isdigit() and slug):
        raise LedgerError(f"{where}: the file name must be NN-<slug>.yaml, such as 03-gradient.yaml")
    kinds: dict[object, type[Claim]] = {"identity": IdentityClaim, "study": StudyClaim}
    model = kinds.get(raw.get("kind"))
    if model is None:
        raise LedgerError(f"{where}: kind: {raw.get('kind')!r}; write identity or study")
    expected = f"claim:{section}/{concept}/{slug}"
    if raw.get("key", expected) != expected:
        raise LedgerError(f"{where}: key: {raw['key']!r}, but its path gives {expected!r}; leave key out")
    try:
        claim = model.model_validate({**_tuples(raw), "key": expected})
    except ValidationError as error:
        raise LedgerError("\n".join(_explain(where, error, model))) from None
    if faults := [f"{where}: {fault}" for fault in undeclared_numbers(claim)]:
        raise LedgerError("\n".join(faults))
    return claim


def _tuples(value: Any) -> Any:
    """YAML's lists as tuples, which strict records ask for."""
    if isinstance(value, dict):
        return {k: _tuples(v) for k, v in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(v) for v in value)
    return value


def _explain(where: str, error: ValidationError, model: type[Claim]) -> Iterator[str]:
    names = {
        "sources": list(Source.model_fields),
        "counter": list(Source.model_fields),
        "predictions": [*Measure.model_fields, *Comparison.model_fields],
    }
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        last = str(item["loc"][-1]) if item["loc"] else ""
        if item["type"] == "missing":
            yield f"{where}: {key}: missing; add it"
        elif item["type"] == "extra_forbidden":
            known = (
                names.get(str(item["loc"][0]), list(model.model_fields))
                if len(item["loc"]) > 1
                else list(model.model_fields)
            )
            near = difflib.get_close_matches(last, known, n=1)
            yield f"{where}: {key}: unknown key; " + (f"did you mean {near[0]!r}?" if near else "remove it")
        else:
            yield f"{where}: {key}: {item['msg']}; got {item['input']!r}"


class _NoDuplicates(QuickLoader):
    """Refuses duplicate keys, of which PyYAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)
