"""From a network or predictions that were made elsewhere to a run folder."""


class ImportRefusedError(ValueError):
    """Something cannot be imported as asked; the message says why and what to do."""
