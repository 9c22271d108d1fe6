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
FOOLED = "model.evaluation.covering_rates:Rates.tells"
GUESSING = "pages.shared.cache:is_guessing"
SIGN_COST = "model.evaluation.sign_cost:SignCosts.is_shown"
RECALL_GAP = "model.evaluation.subgroups:RecallGap.is_shown"
SKIN_TONE = "model.evaluation.skin_tone:Agreement.verdict"
NET_BENEFIT = "model.evaluation.net_benefit:NetBenefit.is_better"
PAIRED_GAP = "model.evaluation.protocol_gap:paired_gap"
LEAK = "model.evaluation.bootstrap:Estimate.direction"
LOCALISATION = "model.evaluation.localisation:failed_checks"
ATLAS = "model.evaluation.strategy_atlas:Cluster.is_more_often_wrong"
BASELINE = "model.evaluation.map_baselines:Comparison.verdict"
COMPARISON = "model.evaluation.paired_runs:compare"
DIFFERENCE = "model.evaluation.findings:compared"
NEIGHBOURS = "model.evaluation.neighbour_vote:verdict"
SUM_OFF = "model.evaluation.findings:malignant_sum_is_off"

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
    "docs/deploy.md": {
        "photo is gone with the memory of its server:": PROCEDURE,
    },
    "docs/experiments.md": {
        "no gain |": RECORD,
        "augmentation about half as strong;": PROCEDURE,
        "and with augmentation about half as strong.": PROCEDURE,
        "0.593 in epoch 34, one view) improved;": RECORD,
        "| 90 % sets hold the truth in": RECORD,
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
        "did not help:": RECORD,
        "0.07 of the shuffled maps passed with the 40 random areas alone": RECORD,
        "own maps passed in 0.35 and 0.30": RECORD,
        "fewer passes (0.26 and 0.17)": RECORD,
        "7 shuffled maps passed before and 6 after": RECORD,
        "since a pass needs all 60 to do worse": MEANING,
        "at the level that suits each photo best": MEANING,
        "A method fails on a run": PROCEDURE,
        "with the map at the scale that suits it best": MEANING,
        "a photo of one channel": PROCEDURE,
    },
    "docs/load.md": {
        "(one visit each, on a busy machine, so the difference is noise)": RECORD,
    },
    "docs/performance.md": {
        "Most of it comes from fewer operations (folding),": RECORD,
    },
    "docs/run_folder.md": {
        "`better`, `no better`, `unclear`": MEANING,
        "for the train, validation and test parts alike": PROCEDURE,
        "`weighting` (`alike`, `by frequency`)": MEANING,
        "calibrated as that training did;": MEANING,
    },
    "docs/teaching.md": {
        "*At worst, same network and photos*": PAIRED_GAP,
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
    "docs/skin_tone.md": {
        "may do worse on dark skin": UNKNOWN,
        "the angle would mean nothing": MEANING,
        "made for a calibrated instrument": MEANING,
        "with a verdict that follows from the interval": PROCEDURE,
        "none shown, weak (may be nearer to 0 than 0.5)": MEANING,
    },
    "docs/training.md": {
        "the one with fewer |": PROCEDURE,
        "sharp photos are less often malignant": SOURCE,
        "Diagnoses with fewer than 10 lesions left are left out.": PROCEDURE,
    },
    "model/evaluation/atlas_sentences.py": {
        ": no difference is shown,": ATLAS,
        ". Fewer than": MEANING,
        ": wrong more often here, by": ATLAS,
        ": wrong less often here, difference": ATLAS,
        ", which may be chance.": ATLAS,
        "On average": MEANING,
        ": wrong more often than these.": ATLAS,
        ": wrong less often than these.": ATLAS,
        ", which may be chance: the diagnoses may be all there is to it.": ATLAS,
    },
    "model/evaluation/checklist.py": {
        "How often it passes heat maps that know nothing is measured.": PROCEDURE,
    },
    "model/evaluation/calibration_errors.py": {"every diagnosis weighted alike": MEANING},
    "model/evaluation/findings.py": {
        "higher by": DIFFERENCE,
        "lower by": DIFFERENCE,
        "too high": SUM_OFF,
        "too low": SUM_OFF,
        "on average, and": MEANING,
        "is higher for a photo of": MEANING,
        "does better": NET_BENEFIT,
        "does worse": "model.evaluation.net_benefit:NetBenefit.is_worse",
        "Beside the better of acting on all and on none": NET_BENEFIT,
    },
    "model/evaluation/leak_effect.py": {"No effect is shown.": LEAK},
    "model/evaluation/neighbour_vote.py": {
        "The difference may be chance.": NEIGHBOURS,
        "The neighbours are better.": NEIGHBOURS,
        "The network is better.": NEIGHBOURS,
        "Where they differ, the network is right less often": "model.evaluation.sign_cost:"
        "SignCost.is_shown",
        "It is not shown that the network is right less often": "model.evaluation.sign_cost:"
        "SignCost.is_shown",
    },
    "model/evaluation/run_sentences.py": {
        "lights and filters that nobody calibrated": SOURCE,
        "The interval holds 0: the estimate is not shown to say anything": SKIN_TONE,
        "So the estimate is weak": SKIN_TONE,
        ", which may be chance.": RECALL_GAP,
        "The interval holds 0: no effect of the leak is shown.": PAIRED_GAP,
        "lies inside the lesion no more often (": LOCALISATION,
        "its maximum lies inside the lesion more often than that of": BASELINE,
        "its maximum lies inside the lesion less often than that of": BASELINE,
        "are recognised less often in these groups than in the others.": RECALL_GAP,
        "recognised less often than the others.": RECALL_GAP,
    },
    "model/evaluation/tables.py": {
        "Prediction sets hold the truth": MEANING,
        "Gain over the better of all and none": MEANING,
    },
    "model/heatmaps/covering.py": {"no better": ABOVE_CHANCE},
    "model/heatmaps/baselines.py": {"of the training photos are on average": MEANING},
    "model/heatmaps/methods/__init__.py": {"raises the diagnosis on average": MEANING},
    "model/heatmaps/metrics/__init__.py": {
        "how often the answer survives": MEANING,
        "0 where all places are alike": MEANING,
        "is better": MEANING,
    },
    "model/run/tables.py": {"no better": MEANING},
    "pages/about/checklist.py": {"in the order that suits them best": PROCEDURE},
    "pages/about/page.py": {"Where it is weak": MEANING},
    "pages/classify/own_labels.py": {"They hold for photos chosen as you chose these.": MEANING},
    "pages/classify/photo_quality.py": {"A better photo of the same kind may be": UNKNOWN},
    "pages/classify/signs.py": {
        "no better": ABOVE_CHANCE,
        "Passes a weak test": FOOLED,
        "Heat map beats chance": ABOVE_CHANCE,
    },
    "pages/compare/heatmap_accuracy.py": {
        "at the level that fits each photo best": MEANING,
        "Slow methods were measured on fewer photos.": PROCEDURE,
    },
    "pages/compare/heatmap_metrics.py": {"An interval that holds 0 shows no difference": MEANING},
    "pages/compare/injections.py": {
        "interval holds 0: no effect is shown": MEANING,
    },
    "pages/compare/leak_meter.py": {
        "At worst, same network and photos:": PAIRED_GAP,
        "Higher as published:": PAIRED_GAP,
        "No lift is shown": PAIRED_GAP,
        "the network trained on the leaking split does better": MEANING,
        "interval holds 0: no effect is shown": MEANING,
    },
    "pages/compare/one_photo.py": {
        "which does not make it weak": MEANING,
        "cells, the strongest against the average.": MEANING,
        "Strongest cell:": MEANING,
    },
    "pages/compare/two_runs.py": {
        "Their balanced accuracies are alike.": COMPARISON,
        "from decoded photo to calibrated probabilities": MEANING,
        "** has the higher balanced accuracy, by": COMPARISON,
        ", may be chance: its interval holds zero.": COMPARISON,
        "the difference may be chance": COMPARISON,
    },
    "pages/explain/cover.py": {
        "no better": ABOVE_CHANCE,
        "The heat map does better than chance if the diamond": MEANING,
    },
    "pages/explain/differential.py": {"so what is pale hardly matters": MEANING},
    "pages/explain/heatmap_grid.py": {
        "so a faint one looks as bright as a strong one": MEANING,
        "then every cell of a feature map counts alike": MEANING,
    },
    "train/reports/cases.md.jinja": {"and not at all where too few are alike": PROCEDURE},
    "pages/explain/then_and_now.py": {
        "Photos have no scale": UNKNOWN,
        "too few details are alike in both": "model.photo.registration:lay_over",
        "by the details that are alike in both": "model.photo.registration:lay_over",
    },
    "pages/learn/leak_lesson.py": {
        "this one gains most;": PAIRED_GAP,
        "show no gain.": PAIRED_GAP,
    },
    "pages/shared/choices.py": {"no better than guessing": GUESSING},
    "pages/shared/colour_bar.py": {"its strongest place": MEANING},
    "pages/shared/crop_picker.py": {"Upper and lower edge": MEANING},
    "pages/shared/familiarity.py": {
        "a model that is not shown to be better than guessing": GUESSING,
        "the model is not shown to be better than guessing": GUESSING,
    },
    "pages/shared/measured.py": {
        "its figures flatter it.": UNKNOWN,
        "is not shown to be better than guessing**": GUESSING,
        ": not shown to do better than chance.": ABOVE_CHANCE,
        "own heat maps do better than chance in": MEANING,
        "on average (calibration error).": MEANING,
        "the heat map does better than chance.": ABOVE_CHANCE,
        "That is too often: a pass says little here.": FOOLED,
        "Its own are not shown to pass more often": FOOLED,
        "): a pass says little here.": FOOLED,
    },
    "pages/shared/page.py": {"never stored, logged or passed on": PROCEDURE},
    "pages/shared/statements.py": {
        "is known to make the model wrong more often": SIGN_COST,
        "diagnoses on average.": MEANING,
        "its figures may be far too good": PROCEDURE,
    },
    "pages/shared/tables.py": {
        "has not improved for": PROCEDURE,
        "epochs and keeps the one with the best": PROCEDURE,
    },
    "pages/shared/words.py": {
        "Photos of one lesion look alike": MEANING,
        "A lower one finds more and raises more false alarms.": MEANING,
        "gets a higher probability than one that does not": MEANING,
        "on average. 0 would be perfect.": MEANING,
    },
    "pages/training/calibration.py": {
        "diagnoses on average. The target is": MEANING,
        "below 1 it is too extreme, below 0 too high": MEANING,
    },
    "pages/training/learning_curves.py": {
        "how much better the network does on training photos": MEANING,
        "Lower is better.": MEANING,
        "it was the best on the validation photos": PROCEDURE,
    },
    "pages/training/page.py": {"Where it is weak": MEANING},
    "pages/training/thresholds.py": {
        "where few lesions are malignant, precision is lower": MEANING,
        "with the gain over the better of all and none": MEANING,
    },
    "pages/training/weak_spots.py": {
        "by chance alone that of fewer photos is larger": MEANING,
        "the chance that such a photo's novelty score is higher": MEANING,
        "Grey, hollow marks: fewer than": MEANING,
        "fewer than": MEANING,
    },
    "pages/training/whole_report.py": {"Where it is weak": MEANING},
    "train/reports/atlas.md.jinja": {
        "Groups of fewer than": PROCEDURE,
        "does not hold 0 and the means are": PROCEDURE,
    },
    "train/reports/outline_page.md.jinja": {"Diagnoses of fewer than": PROCEDURE},
    "train/reports/covering_test.py": {"Covering test: better than chance": MEANING},
    "train/reports/model_card.py": {
        "with Wilson's interval by lesion; fewer than": MEANING,
        "Better than chance": MEANING,
    },
    "train/reports/reporting.py": {"no difference shown": NET_BENEFIT},
    "train/reports/leaks.md.jinja": {},
    "train/reports/model_card.md.jinja": {
        "by chance alone that of fewer photos is larger": MEANING,
        "diagnoses on average.": MEANING,
        "0 is right, below 0 too high": MEANING,
        "## Where it is weak": MEANING,
        "such a photo is higher than that of an own test photo": MEANING,
        "at the level that fits each photo best": MEANING,
        "an interval that holds 0 shows no difference:": MEANING,
        "know nothing, so what they pass is false": MEANING,
    },
    "train/reports/reporting.md.jinja": {
        "Whether the threshold does better than the better of": MEANING,
        "a better one gets a new name": PROCEDURE,
    },
}
