"""Folds and recipes side by side, on one machine or several."""
