"""The options of a distillation, by value."""

from typing import Any

import numpy as np
import pytest
import torch

from onewarm.distillation_options import distillation_options

LABELS = torch.tensor([[0, -100], [2, 255]])


def made(**change: Any) -> Any:
    given: dict[str, Any] = {
        "temperature": 2.0,
        "divergence": "kl",
        "beta": 0.5,
        "weight": None,
        "hard_target": None,
        "reduction": "mean",
        "normalizer": "rows",
    }
    return distillation_options(**(given | change))


@pytest.mark.parametrize("number", [float, np.float32, np.float64, np.array, torch.tensor])
def test_numbers_of_any_library(number: Any) -> None:
    options = made(temperature=number(4.0), beta=number(0.25), weight=number(0.75), hard_target=LABELS, divergence="js")
    assert options[:4] == (4.0, "js", 0.25, 0.75) and all(type(options[i]) is float for i in (0, 2, 3))


def test_the_weight_and_what_js_tends_to() -> None:
    assert made().teacher_weight == 1 and made(hard_target=LABELS).teacher_weight == 0.5
    names = [made(divergence="js", beta=beta).divergence for beta in (0, 1e-9, 0.5, 1)]
    assert names == ["kl", "js", "js", "reverse_kl"]
    assert made(beta=0).divergence == "kl"  # beta is of "js" alone
    assert made(divergence="cross_entropy", beta=1).divergence == "cross_entropy"
