import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier

from onewarm.errors import InputError
from onewarm.study.models.choose import choose
from onewarm.study.models.estimators.estimator import Estimator
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
        (7, "model is 7: expected 'mlp', 'hist-gradient-boosting'"),
        (None, "model is None: expected 'mlp', "),
    ],
)
def test_what_is_no_model(model, said):
    with pytest.raises(InputError) as raised:
        choose(model, TRAINING)
    assert str(raised.value).startswith(said)
