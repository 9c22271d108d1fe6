"""Toy outlines, written by the real writer: a network to which whatever is dark is lesion, and
figures that can be counted by hand."""

import json

import numpy as np
import pandas as pd

from model.evaluation import lesion_outlines
from model.evaluation.lesion_outlines import DICE, ELSEWHERE, FEATURES_FILE, HISTORY, WEIGHTS
from train import outline

SIDE = 64
LIMIT = 0.8
# Of a lesion in 12: asymmetry of melanomas 0.1 and 0.3 in turn, of nevi always 0.2, so that neither
# is larger; every melanoma has the longer border.
FEATURES = {
    "mel": {"asymmetry": (0.1, 0.3), "border": (1.5, 1.6), "colour": (10.0, 20.0)},
    "nv": {"asymmetry": (0.2, 0.2), "border": (1.1, 1.2), "colour": (10.0, 20.0)},
}
NUM_LESIONS = 12  # of each diagnosis


def arrays():
    """Weights: the sign of a place's red turned round, twice through a ReLU, and 0.5 at a quarter
    of the way to black."""
    first = np.zeros((5, 5, 3, 1), np.float16)
    first[2, 2, 0, 0] = -1
    second = np.zeros((3, 3, 1, 1), np.float16)
    second[1, 1] = 1
    one = np.zeros(1, np.float16)
    return {
        "first_kernel": first,
        "first_bias": one,
        "down0b_kernel": second,
        "down0b_bias": one,
        "logits_kernel": np.full((1, 1, 1, 1), 40, np.float16),
        "logits_bias": one - 10,
        "side": np.int32(SIDE),
    }


def features():
    """A row per photo; the second photo of the first lesion of each diagnosis, and a doubted one,
    do not count."""
    rows = []
    for code, values in FEATURES.items():
        for number in range(NUM_LESIONS):
            of_photo = {name: pair[number % 2] for name, pair in values.items()}
            facts = {"split": "test", "lesion_id": f"{code}_{number}", "diagnosis": code}
            rows.append(
                {**facts, "image_id": f"ISIC_{code}_{number}", "certainty": 0.9, **of_photo}
            )
        again = {**rows[-NUM_LESIONS], "image_id": f"ISIC_{code}_again", "asymmetry": 0.9}
        doubted = {**again, "lesion_id": f"{code}_doubted", "certainty": 0.7}
        rows += [again, {**doubted, "image_id": f"ISIC_{code}_doubted"}]
    train = {**rows[0], "split": "train", "image_id": "ISIC_0000003", "lesion_id": "other"}
    return pd.DataFrame([*rows, train]).assign(at_edge=0.0)


def dice():
    """A photo in ten fails, and one of two doubted ones does; the dark area does worse."""
    rows = []
    for split, number in (("validation", 10), ("test", 40)):
        for photo in range(number):
            failed = photo % 10 == 0
            rows.append(
                {
                    "split": split,
                    "image_id": f"{split}_{photo}",
                    "lesion_id": f"{split}_{photo // 2}",
                    "diagnosis": "mel" if photo < number // 2 else "nv",
                    "dice": 0.5 if failed else 0.9 + 0.002 * (photo % 10),
                    "certainty": 0.7 if photo % 20 in (0, 1) else 0.9,
                    "agreement": 0.9,
                    "classical": 0.6 if photo % 5 == 0 else 0.8,
                }
            )
    return pd.DataFrame(rows)


def elsewhere():
    return pd.DataFrame(
        {
            "kind": ["phone photo"] * 4 + ["no lesion"] * 2,
            "source": ["PAD-UFES-20"] * 4 + [""] * 2,
            "image_id": [f"other_{number}" for number in range(6)],
            "certainty": [0.5, 0.9, 0.9, 0.9, 0.5, 0.6],
        }
    )


def card():
    return {
        "title": "Toy outline",
        "command": "python -m train outline --data DIR",
        "settings": {"epochs": 2, "side": SIDE},
        "num_weights": 100,
        "best_epoch": 1,
        "seed": 21,
        "split": "by lesion",
        "chosen": {
            "doubted_below": LIMIT,
            "classical": "classical_2",
            "classical_medians": {"classical_0": 0.7, "classical_2": 0.8},
            "areas": {"certainty": 0.9, "agreement": 0.8},
        },
        "data": {
            "name": "Toys",
            "licence": "MIT",
            "masks": "drawn",
            "num_photos": 50,
            "num_lesions": 25,
        },
    }


def write(folder):
    """Write `folder`/outline and read it."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / WEIGHTS, **arrays())
    tables = {
        DICE: dice(),
        FEATURES_FILE: features(),
        ELSEWHERE: elsewhere(),
        HISTORY: pd.DataFrame({"epoch": [1, 2], "val_dice": [0.9, 0.8]}),
    }
    outline.write(folder / "outline", tables, folder, card())
    return lesion_outlines.read(folder / "outline")


def with_card(outlines, **changes):
    """Change what the card says, as no writer would."""
    file = outlines.path / lesion_outlines.CARD
    file.write_text(json.dumps({**outlines.card, **changes}), "utf-8")
    return outlines.path
