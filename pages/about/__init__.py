"""The About page: the card of a run, and the app itself."""
