"""The Classify page: one photo or several, the answer, and how far to trust it."""
