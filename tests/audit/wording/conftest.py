"""Questions and verdicts from numbers made up for them."""

import pytest

from onewarm.audit.findings import Question
from onewarm.audit.wording.headline import Asked


@pytest.fixture
def question():
    def make(key, value, low, high, of="P(y = 1)"):
        null = 1.0 if key == "slope" else 0.0
        return Question(key, of, value, (low, high), null, 0.01, 1000)

    return make


@pytest.fixture
def asked():
    def make(*questions, kind="binary", classes=("0", "1"), **more):
        numbers = {"confidence": 0.85, "accuracy": 0.8, "event": (0.5, 0.42)}
        return Asked(kind, 20_000, classes, questions, **numbers | more)

    return make
