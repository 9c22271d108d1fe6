"""What card.json and calibration.json must hold: as types, and as JSON Schemas that check them."""

from typing import Any, NotRequired, TypedDict

import jsonschema

HONEST, AS_PUBLISHED = PROTOCOLS = ("honest", "as-published")
IMPORTED = "imported"  # trained elsewhere, on photos that nobody recorded
RESIZINGS = ("bicubic", "bilinear", "nearest")  # see `model.photo.decode.resize`
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
COUNT = {"type": "integer", "minimum": 0}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
CODES = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}


class Input(TypedDict):
    """What the network takes: pixels, how photos are brought to their number, their range for 0 and
    255, and how many views it averages."""

    height: int
    width: int
    range: list[float]
    views: NotRequired[int]
    resizing: NotRequired[str]


class LeftOut(TypedDict):
    """Photos that cleaning removed before the split."""

    reason: str
    diagnosis: str
    num_photos: int


class PhonePhotos(TypedDict):
    """Phone photos that took part in the training; `counts` as in `Data`."""

    name: str
    licence: str
    num_photos: int
    num_people: int
    counts: dict[str, dict[str, int]]


class Data(TypedDict):
    """The photos of a run; `counts` maps a diagnosis to photos by split."""

    name: str
    licence: str
    fingerprint: str
    num_photos: int
    num_lesions: int
    counts: dict[str, dict[str, int]]
    rendered: NotRequired[bool]
    num_copies: NotRequired[int]
    left_out: NotRequired[list[LeftOut]]
    phone_photos: NotRequired[PhonePhotos]


class PublishedFigure(TypedDict):
    """What the publication of a recipe reports, and the part of ours to compare it with."""

    accuracy: float | None
    compared_with: str
    said: str


class Trial(TypedDict):
    """One way of feeding an imported network, and what came of it on validation photos."""

    pixels: str
    resizing: str
    order: str
    balanced_accuracy: float
    log_loss: float


class Imported(TypedDict):
    """Where an imported run comes from, and what was found out about it.

    `file` and `sha256` are those of what was imported. `trials` are the ways of feeding it that
    were tried, `findings` what follows from them in sentences.
    """

    file: str
    sha256: str
    trials: list[Trial]
    findings: list[str]


class Card(TypedDict):
    """card.json: what a run is and claims. docs/run_folder.md says what each key means.

    A run without a network has neither `input` nor `heatmap_layer`.
    """

    name: str
    title: str
    summary: str
    recipe: str
    protocol: str
    settings: dict[str, Any]  # the recipe resolved; its keys differ between recipes
    diagnoses: list[str]
    input: NotRequired[Input]
    heatmap_layer: NotRequired[str]
    data: Data
    seed: int
    versions: dict[str, str]
    revision: str
    use: str
    limits: list[str]
    files: dict[str, str]
    published: NotRequired[PublishedFigure]
    malignant: NotRequired[list[str]]
    imported: NotRequired[Imported]


class ConformalFit(TypedDict):
    """The quantile of a prediction set, fitted on `num_photos` validation photos."""

    coverage: float
    quantile: float
    num_photos: int


class OperatingPointFit(TypedDict):
    """A threshold on the summed probability of the codes `of`, fitted on validation photos."""

    of: list[str]
    wanted_sensitivity: float
    threshold: float
    sensitivity: float
    specificity: float
    num_malignant: NotRequired[int]
    num_others: NotRequired[int]


class Mix(TypedDict):
    """How probabilities change from diagnoses that are all equally frequent to a mix of them.

    Their logarithms are multiplied by `sharpness`, and `prior_weight` times the logarithm of each
    share of the mix is added. `shares` is the mix of the validation photos.
    """

    sharpness: float
    prior_weight: float
    shares: dict[str, float]


class KindCalibration(TypedDict):
    """What was fitted on the validation photos of one kind."""

    temperature: float
    conformal: NotRequired[ConformalFit]
    operating_points: NotRequired[list[OperatingPointFit]]
    mix: NotRequired[Mix]


class Calibration(KindCalibration):
    """calibration.json: everything fitted on validation photos.

    A run that tells kinds of photo apart names the `kind` of its own photos, whose fit stands at
    the top, and has that of every other kind in `kinds`.
    """

    kind: NotRequired[str]
    kinds: NotRequired[dict[str, KindCalibration]]


def _object(needed, optional=None):
    properties = {**needed, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(needed)}


COUNTS = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": COUNT},
}
CARD = _object(
    {
        "name": TEXT,
        "title": TEXT,
        "summary": TEXT,
        "recipe": TEXT,
        "protocol": {"enum": [*PROTOCOLS, IMPORTED]},
        "settings": _object(
            {}, {"command": TEXT, "monitor": {"enum": ["val_loss", "val_accuracy", "epoch"]}}
        ),
        "diagnoses": CODES | {"minItems": 2},
        "data": _object(
            {
                "name": TEXT,
                "licence": TEXT,
                "fingerprint": TEXT,
                "num_photos": COUNT,
                "num_lesions": COUNT,
                "counts": COUNTS,
            },
            {
                "rendered": {"type": "boolean"},
                "num_copies": COUNT,
                "phone_photos": _object(
                    {
                        "name": TEXT,
                        "licence": TEXT,
                        "num_photos": COUNT,
                        "num_people": COUNT,
                        "counts": COUNTS,
                    }
                ),
                "left_out": {
                    "type": "array",
                    "items": _object({"reason": TEXT, "diagnosis": TEXT, "num_photos": COUNT}),
                },
            },
        ),
        "seed": {"type": "integer"},
        "versions": {"type": "object"},
        "revision": TEXT,
        "use": TEXT,
        "limits": {"type": "array", "items": TEXT},
        "files": {"type": "object", "additionalProperties": TEXT},
    },
    {
        "input": _object(
            {
                "height": {"type": "integer", "minimum": 8, "maximum": 2048},
                "width": {"type": "integer", "minimum": 8, "maximum": 2048},
                "range": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
            },
            {"views": {"enum": [1, 8]}, "resizing": {"enum": list(RESIZINGS)}},
        ),
        "heatmap_layer": TEXT,
        "malignant": CODES,
        "imported": _object(
            {
                "file": TEXT,
                "sha256": TEXT,
                "trials": {
                    "type": "array",
                    "items": _object(
                        {
                            "pixels": TEXT,
                            "resizing": {"enum": list(RESIZINGS)},
                            "order": TEXT,
                            "balanced_accuracy": SHARE,
                            "log_loss": NUMBER,
                        }
                    ),
                },
                "findings": {"type": "array", "items": TEXT},
            }
        ),
        "published": _object(
            {
                "accuracy": SHARE | {"type": ["number", "null"]},
                "compared_with": {"enum": ["validation", "test"]},
                "said": TEXT,
            }
        ),
    },
)

TEMPERATURE = {"temperature": {"type": "number", "exclusiveMinimum": 0, "maximum": 100}}
FITTED = {
    "conformal": _object({"coverage": SHARE, "quantile": SHARE, "num_photos": COUNT}),
    "operating_points": {
        "type": "array",
        "items": _object(
            {
                "of": CODES | {"minItems": 1},
                "wanted_sensitivity": SHARE,
                "threshold": SHARE,
                "sensitivity": SHARE,
                "specificity": SHARE,
            }
        ),
    },
    "mix": _object(
        {
            "sharpness": NUMBER,
            "prior_weight": NUMBER,
            "shares": {"type": "object", "additionalProperties": SHARE},
        }
    ),
}
CALIBRATION = _object(
    TEMPERATURE,
    FITTED
    | {
        "kind": TEXT,
        "kinds": {"type": "object", "additionalProperties": _object(TEMPERATURE, FITTED)},
    },
)


def first_fault(document: object, schema: dict[str, Any]) -> str | None:
    """The first thing wrong with a document, as part of a sentence; None when all is well."""
    fault = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema).iter_errors(document)
    )
    if fault is None:
        return None
    where = fault.json_path.removeprefix("$").lstrip(".")
    message = fault.message if len(fault.message) < 160 else fault.message[:150] + " ..."
    return f"{where}: {message}" if where else message
