from onewarm.study.models.model import Model
from onewarm.study.models.training import Perceptrons, Training


def test_our_models_are_models():
    assert isinstance(Perceptrons(Training()), Model)
