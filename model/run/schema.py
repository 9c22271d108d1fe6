"""What card.json and calibration.json must hold, as JSON Schemas."""

import jsonschema

HONEST, AS_PUBLISHED = PROTOCOLS = ("honest", "as-published")
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
COUNT = {"type": "integer", "minimum": 0}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
CODES = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}


def _object(needed, optional=None):
    properties = {**needed, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(needed)}


CARD = _object(
    {
        "name": TEXT,
        "title": TEXT,
        "summary": TEXT,
        "recipe": TEXT,
        "protocol": {"enum": list(PROTOCOLS)},
        "settings": _object(
            {}, {"command": TEXT, "monitor": {"enum": ["val_loss", "val_accuracy"]}}
        ),
        "diagnoses": CODES | {"minItems": 2},
        "input": _object(
            {
                "height": {"type": "integer", "minimum": 8, "maximum": 2048},
                "width": {"type": "integer", "minimum": 8, "maximum": 2048},
                "range": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
            },
            {"views": {"enum": [1, 8]}},
        ),
        "heatmap_layer": TEXT,
        "data": _object(
            {
                "name": TEXT,
                "licence": TEXT,
                "fingerprint": TEXT,
                "num_photos": COUNT,
                "num_lesions": COUNT,
                "counts": {
                    "type": "object",
                    "additionalProperties": {"type": "object", "additionalProperties": COUNT},
                },
            },
            {
                "rendered": {"type": "boolean"},
                "num_copies": COUNT,
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
        "published": _object(
            {
                "accuracy": SHARE | {"type": ["number", "null"]},
                "compared_with": {"enum": ["validation", "test"]},
                "said": TEXT,
            }
        )
    },
)

CALIBRATION = _object(
    {"temperature": {"type": "number", "exclusiveMinimum": 0, "maximum": 100}},
    {
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
    },
)


def first_fault(document, schema):
    """The first thing wrong with a document, as part of a sentence; None when all is well."""
    fault = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema).iter_errors(document)
    )
    if fault is None:
        return None
    place = fault.json_path.removeprefix("$").lstrip(".")
    message = fault.message if len(fault.message) < 160 else fault.message[:150] + " ..."
    return f"{place}: {message}" if place else message
