"""Toy injections whose effects are worked out by hand."""

import json

import pandas as pd

from model.evaluation.injection import AUGMENTED, COPY, LESION, Injection
from model.run.files import sha256

CARD = {
    "recipe": "toy",
    "title": "Toy",
    "command": "python -m train inject toy --data DIR",
    "diagnoses": ["mel", "nv"],
    "num_training": 100,
    "num_epochs": 5,
    "state": {},
}
PROBE = pd.DataFrame(
    {
        "image_id": list("abcdef"),
        "lesion_id": list("abcdef"),
        "diagnosis": ["nv"] * 6,
        "leaks_through": [LESION, LESION, COPY, AUGMENTED, AUGMENTED, AUGMENTED],
    }
)


def answers(letters):
    return [{"+": "nv", "-": "mel"}[letter] for letter in letters]


def injected(**trainings):
    seeds = sorted({name.rpartition("_")[2] for name in trainings})
    ranks = pd.DataFrame({f"rank_{seed}": [0.1, 0.6, 0.2, 0.3, 0.8, 0.9] for seed in seeds})
    table = pd.DataFrame({name: answers(letters) for name, letters in trainings.items()})
    return Injection(CARD, PROBE, ranks, table)


def write(folder, table, **changes):
    """Write an injection folder as the real writer leaves it."""
    folder.mkdir(parents=True)
    table.to_csv(folder / "probe.csv", index=False)
    card = {**CARD, "files": {"probe.csv": sha256(folder / "probe.csv")}, **changes}
    (folder / "card.json").write_text(json.dumps(card))
    return folder
