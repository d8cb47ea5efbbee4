"""Makes an audit's report for each kind of verdict, and pictures of it: `python docs/picture_audit.py DIR`.

To look at them after a change of the report. audit.png, the README's picture, is made beside this file.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from picture import folder_named, photograph

from onewarm.audit.audit import Audit, audit
from onewarm.audit.report.compared import comparison_html
from onewarm.audit.report.html import html
from onewarm.softmax import softmax

HERE = Path(__file__).parent
README = "too-high"

rng = np.random.default_rng(0)


def draw(p: NDArray[np.float64]) -> NDArray[np.int64]:
    """A label for each row of probabilities."""
    labels: NDArray[np.int64] = (p.cumsum(axis=1) > rng.random((len(p), 1))).argmax(axis=1)
    return labels


def calibrated() -> dict[str, Any]:
    p = softmax(1.5 * rng.normal(size=(20_000, 4)))
    return {"p": p, "label": draw(p)}


def overconfident() -> dict[str, Any]:
    z = 1.5 * rng.normal(size=(20_000, 4))
    country = np.array(["de", "es", "fr", "it"])[rng.integers(0, 4, 20_000)]
    return {"logits": 2 * z, "label": draw(softmax(z)), "slice": country}


def too_high() -> dict[str, Any]:
    p = rng.uniform(0.1, 0.9, 20_000)
    return {"p": p, "label": (rng.random(20_000) < p - 0.08).astype(np.int64)}


def one_class() -> dict[str, Any]:
    true = softmax(0.7 * rng.normal(size=(20_000, 6)))
    moved = np.minimum(0.05, true[:, 3] / 2)[:, None] * np.array([0, 0, 1, -1, 0, 0])
    names = np.array(["ant", "bee", "cat", "dog", "elk", "fox"])
    return {f"prob_{name}": (true + moved)[:, k] for k, name in enumerate(names)} | {"label": names[draw(true)]}


def few_rows() -> dict[str, Any]:
    p = softmax(rng.normal(size=(60, 3)))
    return {"p": p, "label": draw(p)}


def wrong_rows() -> dict[str, Any]:
    p = softmax(4 * rng.normal(size=(5000, 5)))
    return {"p": p, "label": np.roll(draw(p), 1)}


MODELS: dict[str, Callable[[], dict[str, Any]]] = {
    "calibrated": calibrated,
    "overconfident": overconfident,
    "too-high": too_high,
    "one-class": one_class,
    "few-rows": few_rows,
    "wrong-rows": wrong_rows,
}


def main() -> None:
    folder = folder_named("docs/picture_audit.py")
    photograph(reports(folder), folder, README, HERE / "audit.png")


def reports(folder: Path) -> list[Path]:
    """Writes each model's predictions and its report, and a comparison."""
    made: dict[str, Audit] = {}
    pages = []
    for name, model in MODELS.items():
        np.savez(folder / f"{name}.npz", **model())
        made[name] = audit(folder / f"{name}.npz")
        pages.append(folder / f"{name}.html")
        pages[-1].write_text(html(made[name]), encoding="utf-8")
        print(f"{name}: {made[name].verdict.headline}")
    before = np.load(folder / "too-high.npz")
    np.savez(folder / "mended.npz", p=np.clip(before["p"] - 0.08, 0, 1), label=before["label"])
    after = audit(folder / "mended.npz")
    comparison = made["too-high"].compare(after, names=("too-high.npz", "mended.npz"))
    pages.append(folder / "comparison.html")
    pages[-1].write_text(comparison_html(comparison, made["too-high"], after), encoding="utf-8")
    return pages


if __name__ == "__main__":
    main()
