"""Toy networks whose answers are known by hand, and run folders made by the real writer."""

import io

import numpy as np
import pandas as pd
from PIL import Image

from model import run
from model.run import writer

CODES = ("bcc", "mel", "nv")
SIZE = 16
SHARPNESS = 10.0


def network(codes=CODES, activation=None):
    """Logits are ten times the mean red, green and blue of the photo, each from 0 to 1.

    So a red photo is the first diagnosis, and its map is bright where the photo is red.
    """
    import keras
    from keras import layers

    photo = keras.Input((SIZE, SIZE, 3), name="photo")
    x = layers.Rescaling(1 / 255, name="rescale")(photo)
    x = layers.Conv2D(3, 1, activation="relu", name="colours")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    outputs = layers.Dense(len(codes), activation=activation, name="logits")(x)
    built = keras.Model(photo, outputs)
    built.get_layer("colours").set_weights([np.eye(3).reshape(1, 1, 3, 3), np.zeros(3)])
    kernel = np.zeros((3, len(codes)))
    np.fill_diagonal(kernel, SHARPNESS)
    built.get_layer("logits").set_weights([kernel, np.zeros(len(codes))])
    return built


def card(name="toy", codes=CODES, **changes):
    """Everything a card needs but `files`."""
    return {
        "name": name,
        "title": f"Toy {name}",
        "summary": "A toy.",
        "recipe": "toy",
        "protocol": "honest",
        "settings": {"monitor": "val_loss", "command": "python -m train run toy"},
        "diagnoses": list(codes),
        "input": {
            "height": SIZE,
            "width": SIZE,
            "dtype": "uint8",
            "range": [0, 255],
            "colour": "RGB",
        },
        "heatmap_layer": "colours",
        "data": {
            "name": "toys",
            "licence": "MIT",
            "rendered": False,
            "fingerprint": "0",
            "num_photos": 9,
            "num_lesions": 6,
            "counts": {code: {"train": 1, "validation": 1, "test": 1} for code in codes},
            "left_out": [],
        },
        "seed": 1,
        "versions": {"keras": "3"},
        "revision": "unknown",
        "use": "Tests.",
        "limits": ["A toy."],
    } | changes


def history():
    """Three epochs; the second has the lowest validation loss."""
    return pd.DataFrame(
        {
            "fold": 0,
            "epoch": [1, 2, 3],
            "loss": [1.0, 0.5, 0.25],
            "accuracy": [0.4, 0.6, 0.8],
            "val_loss": [1.0, 0.6, 0.9],
            "val_accuracy": [0.4, 0.7, 0.6],
            "learning_rate": 0.001,
            "seconds": 1.0,
        }
    )


def predictions(codes=CODES, per_split=30, seed=0):
    """Rows of every split; about two thirds are right; two photos show one lesion."""
    chance = np.random.default_rng(seed)
    tables = []
    for split in run.SPLITS:
        truth = np.arange(per_split) % len(codes)
        scores = chance.dirichlet(np.ones(len(codes)), per_split)
        right = chance.random(per_split) < 0.67
        scores[right, truth[right]] += 1.0
        table = pd.DataFrame(scores / scores.sum(axis=1, keepdims=True)).set_axis(
            [f"p_{code}" for code in codes], axis=1
        )
        table.insert(0, "split", split)
        table.insert(1, "fold", 0)
        table.insert(2, "image_id", [f"{split}_{row}" for row in range(per_split)])
        table.insert(3, "lesion_id", [f"{split}_{row // 2}" for row in range(per_split)])
        table.insert(4, "diagnosis", [codes[number] for number in truth])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


CALIBRATION = {
    "fitted_on": "validation",
    "num_photos": 30,
    "temperature": 1.0,
    "conformal": {"coverage": 0.9, "quantile": 0.8, "num_photos": 30},
    "operating_points": [
        {
            "of": ["bcc", "mel"],
            "wanted_sensitivity": 0.95,
            "threshold": 0.2,
            "sensitivity": 0.96,
            "specificity": 0.5,
            "num_malignant": 20,
            "num_others": 10,
        }
    ],
}


def novelty(size=3):
    """Distance of the features, with three the mean colour, to mid grey; the cut is 0.5."""
    return {"mean": np.full(size, 0.5), "whitening": np.eye(size), "cut": np.float32(0.5)}


def kinds():
    """Red photos are phone photos, others dermatoscopic; both are like mid grey."""
    score = novelty()
    return {
        "names": np.array(["dermatoscopic photo", "phone photo"]),
        "weights": np.array([[0.0, 20.0], [0.0, 0.0], [0.0, 0.0]]),
        "bias": np.array([0.0, -10.0]),
        **{key: np.stack([values, values]) for key, values in score.items()},
    }


def calibration_by_kind():
    """As `CALIBRATION`, with another temperature, quantile and threshold for phone photos."""
    point = CALIBRATION["operating_points"][0] | {"threshold": 0.4}
    of_phone = {
        "temperature": 4.0,
        "conformal": {"coverage": 0.9, "quantile": 0.3, "num_photos": 12},
        "operating_points": [point],
    }
    return CALIBRATION | {"kind": "dermatoscopic photo", "kinds": {"phone photo": of_phone}}


def external(codes=CODES):
    """Six phone photos of three people, each right, and four pictures of nothing."""
    truth = ["bcc", "bcc", "mel", "mel", "nv", "nv", *4 * [""]]
    table = pd.DataFrame(
        {
            "kind": 6 * ["phone photo"] + 4 * ["no lesion"],
            "image_id": [f"outside_{row}" for row in range(10)],
            "person_id": [f"person_{row // 2}" for row in range(6)] + [f"p{row}" for row in "abcd"],
            "diagnosis": truth,
        }
    )
    for code in codes:
        table[f"p_{code}"] = [0.8 if true == code else 0.1 if true else 1 / 3 for true in truth]
    return table.assign(novelty=[0.4, 0.6, 0.9, 1.1, 1.2, 1.4, 2.0, 2.0, 3.0, 0.2])


def quality(num_photos=100):
    """Validation and test photos whose measures run evenly over what such measures can be."""
    place = np.linspace(0, 1, num_photos)
    tables = [
        pd.DataFrame(
            {
                "split": split,
                "image_id": [f"{split}_{row}" for row in range(num_photos)],
                "blur": place,
                "light": place,
                "glare": place / 10,
                "side": 100 + 100 * place,
                "fill": place,
            }
        )
        for split in ("validation", "test")
    ]
    return pd.concat(tables, ignore_index=True)


def write(
    parent,
    name="toy",
    codes=CODES,
    with_network=True,
    calibration=None,
    save=None,
    rows=None,
    external=None,
    quality=None,
    num_features=3,
    has_novelty=True,
    has_kinds=False,
    **changes,
):
    """A toy run folder, written by the real writer; `save` writes another network into it, `rows`
    are other predictions, `external` those on photos of other data sets; its heat map layer has
    `num_features` channels."""
    if calibration is None:
        points = [
            point for point in CALIBRATION["operating_points"] if set(point["of"]) <= set(codes)
        ]
        calibration = CALIBRATION | {"operating_points": points}
        if has_kinds:
            calibration = calibration_by_kind()
    contents = writer.RunContents(
        card(name, codes, **changes),
        history(),
        predictions(codes) if rows is None else rows,
        calibration,
        novelty(num_features) if has_novelty else None,
        external,
        quality,
        (save or network(codes).save) if with_network else None,
        kinds() if has_kinds else None,
    )
    return writer.write(parent, contents)


def flat(colour, height=80, width=100):
    """(height, width, 3) uint8 of one RGB colour."""
    return np.full((height, width, 3), colour, np.uint8)


def encoded(pixels, kind="PNG", **options):
    """Pixels as the bytes of a file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()
