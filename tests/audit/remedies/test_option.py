"""An option as values for JSON."""

import json

import numpy as np
from scipy.special import softmax

from onewarm.audit.remedies import compare
from onewarm.audit.row_sample import Rows


def test_options_are_values_for_json_and_their_code_does_what_they_do(draw):
    z, labels = draw(n=3000)
    p = softmax(z, axis=1)
    result = compare(Rows(np.arange(3000), p, labels), logits=False, kind="multiclass")
    assert result.calibrator == result.best.calibrator and result.calibrator.key == "temperature"
    for o in result.options:
        values = json.loads(json.dumps(o.to_dict(), allow_nan=False))
        assert values["key"] == o.key and "calibrator" not in values and len(values["interval"] or [0, 0]) == 2
        if o.code and "load_map" not in o.code:
            names = {"np": np, "p": p}
            exec(o.code, names)
            np.testing.assert_allclose(names["q"], o.calibrator.apply(p), atol=1e-4)
    assert result.zeros.to_dict()["floor"] > 0
