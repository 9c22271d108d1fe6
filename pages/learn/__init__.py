"""The Learn page: a lesson about leaks, a quiz against the model, and the words."""
