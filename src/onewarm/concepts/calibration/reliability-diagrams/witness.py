"""The ECE of a perfect model, by hand in NumPy and with onewarm; its interval; and two other errors."""

import numpy as np

from onewarm import calibration as cal

rng = np.random.default_rng(3)
confidence = rng.random(300)
correct = (rng.random(300) < confidence).astype(int)  # right exactly as often as it says: the model is perfect

# by hand: fifteen bins, and in each the gap between confidence and accuracy
bins = np.clip(np.ceil(confidence * 15).astype(int) - 1, 0, 14)
ece = 0.0
for b in range(15):
    rows = bins == b
    if rows.any():
        ece += rows.mean() * abs(confidence[rows].mean() - correct[rows].mean())  # share times gap
print(f"ECE {ece:.4f} of a model whose own ECE is 0")

# with onewarm
summary = cal.CalibrationSummary().update(confidence, correct)
print("agree:", np.isclose(ece, cal.ece(summary)))
interval = cal.estimate(summary, "ece")
print(f"own ECE, 90 % interval: {interval.low:.3f} to {interval.high:.3f}")
print(f"squared, debiased {cal.squared_error(summary):.4f}; smooth {cal.smooth_ece(summary):.3f}")
