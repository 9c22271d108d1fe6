"""What is written about a run: its card, its model card, and reports over all runs."""
