"""Sentences that judge or compare and claim nothing about the runs that ship, each with why.

A text that stands on screen only under a condition names the code that decides, as `module:name`.
"""

from enum import Enum


class Why(Enum):
    MEANING = "says what a word, a figure or a mark means"
    PROCEDURE = "says what the program does, which other tests hold"
    QUESTION = "asks the reader, or advises"
    SOURCE = "is somebody else's finding, or a fact of the data, with its source beside it"
    RECORD = "was measured once, of networks that are gone, and says so"
    UNKNOWN = "says that something is not known"


MEANING, PROCEDURE, QUESTION = Why.MEANING, Why.PROCEDURE, Why.QUESTION
SOURCE, RECORD, UNKNOWN = Why.SOURCE, Why.RECORD, Why.UNKNOWN

ABOVE_CHANCE = "model.heatmaps.covering:Covering.verdict"
FOOLED = "model.evaluation.covering_rates:is_fooled"
GUESSING = "pages.shared.cache:is_guessing"
SIGN_COST = "model.evaluation.sign_cost:SignCost.is_shown"
RECALL_GAP = "model.evaluation.subgroups:RecallGap.is_shown"
PAIRED_GAP = "model.evaluation.protocol_gap:paired_gap"
NOVEL = "model.prediction.prediction:Prediction.is_novel"
LOCALISATION = "model.evaluation.localisation:failed_checks"
COMPARISON = "model.evaluation.paired_runs:compare"

UNBOUND: dict[str, dict[str, Why | str]] = {
    "README.md": {
        "say where each run is weak": PROCEDURE,
    },
    "docs/bring_your_own.md": {
        "say that its figures may flatter it": PROCEDURE,
        "takes its place if it lowers the log loss": PROCEDURE,
        "If shuffled labels fit the network as well as the true ones": PROCEDURE,
        "One untrained network in twenty passes by chance.": MEANING,
        "If something else would do better, the import says that, too.": PROCEDURE,
        "ten of ten for a weaker network of the same kind": RECORD,
    },
    "docs/experiments.md": {
        "no gain |": RECORD,
        "augmentation about half as strong;": PROCEDURE,
        "and with augmentation about half as strong.": PROCEDURE,
        "0.593 in epoch 34, one view) improved;": RECORD,
        "| | | 90 % sets hold the truth in": RECORD,
        "it keeps half of what the three gain over": RECORD,
        "is the next thing to try, chosen on validation photos": UNKNOWN,
        "0.93 (0.91-0.95) of 715 for the third edition": RECORD,
        "should not open with the worse ones": QUESTION,
        "Why they are worse was not found out:": UNKNOWN,
        "stronger changes of colour were not tried:": UNKNOWN,
        "| weaker on phone photos |": RECORD,
        "The first row looks best but is a trap:": RECORD,
    },
    "docs/heat_maps.md": {
        "pointing improves from 0.82 to 0.98": RECORD,
        "Most of the gain in energy comes from the position": RECORD,
        "so that you can tell a faint heat map from a strong one": MEANING,
        "*better than chance*:": MEANING,
        "*no better than chance*:": MEANING,
        "The last two know nothing, so what they pass is false.": MEANING,
        "Share called better than chance": MEANING,
        "did not mend it:": RECORD,
        "7 shuffled maps passed before and 6 after": RECORD,
        "since a pass needs all 40 to do worse": MEANING,
        "at the level that suits each photo best": MEANING,
        "A method fails on a run": PROCEDURE,
    },
    "docs/run_folder.md": {
        "`better`, `no better`, `unclear`": MEANING,
        "for the train, validation and test parts alike": PROCEDURE,
    },
    "docs/teaching.md": {
        "A leak does not prove that a figure is too high;": MEANING,
        "is a recipe whose interval holds 0:": MEANING,
        "no lift is shown.": MEANING,
        "How sure was the network of its worst mistakes?": QUESTION,
        '"Where it is weak":': QUESTION,
        "find a heat map that does no better than chance": QUESTION,
        "Which is better?": QUESTION,
    },
    "docs/tour.md": {
        "whether the heat map does better than chance": PROCEDURE,
        "*Where it is weak* (for whom it fails).": PROCEDURE,
    },
    "docs/training.md": {
        "the one with fewer |": PROCEDURE,
        "sharp photos are less often malignant": SOURCE,
        "Diagnoses with fewer than 10 lesions left are left out.": PROCEDURE,
    },
}
