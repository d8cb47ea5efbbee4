"""Any concept's demo as a widget; every value of the demo's model is a trait that Python and the page can set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from onewarm.notebook.concept.demo_bundle import bundle_demo
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.yaml import nearest, read_yaml
from onewarm.widgets.values import between, integer, one_of, to_json

__all__ = ["DemoWidget"]


class _Trait(traitlets.TraitType[Any, Any]):
    """A value that is synchronised with the page; the widget's `check` validates it."""

    def validate(self, obj: Any, value: Any) -> Any:
        return obj.check(self.name, to_json(self.name or "", value))


class DemoWidget(anywidget.AnyWidget):
    """The demo of a concept, as on its page, with every value of its model as a trait.

    Moving something in the demo sets the trait in Python, and setting the trait moves the demo; `observe` reports
    both. `state` is what the demo reports: its complete state, whether the user or Python changed it last, and what it
    computed; set it to any part of a state. `address` is the query string that opens the concept's page in the same
    state.

    Args:
        concept: key of a concept that comes with onewarm, such as "optimization/label-smoothing", with or without
            "concept:" in front; or a concept folder of your own, with concept.yaml and demo.js.
        values: start values, by the names in `demo.model` of concept.yaml: numbers, texts, lists or arrays.

    Raises:
        LookupError: there is no such concept, or it has no demo.
        TypeError, ValueError: names a value that the demo does not have or cannot show.
        ConceptError: demo.js cannot be bundled (file, line, remedy).

    Example:
        >>> lab = DemoWidget("optimization/label-smoothing", alpha=0.2)
        >>> lab.alpha, lab.label
        (0.2, 0)
        >>> lab.label = 2
        >>> lab.label = "cat"
        Traceback (most recent call last):
        TypeError: label is 'cat': this demo takes a number there

    Source: the contract is in onewarm/notebook/demos/README.md; https://anywidget.dev
    """

    state = traitlets.Dict().tag(sync=True)
    address = traitlets.Unicode("").tag(sync=True)
    concept: str | Path | None = None
    file = "demo.js"
    starts: Mapping[str, Any] | None = None  # instead of demo.model of concept.yaml
    # Limits of some values, as demo.js has them. A flag stands nowhere at first, so that None is one too.
    _ranges: Mapping[str, tuple[float, float]] = {}  # read only, as the next two
    _wholes: Mapping[str, tuple[int, int]] = {}
    _texts: Mapping[str, Sequence[str]] = {}

    def __init__(self, concept: str | Path | None = None, **values: Any) -> None:
        concept = type(self).concept if concept is None else concept
        if concept is None:
            raise TypeError('DemoWidget needs a concept: a key such as "optimization/label-smoothing", or a folder')
        folder = _folder(concept)
        if not (folder / self.file).is_file():
            raise LookupError(f"{folder} has no {self.file}: this concept has no demo yet")
        read = _read_ours if folder in our_concepts() else _read
        module, model = read(folder, self.file)
        model = model if self.starts is None else dict(self.starts)
        self._starts: dict[str, Any] = {name: value for name, value in model.items() if name not in _OWN}
        for name in values:
            if name not in (*self._starts, "state", "address"):
                raise TypeError(f"this demo has no value {name!r}. {nearest(name, self._starts)}")
        start = {name: to_json(name, value) for name, value in {**self._starts, **values}.items()}
        traits = {name: _Trait(self.check(name, start.pop(name))).tag(sync=True) for name in self._starts}
        self.add_traits(_esm=traitlets.Unicode(module).tag(sync=True), **traits)
        super().__init__(**start)

    def check(self, name: str, value: Any) -> Any:
        """The value of a trait, validated; subclasses add checks.

        Raises:
            TypeError, ValueError: names the trait and the value.
        """
        expected, given = _kind(self._starts.get(name)), _kind(value)
        if expected not in (given, "nothing") and not (given == "nothing" and expected in ("list", "mapping")):
            raise TypeError(f"{name} is {value!r}: this demo takes a {expected} there")
        if name in self._ranges:
            return value if value is None and name == "flag" else between(name, value, *self._ranges[name])
        if name in self._wholes:
            return integer(name, value, *self._wholes[name])
        return one_of(name, value, self._texts[name]) if name in self._texts else value

    @traitlets.validate("state")
    def _state(self, proposal: Mapping[str, Any]) -> Any:
        return to_json("state", proposal["value"])


_OWN = ("state", "address")
_KINDS = ((bool, "truth value"), (int | float, "number"), (str, "text"), (list, "list"), (dict, "mapping"))


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "nothing")


def _read(folder: Path, file: str) -> tuple[str, dict[str, Any]]:
    """The demo as one module, and its model's start values."""
    document = read_yaml(folder / "concept.yaml").value
    return bundle_demo(folder / file), document.get("demo", {}).get("model", {})


_read_ours = cache(_read)  # a user's files may change between two widgets, ours do not


def _folder(concept: str | Path) -> Path:
    """The folder of the concept with this key, or the folder that is given."""
    path = Path(concept)
    if (path / "concept.yaml").is_file():
        return path
    key = str(concept).removeprefix("concept:")
    ours = {f"{folder.parent.name}/{folder.name}": folder for folder in our_concepts()}
    if isinstance(concept, Path) or key not in ours:
        raise LookupError(
            f"{str(concept)!r} is neither a concept of onewarm nor a concept folder. {nearest(key, ours)}"
        )
    return ours[key]
