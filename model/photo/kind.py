"""Kinds of photo, by what took them. A figure measured on one kind is never said of another."""

DERMATOSCOPIC = "dermatoscopic photo"
PHONE = "phone photo"
NO_LESION = "no lesion"


def plural(kind: str) -> str:
    """Several photos of a kind, in running text."""
    return "pictures without a lesion" if kind == NO_LESION else f"{kind}s"
