"""A calibration map as a line of Python that needs only NumPy, or, for long ones, the file of the map."""

from __future__ import annotations

from typing import Any

from onewarm.calibration.calibrators.calibration_map import CalibrationMap

_MOST_CLASSES = 12  # whose parameters a line can hold


def python_line(calibrator: CalibrationMap, *, logits: bool = False, event: bool = False) -> str:
    """The line that turns predictions into calibrated probabilities ``q``.

    It reads ``p`` (or ``z``, logits) of shape (N, K), and ``np``; with ``event`` (N,) probabilities (or log-odds) of
    class 1, and ``q`` is then (N,) too. For two classes "platt" and "intercept" give (N,), P(y = 1). A map with many
    parameters is loaded from "calibrator.json", as ``--save`` and ``save_map`` write it.

    >>> python_line(CalibrationMap("temperature", 3, {"temperature": 2.0}))
    'q = p ** (1 / 2); q = q / q.sum(axis=1, keepdims=True)'
    >>> python_line(CalibrationMap("platt", 2, {"slope": 0.5, "intercept": -1.0}), event=True)
    'q = 1 / (1 + np.exp(-(0.5 * np.log(p / (1 - p)) - 1)))'
    """
    key, at = calibrator.key, calibrator.parameters
    name = "z" if logits else "p"
    short = calibrator.num_classes <= _MOST_CLASSES
    if key == "leave":
        return ""
    if calibrator.num_classes == 2 and (event or key in ("platt", "intercept")):
        one, other = (name, f"(1 - {name})") if event else (f"{name}[:, 1]", f"{name}[:, 0]")
        odds = (one if event else f"({one} - {other})") if logits else f"np.log({one} / {other})"
        if key == "platt":
            return f"q = 1 / (1 + np.exp(-({_n(at['slope'])} * {odds}{_plus(at['intercept'])})))"
        if key == "intercept":
            return f"q = 1 / (1 + np.exp(-({odds}{_plus(at['intercept'])})))"
        if key == "temperature":
            return f"q = 1 / (1 + np.exp(-{odds} / {_n(at['temperature'])}))"
    if key == "temperature":
        if logits:
            return _softmax(f"z / {_n(at['temperature'])}")
        return f"q = p ** (1 / {_n(at['temperature'])}); q = q / q.sum(axis=1, keepdims=True)"
    if key == "intercept" and short:
        return _softmax(f"{'z' if logits else 'np.log(p)'} + np.array({_list(at['intercept'])})")
    if key == "unsmooth" and not logits:
        part, whole = _n(at["alpha"] / calibrator.num_classes), _n(1 - at["alpha"])
        if at["alpha"] < 0:
            return f"q = (p - {part}) / {whole}"
        if event:
            return f"q = np.clip((p - {part}) / {whole}, 1e-9, 1 - 1e-9)"
        return f"q = np.maximum((p - {part}) / {whole}, 1e-9); q = q / q.sum(axis=1, keepdims=True)"
    return _loaded(name, logits)


def _loaded(name: str, logits: bool) -> str:
    option = ", logits=True" if logits else ""
    return f'q = onewarm.calibration.load_map("calibrator.json").apply({name}{option})'


def _softmax(expression: str) -> str:
    return f"q = {expression}; q = np.exp(q - q.max(axis=1, keepdims=True)); q = q / q.sum(axis=1, keepdims=True)"


def _n(value: float) -> str:
    return f"{value:.6g}"


def _plus(value: float) -> str:
    return f" {'-' if value < 0 else '+'} {_n(abs(value))}"


def _list(values: Any) -> str:
    return "[" + ", ".join(_n(v) for v in values) + "]"
