"""The calibration audit: from files of predictions to numbers, remedies and a verdict in words."""
