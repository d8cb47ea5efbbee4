"""Runs a few studies and makes pictures of their reports: `python docs/picture_study.py DIR`.

To look at them after a change of the report. study.png, the picture of docs/study.md, is made beside this file.
"""

from pathlib import Path
from typing import Any

import numpy as np
from picture import folder_named, photograph

from onewarm.study.report.html import write_html
from onewarm.study.study import run

HERE = Path(__file__).parent
CHOSEN = "digits-noisy"

rng = np.random.default_rng(0)


def many_classes() -> tuple[Any, Any]:
    """100 overlapping Gaussians in 20 dimensions."""
    y = np.repeat(np.arange(100), 30)
    return 1.5 * rng.normal(size=(100, 20))[y] + rng.normal(size=(3000, 20)), np.array([f"class {k}" for k in y])


def binary() -> tuple[Any, Any]:
    """Two classes whose names a browser or a terminal might obey."""
    x = rng.normal(size=(600, 4))
    yes = rng.random(600) < 1 / (1 + np.exp(-x @ [1.5, -1.0, 0.5, 0.0]))
    return x, np.where(yes, "<b>yes</b>", "no\u202e")


ALPHAS = [a / 100 for a in range(2, 32, 2)]
MANY = ["hard", *(f"smooth:{a:g}" for a in ALPHAS), *(f"prior:{a:g}" for a in ALPHAS[:-1])]
STUDIES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    CHOSEN: ((CHOSEN,), {"arms": "hard,smooth:0.05,smooth:0.1,smooth:0.2"}),
    "binary": (binary(), {"arms": "hard,smooth:0.1", "seeds": 5}),
    "many-classes": (many_classes(), {"arms": "hard,smooth:0.1,exclude-label:0.1,teacher:2:smooth:0.1", "seeds": 4}),
    "one-arm": (("wine",), {"arms": "hard", "seeds": 1}),
    "boosting": (("wine",), {"model": "hist-gradient-boosting", "arms": "hard,smooth:0.1", "seeds": 4}),
    "many-arms": (("wine",), {"arms": MANY, "seeds": 3}),
}


def main() -> None:
    folder = folder_named("docs/picture_study.py")
    reports = []
    for name, (data, options) in STUDIES.items():
        report = run(*data, **options, store=f"sqlite:///{folder.resolve() / 'studies.db'}")
        reports.append(folder / f"{name}.html")
        write_html(report, reports[-1])
        print(f"{name}: {report.verdict()[-1]}")
    photograph(reports, folder, CHOSEN, HERE / "study.png")


if __name__ == "__main__":
    main()
