"""A fitted map: what it takes, what it refuses, and that it survives its dictionary."""

import json

import numpy as np
import pytest
from scipy.special import expit, softmax

from onewarm.calibration import CalibrationMap, fit_map
from onewarm.calibration.calibrators.methods import METHODS


def model(k, n=1500):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(n, k)) * 1.5
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("key", METHODS)
def test_a_map_survives_its_dictionary(key, k):
    z, y = model(k)
    made = fit_map(key, 2 * z, y, logits=True, floor=1e-6, classes=tuple("abc"[:k]))
    again = CalibrationMap.from_dict(json.loads(json.dumps(made.to_dict())))
    assert again == made and again.key == key and made.free >= 0
    np.testing.assert_array_equal(again.apply(z, logits=True), made.apply(z, logits=True))
    np.testing.assert_allclose(made.apply(softmax(z, axis=1)), made.apply(z, logits=True), atol=1e-9)


def test_events_give_events():
    z, y = model(2)
    s = z[:, 1] - z[:, 0]
    made = fit_map("platt", expit(s), y == 1)
    assert made.apply(expit(s)).shape == (1500,)
    np.testing.assert_allclose(made.apply(expit(s)), made.apply(z, logits=True)[:, 1], atol=1e-9)
    np.testing.assert_allclose(made.apply(s, logits=True), made.apply(expit(s)), atol=1e-9)


def test_bad_predictions_are_named():
    made = CalibrationMap("temperature", 3, {"temperature": 2.0})
    for values, options, text in (
        (np.full((2, 2), 0.5), {}, "values have 2 classes, but this map was fitted on 3"),
        (np.full(2, 0.5), {}, "values have 2 classes, but this map was fitted on 3"),
        (np.array([[0.2, 0.2, 0.2]]), {}, "probabilities[0] sums to 0.6, not 1"),
        (np.array([[0.0, np.nan, 0.0]]), {"logits": True}, "logits[0, 1] is nan"),
    ):
        with pytest.raises(ValueError) as error:
            made.apply(values, **options)
        assert str(error.value).startswith(text)
    assert made.apply(np.array([[0.2, 0.2, 0.2]]), normalize=True).tolist() == [[pytest.approx(1 / 3)] * 3]


GOOD = {"method": "vector", "num_classes": 3, "parameters": {"scale": [1, 1, 1], "shift": [0, 0, 0]}}
CURVE = {"method": "isotonic", "num_classes": 2}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "expected an object with method, num_classes and parameters, not list"),
        ({"method": "platt"}, "'num_classes' is missing"),
        ({**GOOD, "method": "pickle"}, "method is 'pickle': choose one of"),
        ({**GOOD, "method": 3}, "'method' is a name and 'parameters' an object"),
        ({**GOOD, "num_classes": 1}, "'num_classes' is '1': expected an integer of at least 2"),
        ({**GOOD, "num_classes": True}, "'num_classes' is 'True'"),
        ({**GOOD, "num_classes": 4}, "parameter 'scale' of vector is not a list of 4 numbers"),
        ({**GOOD, "parameters": {"scale": [1, 1, 1]}}, "parameters of vector are scale, shift, not ['scale']"),
        (
            {**GOOD, "parameters": {"scale": [1, 1, "x"], "shift": [0, 0, 0]}},
            "parameter 'scale' of vector is not a list",
        ),
        ({**GOOD, "floor": 0.5}, "floor is 0.5: expected at least 0 and less than 1/K"),
        ({**GOOD, "floor": None}, "'floor' is 'None': expected a number"),
        ({**GOOD, "classes": ["a"]}, "classes has 1 names, but there are 3 classes"),
        ({**GOOD, "classes": "abc"}, "'classes' is a list of names"),
        ({"method": "temperature", "num_classes": 2, "parameters": {"temperature": 0}}, "parameter 'temperature' is 0"),
        ({"method": "unsmooth", "num_classes": 2, "parameters": {"alpha": 1}}, "parameter 'alpha' is 1: expected less"),
        (
            {"method": "platt", "num_classes": 2, "parameters": {"slope": [1], "intercept": 0}},
            "parameter 'slope' of platt",
        ),
        ({**CURVE, "parameters": {"x": [0, 1], "y": [0, 1]}}, "parameter 'x' of isotonic is not a list of 1 lists"),
        (
            {**CURVE, "parameters": {"x": [[0, 1]], "y": [[1, 0]]}},
            "parameter 'y' of isotonic is not in incr",
        ),
        ({**CURVE, "parameters": {"x": [[0, 1]], "y": [[0, 2]]}}, "parameter 'y' of isotonic is not within 0..1"),
        (
            {**CURVE, "parameters": {"x": [[0, 1]], "y": [[0]]}},
            "parameters 'x' and 'y' of isotonic have",
        ),
        (
            {**CURVE, "parameters": {"x": [[]], "y": [[]]}},
            "parameter 'x' of isotonic is not a list of lists",
        ),
    ],
)
def test_damaged_dictionaries_are_refused(values, text):
    with pytest.raises(ValueError) as error:
        CalibrationMap.from_dict(values)
    assert str(error.value).startswith(text)
