"""The diagnoses Lentigo knows by name, and which of them count as malignant.

Codes of the seven HAM10000 diagnoses are those of its publication (Tschandl et al. 2018,
https://doi.org/10.1038/sdata.2018.161); the ISIC 9-class set adds three of its own.
A run may name other codes (one's own classes): they get a readable name and no verdict on
malignancy, because this table is the only place that knows.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """One diagnosis: its code, its medical name, one plain sentence, and whether it is malignant.

    `malignant` is None where the table cannot say.
    """

    code: str
    name: str
    plain: str
    malignant: bool | None

    @property
    def in_text(self) -> str:
        """The name inside a sentence: "melanoma", "actinic keratosis / Bowen's disease"."""
        return self.name[:1].lower() + self.name[1:]


# Actinic keratosis is a precursor and Bowen's disease a carcinoma in situ. The field counts both
# with the malignant group, because they are treated: HAM10000 merges them into one class (akiec),
# and Tschandl et al. 2019 (https://doi.org/10.1016/S1470-2045(19)30333-X) compare readers and
# algorithms on malignant = akiec, bcc, mel.
_KNOWN = (
    Diagnosis(
        "akiec",
        "Actinic keratosis / Bowen's disease",
        "Sun-damaged skin cells that can turn into squamous cell carcinoma, or already are one "
        "that has not grown deeper.",
        True,
    ),
    Diagnosis(
        "bcc",
        "Basal cell carcinoma",
        "The most common skin cancer; it grows slowly and rarely spreads.",
        True,
    ),
    Diagnosis(
        "bkl",
        "Benign keratosis",
        "A benign growth: seborrheic keratosis, solar lentigo or lichen-planus-like keratosis.",
        False,
    ),
    Diagnosis("df", "Dermatofibroma", "A benign firm nodule in the skin.", False),
    Diagnosis(
        "mel",
        "Melanoma",
        "A cancer of the pigment cells; it can spread early, so it is the one not to miss.",
        True,
    ),
    Diagnosis("nv", "Melanocytic nevus", "A mole: a benign group of pigment cells.", False),
    Diagnosis(
        "vasc",
        "Vascular lesion",
        "A benign growth or bleeding of small blood vessels.",
        False,
    ),
    Diagnosis(
        "ak",
        "Actinic keratosis",
        "Sun-damaged skin cells that can turn into squamous cell carcinoma.",
        True,
    ),
    Diagnosis(
        "scc",
        "Squamous cell carcinoma",
        "A common skin cancer of the upper skin layer; it can spread.",
        True,
    ),
    Diagnosis(
        "sk",
        "Seborrheic keratosis",
        "A benign, often waxy growth that comes with age.",
        False,
    ),
    # Two sides of a yes-or-no network; `verdict` says which diagnoses stand on which.
    Diagnosis(
        "benign",
        "Benign lesion",
        "Any growth that this network's training counts as harmless.",
        False,
    ),
    Diagnosis(
        "malignant",
        "Malignant lesion",
        "Melanoma, basal or squamous cell carcinoma, or actinic keratosis, counted with them.",
        True,
    ),
    # Patterns of the rendered pictures (train/rendered.py): drawings, never diagnoses.
    Diagnosis("even", "Rendered even blot", "A drawing: round, one colour.", None),
    Diagnosis("ragged", "Rendered ragged blot", "A drawing: ragged edge, two colours.", None),
    Diagnosis("dotted", "Rendered red dots", "A drawing: many small red discs.", None),
)
KNOWN = {diagnosis.code: diagnosis for diagnosis in _KNOWN}
# Without the verdicts and the rendered patterns.
DIAGNOSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc", "ak", "scc", "sk")

# Folder and column names of the published data sets -> our codes.
_ALIASES = {
    "actinic keratosis": "ak",
    "basal cell carcinoma": "bcc",
    "dermatofibroma": "df",
    "melanoma": "mel",
    "nevus": "nv",
    "pigmented benign keratosis": "bkl",
    "seborrheic keratosis": "sk",
    "squamous cell carcinoma": "scc",
    "vascular lesion": "vasc",
}

VERDICTS = ("benign", "malignant")  # codes of runs that name no diagnosis

_INCLUDES = {"akiec": {"ak", "scc"}, "bkl": {"sk"}}


def code_of(label: str) -> str:
    """Turn a folder or column name such as "Basal cell carcinoma" or "MEL" into a code.

    Unknown labels become a code of their own ("Spitz nevus" -> "spitz_nevus"). Letters of every
    alphabet are kept.
    """
    text = " ".join(label.strip().lower().replace("_", " ").split())
    if text in _ALIASES:
        return _ALIASES[text]
    return re.sub(r"\W+", "_", text).strip("_")


def describe(code: str) -> Diagnosis:
    """The `Diagnosis` of a code; an unknown code gets its own words as name and no verdict."""
    if code in KNOWN:
        return KNOWN[code]
    return Diagnosis(code, code.replace("_", " ").capitalize(), "", None)


def verdict(code: str) -> str | None:
    """`malignant` or `benign`; None where the table cannot say.

    Melanoma, basal and squamous cell carcinoma are malignant; actinic keratosis and Bowen's
    disease are counted with them, as the field does (see the comment above the table).
    """
    malignant = describe(code).malignant
    return None if malignant is None else "malignant" if malignant else "benign"


def agree(first: str, second: str) -> bool:
    """True where two codes can stand for one diagnosis.

    HAM10000's akiec holds actinic keratosis and Bowen's disease, a squamous cell carcinoma in situ,
    and its bkl seborrheic keratosis (Tschandl et al. 2018).
    """
    pair = {first, second}
    return len(pair) == 1 or any(wide in pair and pair & parts for wide, parts in _INCLUDES.items())


def malignant_codes(codes: Iterable[str]) -> list[str]:
    """Those of `codes` that count as malignant, in their order; empty when the table knows none."""
    return [code for code in codes if describe(code).malignant]
