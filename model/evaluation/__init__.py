"""What a run's predictions are worth: metrics with intervals, calibration, leaks, subgroups."""
