"""The calibrators as scikit-learn estimators, and one that puts them behind a classifier."""
