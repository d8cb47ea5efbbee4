"""scikit-learn and boosting estimators: soft targets as weighted rows, boosted models round by round."""
