"""Every number of the page, from the library; the demo draws the same samples from the same seeds."""

import numpy as np

from onewarm import calibration as _cal

_seed = 54  # of the sample that the page shows; the others are _seed + 1000, _seed + 2000, ...
_SAMPLES = 200


def _uniforms(seeds, count):
    """(count, len(seeds)) numbers in (0, 1]: Marsaglia's xorshift with 32 bits, as demo/calibration.js draws them."""
    x = (((np.asarray(seeds, dtype=np.uint64) + 1) * 0x9E3779B1) & 0xFFFFFFFF | 1).astype(np.uint32)
    drawn = []
    for i in range(count + 16):
        x ^= x << np.uint32(13)
        x ^= x >> np.uint32(17)
        x ^= x << np.uint32(5)
        if i >= 16:
            drawn.append((x + 1.0) / 2**32)
    return np.array(drawn)


def _samples(rows, error=0.0, samples=_SAMPLES):
    """Confidences and correctness, each (samples, rows), of a model whose own ECE is `error`."""
    u = _uniforms(_seed + 1000 * np.arange(samples), 2 * rows)
    c = u[0::2].T
    return c, (c + 4 * error * (0.5 - c) >= u[1::2].T).astype(float)


def _eces(c, correct, bins):
    """The ECE of each sample, in equal-width bins."""
    b = np.clip(np.ceil(c * bins).astype(int) - 1, 0, bins - 1) + bins * np.arange(len(c))[:, None]
    gaps = np.bincount(b.ravel(), (c - correct).ravel(), bins * len(c)).reshape(len(c), bins)
    return np.abs(gaps).sum(axis=1) / c.shape[1]


# a perfect model, measured
_c, _correct = _samples(300)
_one = _cal.CalibrationSummary().update(_c[0], _correct[0].astype(int))
_interval = _cal.estimate(_one, "ece")
sample_ece = _cal.ece(_one)
sample_low, sample_high = _interval.low, _interval.high
_count, _sum, _right = _one.bins(15)
sample_square = ((_sum - _right) ** 2 / _count).sum() / 300
sample_debiased = _cal.squared_error(_one)
sample_smooth = _cal.smooth_ece(_one)
_all = _eces(_c, _correct, 15)
mean_ece, least_ece, most_ece = _all.mean(), _all.min(), _all.max()
mean_thirty = _eces(_c, _correct, 30).mean()
mean_five = _eces(_c, _correct, 5).mean()
mean_3000 = _eces(*_samples(3000, samples=50), 15).mean()
floor_factor = np.sqrt(2 / np.pi) * np.pi / 8
floor = floor_factor * np.sqrt(15 / 300)
mean_wrong = _eces(*_samples(300, error=0.05), 15).mean()

# ten bins
_rows = np.array([0, 0, 0, 0, 20, 40, 60, 80, 120, 180])
_confidence = np.arange(10) / 10 + 0.05
_accuracy = np.array([0.05, 0.15, 0.25, 0.35, 0.4, 0.5, 0.58, 0.66, 0.74, 0.82])
_share = _rows / _rows.sum()
_terms = _share * np.abs(_confidence - _accuracy)
rows = int(_rows.sum())
ten_ece = _terms.sum()
ten_confidence, ten_accuracy = (_share * _confidence).sum(), (_share * _accuracy).sum()
last_share, last_term = _share[-1], _terms[-1]
last_gap = _confidence[-1] - _accuracy[-1]


def _brier(confidence, accuracy, share=_share):
    """Murphy's parts of the Brier score of these bins."""
    mean = (share * accuracy).sum()
    reliability = (share * (confidence - accuracy) ** 2).sum()
    resolution = (share * (accuracy - mean) ** 2).sum()
    return reliability, resolution, mean * (1 - mean)


_reliability, resolution, uncertainty = _brier(_confidence, _confidence)
calibrated_accuracy = ten_confidence
calibrated_brier = _reliability - resolution + uncertainty

# gaps that alternate, and disappear in pairs
_zigzag = np.array([0.05, 0.15, 0.25, 0.35, 0.6, 0.4, 0.8, 0.6, 1.0, 0.8])
_zigzag_rows = np.array([0, 0, 0, 0, 60, 60, 90, 90, 100, 100])
_zigzag_share = _zigzag_rows / _zigzag_rows.sum()
zigzag_ece = (_zigzag_share * np.abs(_confidence - _zigzag)).sum()
_pairs = (_zigzag_share * (_confidence - _zigzag)).reshape(5, 2).sum(axis=1)
zigzag_five = np.abs(_pairs).sum()

# the ten bins that the demo starts with, for paper and without JavaScript
picture = {
    "kind": "reliability",
    "confidence": [0.45, 0.55, 0.65, 0.75, 0.85, 0.95],
    "accuracy": [0.4, 0.5, 0.58, 0.66, 0.74, 0.82],
    "share": [n / 500 for n in (20, 40, 60, 80, 120, 180)],
}
