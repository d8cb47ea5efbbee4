"""The picture of a demo's first state as static SVG, for paper and for readers without JavaScript.

values.py describes it by the dictionary `picture`, in one of three kinds:

    {"kind": "bars", "rows": [("cat", 0.845, 1.0), ...], "bar": "probability p", "tick": "target t"}
    {"kind": "curve", "x": [...], "y": [...], "across": "logit of cat", "up": "loss, nats"}
    {"kind": "reliability", "confidence": [...], "accuracy": [...], "share": [...]}

A row's tick may be None. The bins of a reliability diagram need not fill the range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from onewarm.errors import InputError
from onewarm.notebook.text.numbers import number_text
from onewarm.report.axes import Scale, padded, tick_words

__all__ = ["still"]

_WIDTH = 600
_LEFT, _RIGHT = 56, 584


def still(picture: Mapping[str, Any]) -> Markup:
    """The picture as a figure, with its numbers in words as the name of the image.

    Raises:
        InputError: the picture is of no such kind, lacks a part, or has lists of different lengths.
    """
    kinds = {"bars": _bars, "curve": _curve, "reliability": _reliability}
    kind = picture.get("kind")
    if kind not in kinds:
        raise InputError(f"picture of kind {kind!r} in values.py: write one of {', '.join(kinds)}")
    try:
        return kinds[kind](picture)
    except KeyError as error:
        raise InputError(f"picture of kind {kind!r} in values.py has no {error}") from None


def _svg(height: float, words: str, shapes: Sequence[str], caption: str) -> Markup:
    return Markup(
        '<figure class="still"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
        "<figcaption>{}</figcaption></figure>"
    ).format(_WIDTH, round(height), words, Markup("".join(shapes)), caption)


def _text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    return str(
        Markup('<text x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(
            x, y, anchor, Markup(' class="{}"').format(kind) if kind else "", words
        )
    )


def _bars(picture: Mapping[str, Any]) -> Markup:
    rows, bar, tick = picture["rows"], picture["bar"], picture.get("tick", "")
    longest = max((len(str(name)) for name, *_ in rows), default=0)
    left = min(220, 16 + 9 * longest)
    x, shapes, said = Scale(0.0, 1.0, left, 520), [], []
    for i, (name, value, mark) in enumerate(rows):
        top = 8 + 34 * i
        shapes += [
            _text(left - 10, top + 19, str(name), "end"),
            f'<rect class="lane" x="{left}" y="{top}" width="{520 - left}" height="26"/>',
            f'<rect class="bar" x="{left}" y="{top + 5}" width="{x(value) - left:.2f}" height="16"/>',
            _text(532, top + 19, number_text(value, 3)),
        ]
        words = f"{name}: {bar} {number_text(value, 3)}"
        if mark is not None:
            shapes.append(f'<rect class="tick" x="{x(mark) - 1.5:.2f}" y="{top}" width="3" height="26"/>')
            words += f", {tick} {number_text(mark, 3)}"
        said.append(words)
    caption = f"Bars: {bar}; lines: {tick}." if tick else f"Bars: {bar}."
    return _svg(12 + 34 * len(rows), "; ".join(said), shapes, caption)


def _curve(picture: Mapping[str, Any]) -> Markup:
    xs, ys = [float(v) for v in picture["x"]], [float(v) for v in picture["y"]]
    if len(xs) != len(ys) or len(xs) < 2:
        raise InputError(f"picture of kind 'curve' in values.py has {len(xs)} values of x and {len(ys)} of y")
    x, y = Scale(min(xs), max(xs), _LEFT, _RIGHT), Scale(*padded(ys), 250, 24)
    shapes = [*_levels(y), *_below(x, 250)]
    path = "L".join(f"{x(a)} {y(b)}" for a, b in zip(xs, ys, strict=True))
    shapes += [
        f'<path class="line" d="M{path}"/>',
        _text(_RIGHT, 290, str(picture["across"]), "end"),
        _text(4, 14, str(picture["up"])),
    ]
    ends = ((xs[0], ys[0]), (xs[len(xs) // 2], ys[len(ys) // 2]), (xs[-1], ys[-1]))
    said = "; ".join(f"{number_text(b, 3)} at {number_text(a, 2)}" for a, b in ends)
    words = f"{picture['up']} over {picture['across']}: {said}"
    return _svg(296, words, shapes, f"{picture['up']} over {picture['across']}.")


def _reliability(picture: Mapping[str, Any]) -> Markup:
    bins = list(zip(picture["confidence"], picture["accuracy"], picture["share"], strict=True))
    x, y = Scale(0.0, 1.0, _LEFT, _LEFT + 300), Scale(0.0, 1.0, 310, 10)
    most = max((share for *_, share in bins), default=1.0) or 1.0
    shapes = [*_levels(y, _LEFT + 300), *_below(x, 310)]
    shapes.append(f'<line class="diagonal" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>')
    said = []
    for confidence, accuracy, share in bins:
        if share <= 0:
            continue
        radius = 3 + 7 * (share / most) ** 0.5
        place = f'x1="{x(confidence)}" x2="{x(confidence)}" y1="{y(confidence)}" y2="{y(accuracy)}"'
        shapes.append(f'<line class="gap" {place}/>')
        shapes.append(f'<circle class="dot" cx="{x(confidence)}" cy="{y(accuracy)}" r="{radius:.1f}"/>')
        said.append(f"confidence {number_text(confidence, 2)}, accuracy {number_text(accuracy, 2)}")
    shapes += [_text(_LEFT + 300, 350, "confidence", "end"), _text(_LEFT + 8, 24, "accuracy")]
    return _svg(356, "; ".join(said), shapes, "Accuracy over confidence, bin by bin; a larger dot has more examples.")


def _levels(y: Scale, right: float = _RIGHT) -> list[str]:
    values = y.ticks()
    lines = [f'<line class="level" x1="{_LEFT}" x2="{right}" y1="{y(v)}" y2="{y(v)}"/>' for v in values]
    words = zip(values, tick_words(values), strict=True)
    return [*lines, *(_text(_LEFT - 8, y(v) + 5, str(escape(word)), "end") for v, word in words)]


def _below(x: Scale, y: float) -> list[str]:
    values = x.ticks(7)
    return [_text(x(v), y + 20, word, "middle") for v, word in zip(values, tick_words(values), strict=True)]
