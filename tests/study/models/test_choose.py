import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from torch import nn

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arm
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.choose import choose
from onewarm.study.models.estimators.estimator import Estimator
from onewarm.study.models.function import Function
from onewarm.study.models.model import Run
from onewarm.study.models.modules.module import Module
from onewarm.study.models.training import Perceptrons, Training

TRAINING = Training()


def test_names_estimators_and_models():
    assert choose("mlp", TRAINING) == Perceptrons(TRAINING)
    boosted = choose("hist-gradient-boosting", TRAINING)
    assert isinstance(boosted, Estimator) and boosted.name == "HistGradientBoostingClassifier"
    assert choose(boosted, TRAINING) is boosted
    assert choose(LGBMClassifier, TRAINING).name == choose(LGBMClassifier(), TRAINING).name == "LGBMClassifier"


def test_a_key_stands_for_the_parameters():
    a, b = (choose(HistGradientBoostingClassifier(max_iter=n), TRAINING, key="mine").describe() for n in (1, 2))
    assert a == b != choose(HistGradientBoostingClassifier(max_iter=1), TRAINING).describe()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("hist_gradient_bosting", "no model 'hist_gradient_bosting'; did you mean 'hist-gradient-boosting'?: expected"),
        (7, "model is 7: expected 'mlp', 'logistic', 'hist-gradient-boosting', FILE.py:NAME of one"),
        (None, "model is None: expected 'mlp', "),
    ],
)
def test_what_is_no_model(model, said):
    with pytest.raises(InputError) as raised:
        choose(model, TRAINING)
    assert str(raised.value).startswith(said)


def test_modules_functions_and_devices():
    assert isinstance(choose(lambda features, classes: nn.Linear(features, classes), TRAINING), Module)
    assert choose(nn.Linear(4, 3), TRAINING, device="cpu").device == "cpu"
    assert isinstance(choose("mlp", TRAINING, fit=lambda model, target, data: None), Function)
    with pytest.raises(InputError, match=r"^device is 'gpu': PyTorch says .*; try 'cpu'$"):
        choose("mlp", TRAINING, device="gpu")
    with pytest.raises(InputError, match=r"^fit= trains a model of yours, and model='hist-gradient-boosting' is ours"):
        choose("hist-gradient-boosting", TRAINING, fit=lambda model, target, data: None)


def test_our_logistic_regression_takes_a_table_with_text():
    """model="logistic" on a DataFrame with a column of text ended with "could not convert string to float: 'B'"."""
    x = np.arange(12.0, dtype=np.float32).reshape(12, 1)
    part = Rows(x, np.arange(12) % 2, original=pd.DataFrame({"town": ["A", "B"] * 6}))
    (run,) = choose("logistic", TRAINING).train([Run(parse_arm("hard"), 0)], {0: Split(part, part, part)}, 2)
    assert run.stopped.test.shape == (12, 2)
