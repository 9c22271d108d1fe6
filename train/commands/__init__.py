"""The commands of `python -m train`: what each takes, and what it does with it."""
