"""What is known about a run and what is missing, with the way to add it."""

from __future__ import annotations

from dataclasses import dataclass

from model.evaluation.run_sentences import ledger_sentences
from model.run import ABOUT_PHOTO, HONEST, IMPORTED, Run
from model.run.ledger import is_of

NEEDS_NETWORK = "Not possible without the network."


@dataclass(frozen=True)
class Check:
    """One thing that the app can show of a run.

    `is_there` says whether it can; `text` what is known, or how to add what is missing, where
    `command` is the command that adds it.
    """

    name: str
    is_there: bool
    text: str
    command: str = ""


def checklist(run: Run) -> list[Check]:
    """Everything that the app shows of a run, in the order in which a visitor meets it."""
    return [
        _answers(run),
        _figures(run),
        *([_training_photos(run), _lesions(run)] if run.is_measured else []),
        _calibration(run),
        _threshold(run),
        Check(
            "Unusual photos are flagged",
            run.novelty is not None,
            "A photo is compared with its own photos, by the network's features."
            if run.novelty is not None
            else _added_by_photos(run),
        ),
        Check(
            "Photo quality",
            run.quality is not None,
            "Blur, light and framing are held against its own photos."
            if run.quality is not None
            else _not_measured(run),
            _command(run, "quality-report --run {} --runs DIR --data DIR", run.quality),
        ),
        _heat_maps(run),
        _covering(run),
        Check(
            "Learning curves",
            run.has_history,
            f"{len(run.history)} epochs."
            if run.has_history
            else "Not recorded. Only a run that was trained here has them.",
        ),
        Check(
            "Photos from elsewhere",
            run.external is not None,
            f"{len(run.external):,} photos." if run.external is not None else _not_measured(run),
            _command(run, "external {} --runs DIR --isic2018-test DIR", run.external),
        ),
        _subgroups(run),
        _ledger(run),
    ]


def _command(run, command, table):
    """The command that adds a table; empty where the run has it, or lacks what it needs."""
    if table is not None or not run.has_network or not run.is_measured:
        return ""
    return f"python -m train {command.format(run.name)}"


def _added_by_photos(run):
    if run.is_measured and not run.has_network:
        return NEEDS_NETWORK
    return "Import it again with --data: photos of known diagnosis."


def _not_measured(run):
    return "Not measured." if run.has_network else NEEDS_NETWORK


def _answers(run):
    if not run.has_network:
        return Check(
            "Answers and heat maps",
            False,
            "Predictions alone came with it. Import the network to ask it about photos.",
        )
    return Check("Answers and heat maps", True, f"Heat maps come from {run.card['heatmap_layer']}.")


def _figures(run):
    if not run.is_measured:
        return Check("Figures on test photos", False, _added_by_photos(run))
    rows = run.test_photos
    return Check(
        "Figures on test photos",
        True,
        f"{len(rows):,} test photos of {rows['lesion_id'].nunique():,} lesions.",
    )


def _training_photos(run):
    is_known = run.card["protocol"] != IMPORTED
    if run.card["protocol"] == HONEST:
        text = "Honest: none of its lesions is in two parts."
    elif is_known:
        text = "As published: its split leaks."
    elif run.has_training_photos:
        text = "Named in its table, but copies were not looked for. See its limits on the card."
    elif run.has_network:
        text = (
            "Nobody can tell whether it has seen its test photos. Import it again with --split CSV "
            "(image_id, split)."
        )
    else:
        text = (
            "Nobody can tell whether its network has seen them. Give its table the training "
            "photos, too, with train in a column split."
        )
    return Check("Training photos are known", is_known, text)


def _lesions(run):
    num_unknown = run.num_without_lesion_id
    return Check(
        "Lesions are known",
        not num_unknown,
        f"{num_unknown:,} of all its photos have no lesion id and count as a lesion each. "
        + (
            "Lesion ids can be given with --lesions CSV (image_id, lesion_id)."
            if run.has_network
            else "Give its table a column lesion_id."
        )
        if num_unknown
        else "Intervals resample lesions.",
    )


def _calibration(run):
    conformal = run.calibration.get("conformal")
    return Check(
        "Temperature and prediction sets",
        conformal is not None,
        f"Fitted on {conformal['num_photos']:,} validation photos."
        if conformal
        else "Its probabilities are as they come. Import it again with at least 20 photos of the "
        "split validation.",
    )


def _threshold(run):
    has_one = bool(run.calibration.get("operating_points"))
    if has_one:
        text = f"Malignant: {', '.join(run.malignant)}."
    elif not run.malignant:
        text = "None of its labels counts as malignant. Say which do with --malignant."
    else:
        text = "Import it again with validation photos of malignant and other lesions."
    return Check("Threshold for malignant lesions", has_one, text)


def _heat_maps(run):
    table = run.localisation
    return Check(
        "Heat maps against lesion masks",
        table is not None,
        f"{table['image_id'].nunique():,} photos."
        if table is not None
        else "Not measured; needs masks (<image_id>_segmentation.png) in the data folder."
        if run.has_network
        else NEEDS_NETWORK,
        _command(run, "explain-report --run {} --runs DIR --data DIR", table),
    )


def _covering(run):
    return Check(
        "Covering test",
        run.covering_test is not None,
        "How often it passes heat maps that know nothing is measured."
        if run.covering_test is not None
        else _not_measured(run),
        _command(
            run,
            "explain-report --run {} --runs DIR --data DIR --only covering",
            run.covering_test,
        ),
    )


def _ledger(run):
    is_whole = run.ledger is not None and run.ledger.fault is None
    return Check(
        "Ledger of choices and readings",
        is_whole and (not run.is_measured or is_of(run.ledger, run)),
        " ".join(ledger_sentences(run)),
        "" if run.ledger else f"python -m train ledger {run.name} --runs DIR --begin",
    )


def _subgroups(run):
    known = [name.replace("_", " ") for name in ABOUT_PHOTO if name in run.predictions.columns]
    return Check(
        "Groups of people and photos",
        bool(known),
        f"By {', '.join(known)}."
        if known
        else "Not recorded. Age, sex, body_site and confirmed_by can be columns of the table of "
        + ("photos (--data)." if run.has_network else "predictions."),
    )
