"""Every cache the app shares between visitors. No visitor's photo ever comes near it.

Photos and what was computed from them live in the visitor's own session (`pages.shared.session`).
What stands here is given to every visitor as it is, not as a copy: nobody may change it.
"""

import hashlib
import io
import math
import os
import pickle
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from model import run
from model.audit import known_lesions as lesions_of_runs
from model.evaluation import (
    conformal,
    heatmap_metrics,
    injection,
    leak_effect,
    lesion_outlines,
    map_baselines,
    metrics,
    operating_points,
    paired_runs,
    photo_faults,
    protocol_gap,
    reference_standard,
    run_sentences,
    signs,
)
from model.evaluation import covering_rates as measured_covering
from model.evaluation import external_results as outside
from model.evaluation import learned_shortcut as learned
from model.evaluation import localisation as localised
from model.evaluation import neighbour_overlap as neighbour_overlaps
from model.evaluation import neighbour_vote as neighbour_votes
from model.evaluation import planted as planted_effects
from model.evaluation import randomisation as shuffling
from model.evaluation import same_lesion_spread as same_lesion_spreads
from model.evaluation import skin_tone as skin_tone_of
from model.evaluation import without_lesion as masked
from model.evaluation.malignancy import malignancy as measured_malignancy
from model.evaluation.net_benefit import net_benefit as decision_curve
from model.evaluation.roc import roc_curve
from model.evaluation.strategy_atlas import atlas as measured_atlas
from model.evaluation.subgroups import recall_gaps as recall_gaps_of
from model.evaluation.subgroups import subgroups
from model.photo.decode import SUFFIXES, decode, within
from model.photo.drawings import DrawnPhoto
from model.prediction.mix import read_at
from model.prediction.neighbours import Neighbours
from model.run import IMPORTED

MAX_OF_SAMPLES = 256  # results for samples: at most 40 MB, most of it encoded pictures
LOOK_EVERY = 1  # seconds: how long a look at the folders on disk is good for


# Of the classes below these, none holds a photo or an answer to one.
OF_RUNS = ("model.evaluation", "model.lesions", "model.run", "pages.shared.curves")
LONGEST_WORDS = 1000  # characters: of titles and sentences
LIBRARIES = ("builtins", "copyreg", "datetime", "functools", "numpy", "pandas", "pyarrow")


class NotSharedError(TypeError):
    """Something that may be a visitor's was about to be shared."""


_may_be_shared: set[type] = set()  # classes that were looked at; of arrays, each is


class _Fingerprint(pickle.Pickler):
    """Writes arguments down, so that equal ones get the same bytes; runs by their digest."""

    def reducer_override(self, thing):
        kind = type(thing)
        if kind in _may_be_shared:
            return NotImplemented
        if isinstance(thing, run.Run):
            return str, (f"run {thing.digest}",)
        if isinstance(thing, injection.Injection):
            return str, (f"injection {thing.card}",)
        if isinstance(thing, type) or callable(thing):  # by its name
            return NotImplemented
        module = f"{kind.__module__}."
        if not module.startswith(tuple(f"{known}." for known in (*OF_RUNS, *LIBRARIES))):
            raise NotSharedError(f"{kind} may be of a visitor.")
        if isinstance(thing, np.ndarray):
            if thing.dtype == np.uint8:
                raise NotSharedError("An array of bytes may be a photo.")
            return NotImplemented
        _may_be_shared.add(kind)
        return NotImplemented


def _refuse_contents(things):
    """What a photo could hide in is shared as part of a figure about a run alone."""
    for thing in things:
        if isinstance(thing, bytes | bytearray | memoryview | np.ndarray):
            raise NotSharedError(f"{type(thing)} may hold a photo.")
        if isinstance(thing, str) and (thing.startswith("data:") or len(thing) > LONGEST_WORDS):
            raise NotSharedError("Such a text may hold a photo.")
        if isinstance(thing, dict):
            _refuse_contents([*thing, *thing.values()])
        elif isinstance(thing, list | tuple | set | frozenset):
            _refuse_contents(thing)


@st.cache_resource(max_entries=512, show_spinner=False)
def _shared(digest, _build, _arguments):
    return _build(*_arguments)


def shared(build, *arguments):
    """What a function makes of runs and of figures about them: made once, given to every visitor.

    Args:
        build: a function of a module, which depends on its arguments alone.
        arguments: runs, what `model.evaluation` says about them, numbers and words of the code.
    Raises:
        NotSharedError: an argument may be a visitor's photo, or an answer to one.
    """
    _refuse_contents(arguments)
    written = io.BytesIO()
    _Fingerprint(written, 5).dump((build, arguments))
    return _shared(hashlib.sha256(written.getvalue()).hexdigest(), build, arguments)


@st.cache_resource(max_entries=4, show_spinner="Reading the models")
def _runs(folders, state):
    return run.read_all(folders)


def runs():
    """(runs by name, reasons of the refused ones by name); read again when a file changes, which
    is seen within `LOOK_EVERY`."""
    folders = tuple(map(str, run.default_folders()))
    return _runs(folders, _look(folders))


@st.cache_resource(max_entries=16, ttl=LOOK_EVERY, show_spinner=False)
def _look(folders):
    """A word that changes with the names, sizes and times of the files of all runs below some
    folders: cheap, and enough to see a change."""
    files = []
    for folder in folders:
        for inner in _entries(folder):
            if not inner.name.startswith("."):
                files += [(folder, inner.name, *of_file) for of_file in _files_in(inner)]
    return hashlib.sha256(repr(sorted(files)).encode()).hexdigest()


def _files_in(folder):
    for entry in _entries(folder.path):
        try:
            stat = os.stat(entry.path)  # on Windows, that of the entry itself may be old
        except FileNotFoundError:  # a run is being replaced at this moment
            continue
        yield entry.name, stat.st_size, stat.st_mtime_ns


def _entries(folder):
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


@st.cache_resource(max_entries=2, show_spinner="Gathering the lesions that the models know")
def _known_lesions(digests, _runs):
    return lesions_of_runs.of_runs(_runs)


def known_lesions():
    """`model.audit.known_lesions.KnownLesions` of the runs here.

    Raises:
        TableError: no run knows any lesion.
    """
    here = list(runs()[0].values())
    return _known_lesions(tuple(of.digest for of in here), here)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_at(digest, mix, _run):
    return read_at(_run, mix)


def run_at(chosen, mix):
    """A run at a `model.prediction.mix.NamedMix`, with what was fitted anew for it."""
    return _read_at(chosen.digest, mix, chosen)


@st.cache_resource(max_entries=12, show_spinner=False)
def _rows(digest, split, fold, _run):
    rows = _run.predictions
    return rows[(rows["fold"] == fold) & (rows["split"] == split)]


def rows(chosen, split, fold):
    """Rows of `Run.predictions` of one split and fold; a table takes about a megabyte."""
    return _rows(chosen.digest, split, fold, chosen)


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _evaluation(digest, split, fold, _run):
    rows = _run.predictions
    if fold is not None:
        rows = rows[rows["fold"] == fold]
    return metrics.evaluate(rows, _run.diagnoses, split)


def evaluation(chosen, split="test", fold=None):
    """`model.evaluation.metrics.Evaluation` of one fold of a run, or of all folds together."""
    return _evaluation(chosen.digest, split, fold, chosen)


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _evaluation_of_test_photos(digest, _run):
    return metrics.evaluate(_run.test_photos, _run.diagnoses)


def evaluation_of_test_photos(run):
    """`model.evaluation.metrics.Evaluation` of `Run.test_photos`: the network that ships, without
    augmented copies."""
    return _evaluation_of_test_photos(run.digest, run)


def is_guessing(run):
    """Whether an imported run is not shown to be better than guessing on its test photos."""
    if run.card["protocol"] != IMPORTED or not run.is_measured or run.test_photos.empty:
        return False
    reached = evaluation_of_test_photos(run).summary["balanced_accuracy"]
    low = reached.value if math.isnan(reached.low) else reached.low
    return low <= 1 / len(run.diagnoses)


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _side(digest, _run):
    return protocol_gap.side(_run)


def side(chosen):
    """`model.evaluation.protocol_gap.Side` of a run."""
    return _side(chosen.digest, chosen)


@st.cache_resource(max_entries=64, show_spinner=False)
def _paired_gap(digests, _as_published, _honest):
    return protocol_gap.paired_gap(_as_published, _honest)


def paired_gap(as_published, honest):
    """`model.evaluation.protocol_gap.PairedGap` of two runs of a recipe, or None."""
    return _paired_gap((as_published.digest, honest.digest), as_published, honest)


@st.cache_resource(max_entries=4, show_spinner=False)
def _pairs(digests, _runs):
    return protocol_gap.pairs(_runs, side, paired_gap)


def pairs(runs):
    """`model.evaluation.protocol_gap.pairs` of some runs."""
    runs = list(runs)
    return _pairs(tuple(of.digest for of in runs), runs)


@st.cache_resource(max_entries=2, show_spinner=False)
def _injections(folder, state):
    return injection.read_all(folder)


def injections():
    """The `model.evaluation.injection.Injection`s that ship, and those beside one's own runs."""
    folders = dict.fromkeys(folder.parent / "injections" for folder in run.default_folders())
    return [found for folder in folders for found in _injections(folder, _look((str(folder),)))]


@st.cache_resource(max_entries=16, show_spinner="Comparing trainings with and without a leak")
def _leak_effects(digests, _injection):
    return {(group, found.dose): found for group, found in leak_effect.effects(_injection)}


def leak_effects(injection):
    """`model.evaluation.leak_effect.Effect`s of an injection by (group, dose)."""
    return _leak_effects(tuple(sorted(injection.card["files"].items())), injection)


@st.cache_resource(max_entries=16, show_spinner="Comparing photo by photo")
def _pairing(digests, kind, _first, _second):
    return paired_runs.compare(_first, _second, kind)


def pairing(first, second, kind=None):
    """`model.evaluation.paired_runs.Comparison` of two runs on photos of a kind, which both tell
    apart; None: that of their own photos.

    Raises:
        ComparisonError: they have too little in common.
    """
    return _pairing((first.digest, second.digest), kind, first, second)


@st.cache_resource(max_entries=16, show_spinner="Comparing photo by photo")
def _pairing_elsewhere(digests, _first, _second):
    return paired_runs.compare_elsewhere(_first, _second)


def pairing_elsewhere(first, second):
    """`model.evaluation.paired_runs.Comparison` of two runs on photos of other data sets, by the
    title of the photos."""
    return _pairing_elsewhere((first.digest, second.digest), first, second)


@st.cache_resource(max_entries=16, show_spinner=False)
def _reached(digest, kind, _run):
    rows = _run.test_photos_of(kind)
    return conformal.coverage(_run, rows, kind), operating_points.thresholds(_run, rows, kind)


def reached_on_test(chosen, kind=None):
    """(`Coverage`, `MeasuredThreshold`) of the network that ships, on its test photos of a kind
    (None: its own); each may be None."""
    coverage, thresholds = _reached(chosen.digest, kind, chosen)
    return coverage, operating_points.most_sensitive_malignant(thresholds, chosen.malignant)


@st.cache_resource(max_entries=32, show_spinner=False)
def _thresholds(digest, reference, _run):
    rows = reference_standard.photos_of(_run.test_photos, reference)
    return operating_points.thresholds(_run, rows)


def thresholds_on_test(chosen, reference):
    """Every `model.evaluation.operating_points.MeasuredThreshold` of the network that ships, on the
    test photos of a `model.evaluation.reference_standard.Reference`."""
    return _thresholds(chosen.digest, reference, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _elsewhere(digest, _run):
    results = outside.by_source(_run)
    return [*results, outside.own(_run)] if results else []


def external(chosen):
    """`model.evaluation.external_results.ExternalResult` of every source of external photos, the
    run's own test photos last; empty where it was not tried on any."""
    return _elsewhere(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _own_results(digest, _run):
    return outside.own(_run)


def own_results(chosen):
    """`model.evaluation.external_results.ExternalResult` of a run's own test photos."""
    return _own_results(chosen.digest, chosen)


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _groups(digest, watched, _run):
    return subgroups(_run.test_photos, _run.diagnoses, watched)


def groups(chosen, watched):
    """`model.evaluation.subgroups.Subgroup`s of the test photos, with the recall of `watched`."""
    return _groups(chosen.digest, tuple(watched), chosen)


@st.cache_resource(max_entries=64, show_spinner=False)
def _recall_gaps(digest, targets, _run):
    return recall_gaps_of(_run.test_photos, _run.diagnoses, targets)


def recall_gaps(chosen, targets):
    """`model.evaluation.subgroups.RecallGap`s of the test photos of some diagnoses."""
    return _recall_gaps(chosen.digest, tuple(targets), chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _skin_tone(digest, _run):
    return run_sentences.skin_tone_sentences(_run), skin_tone_of.by_source(_run)


def skin_tone(chosen):
    """(sentences, `model.evaluation.skin_tone.ToneResult`s) of a run; both empty where nobody
    measured the skin in its photos."""
    return _skin_tone(chosen.digest, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _ranking(digest, codes, reference, _run):
    return roc_curve(reference_standard.photos_of(_run.test_photos, reference), codes)


def ranking(chosen, codes, reference):
    """`model.evaluation.roc.RocCurve` by the sum of some codes, or None, on the test photos of a
    `model.evaluation.reference_standard.Reference`."""
    return _ranking(chosen.digest, tuple(codes), reference, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _net_benefit(digest, threshold, reference, _run):
    rows = reference_standard.photos_of(_run.test_photos, reference)
    return decision_curve(rows, _run.malignant, threshold)


def net_benefit(chosen, threshold, reference):
    """`model.evaluation.net_benefit.NetBenefit`s of a threshold on the malignant sum, on the test
    photos of a `model.evaluation.reference_standard.Reference`."""
    return _net_benefit(chosen.digest, threshold, reference, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _malignancy(digest, _run):
    return measured_malignancy(_run)


def malignancy(chosen):
    """`model.evaluation.malignancy.Malignancy` of a run's own test photos by reference standard."""
    return _malignancy(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner="Summing up the heat maps")
def _localisation(digest, _run):
    table, randomised = _run.localisation, _run.randomisation
    methods = localised.methods_of(table)
    return (
        {subset: localised.accuracy_by_method(table, subset) for subset in localised.SUBSETS},
        {method: localised.shuffled(table, method) for method in methods},
        {method: run_sentences.heatmap_faults(table, method, randomised) for method in methods},
    )


def localisation(chosen):
    """What was measured about the heat maps of a run that has a `Run.localisation`.

    Returns:
        (list of `model.evaluation.localisation.MethodAccuracy` by subset, `WeightShuffling` by
        method, faults by method).
    """
    return _localisation(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner="Summing up the heat maps")
def _randomisation(digest, _run):
    table = _run.randomisation
    return {name: shuffling.by_depth(table, name) for name in shuffling.methods_of(table)}


def randomisation(chosen):
    """Lists of `model.evaluation.randomisation.PatternKept` by method, from the output layer alone
    to every layer, of a run that has a `Run.randomisation`."""
    return _randomisation(chosen.digest, chosen)


@st.cache_resource(max_entries=64, show_spinner="Holding the heat maps against simpler maps")
def _map_baselines(digest, subset, _run):
    if _run.map_baselines is None:
        return {}
    table = _run.localisation
    return {
        method: map_baselines.comparisons(table, _run.map_baselines, method, subset)
        for method in localised.methods_of(table)
    }


def against_baselines(chosen, subset):
    """`model.evaluation.map_baselines.Comparison`s by method, of a run that has a
    `Run.localisation`; empty where nobody measured the baselines."""
    return _map_baselines(chosen.digest, subset, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _metric_means(digest, _run):
    return heatmap_metrics.means(_run.heatmap_metrics)


def metric_means(chosen):
    """`model.evaluation.heatmap_metrics.MetricMean`s of a run that has a `Run.heatmap_metrics`."""
    return _metric_means(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _covering_rates(digest, _run):
    return measured_covering.rates(_run.covering_test)


def covering_rates(chosen):
    """`model.evaluation.covering_rates.Rates` of a run that has a
    `Run.covering_test`."""
    return _covering_rates(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _planted(digest, _run):
    return planted_effects.effects(_run)


def planted(chosen):
    """`model.evaluation.planted.PlantedEffect`s of a run; empty where nobody measured them."""
    return _planted(chosen.digest, chosen)


@st.cache_resource(max_entries=2, show_spinner=False)
def _without_lesion(folder, state):
    table = masked.read(folder)
    return [] if table is None else masked.results(table)


def without_lesion():
    """`model.evaluation.without_lesion.VariantResult`s; empty where nobody measured them.

    Raises:
        ResultsError: their table is malformed.
    """
    return _without_lesion(masked.FOLDER, _look((str(masked.FOLDER.parent),)))


@st.cache_resource(max_entries=2, show_spinner=False)
def _learned_shortcut(folder, state):
    tables = learned.read(folder)
    return None if tables is None else (learned.results(tables[0]), learned.ruler_found(tables[1]))


def learned_shortcut():
    """(`model.evaluation.learned_shortcut.ConditionResult`s, `RulerFound`s), or None where nobody
    measured them.

    Raises:
        ResultsError: a table is malformed.
    """
    return _learned_shortcut(masked.FOLDER, _look((str(masked.FOLDER.parent),)))


@st.cache_resource(max_entries=16, show_spinner="Holding the groups against each other")
def _atlas(digest, _run):
    return measured_atlas(_run)


def atlas(chosen):
    """`model.evaluation.strategy_atlas.Atlas` of a run that has a `Run.atlas`."""
    return _atlas(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _fault_limits(digest, _run):
    return photo_faults.limits(_run)


def fault_limits(chosen):
    """`model.evaluation.photo_faults.limits` of a run that has a `Run.quality`."""
    return _fault_limits(chosen.card_digest, chosen)


@st.cache_resource(max_entries=64, show_spinner=False)
def _worth(digest, key, _run):
    return photo_faults.effect(_run, key)


def fault_effect(chosen, key):
    """`model.evaluation.photo_faults.FaultEffect` of a fault, of a run that has a
    `Run.quality`."""
    return _worth(chosen.digest, key, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _turning(digest, kind, _run):
    return signs.turning_costs(_run, kind)


def turning_costs(chosen, kind=None):
    """`model.evaluation.sign_cost.SignCosts` where a photo's answer depends on how it is turned."""
    return _turning(chosen.digest, kind, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _stress(digest, kind, _run):
    return signs.stress_costs(_run, kind)


def stress_costs(chosen, kind=None):
    """The same where a change of the stress test gives another answer."""
    return _stress(chosen.digest, kind, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _novelty(digest, kind, _run):
    return signs.novelty_costs(_run, kind)


def novelty_costs(chosen, kind=None):
    """The same where the novelty score flags a photo."""
    return _novelty(chosen.digest, kind, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _several(digest, kind, _run):
    return signs.several_costs(_run, kind)


def several_costs(chosen, kind=None):
    """The same where a prediction set holds several diagnoses: of right answers, and of sets that
    hold the truth."""
    return _several(chosen.digest, kind, chosen)


@st.cache_resource(max_entries=8, show_spinner=False)
def _neighbours(digest, _run):
    return Neighbours.from_arrays(_run.neighbour_arrays)


def neighbours(chosen):
    """`model.prediction.neighbours.Neighbours` of a run that has `Run.neighbour_arrays`."""
    return _neighbours(chosen.card_digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _neighbour_vote(digest, _run):
    return neighbour_votes.neighbour_vote(_run)


def neighbour_vote(chosen):
    """`model.evaluation.neighbour_vote.NeighbourVote` of a run on its test photos, or None."""
    return _neighbour_vote(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _same_lesion_spread(digest, _run):
    return same_lesion_spreads.same_lesion_spread(_run)


def same_lesion_spread(chosen):
    """`model.evaluation.same_lesion_spread.SameLesionSpread` of a run, or None."""
    return _same_lesion_spread(chosen.digest, chosen)


@st.cache_resource(max_entries=32, show_spinner="Holding the nearest lesions together")
def _neighbour_overlap(digests, _first, _second):
    return neighbour_overlaps.neighbour_overlap(_first, _second)


def neighbour_overlap(first, second):
    """`model.evaluation.neighbour_overlap.NeighbourOverlap` of two runs, or None."""
    digests = (first.card_digest, second.card_digest)
    return _neighbour_overlap(digests, first, second)


@st.cache_resource(max_entries=2, show_spinner=False)
def _outlines(folder, written):
    return lesion_outlines.read(folder)


def outlines():
    """`model.evaluation.lesion_outlines.Outlines` that ship.

    Raises:
        OutlineError: they are missing or were changed.
    """
    card = lesion_outlines.FOLDER / lesion_outlines.CARD
    written = card.stat().st_mtime_ns if card.is_file() else None
    return _outlines(lesion_outlines.FOLDER, written)


@st.cache_data(max_entries=32, show_spinner=False)
def _outline_sentences(digest, _outlines):
    return lesion_outlines.sentences(_outlines)


@st.cache_resource(max_entries=8, show_spinner=False)
def _feature_differences(digest, feature, _outlines):
    return lesion_outlines.same_lesion_differences(_outlines, feature)


def feature_differences(feature):
    """`model.evaluation.lesion_outlines.same_lesion_differences`; raises as `outlines`."""
    found = outlines()
    return _feature_differences(found.digest, feature, found)


@st.cache_resource(max_entries=8, show_spinner=False)
def _feature_separation(digest, feature, _outlines):
    return lesion_outlines.separation(_outlines, feature)


def feature_separation(feature):
    """`model.evaluation.lesion_outlines.separation`; raises as `outlines`."""
    found = outlines()
    return _feature_separation(found.digest, feature, found)


def outline_sentences():
    """How good the outline is, in sentences; raises as `outlines`."""
    found = outlines()
    return _outline_sentences(found.digest, found)


@st.cache_resource(max_entries=2, show_spinner="Looking for the photos")
def _photo_files(folder):
    photos = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.stem not in photos:
            photos[path.stem] = path
    return photos


def photo_files():
    """Photos of the data set by their id, where `LENTIGO_DATA` names its folder; else empty."""
    folder = os.environ.get("LENTIGO_DATA")
    return _photo_files(folder) if folder and Path(folder).is_dir() else {}


@st.cache_resource(max_entries=64, show_spinner=False)
def file_digest(path, size, changed):
    """The sha256 of a file that comes with the app or the data set.

    Args:
        path: of the file, as a str.
        size, changed: of the file; with others it is read anew.
    """
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class _OfSamples:
    """What was computed for samples, by key; of many, those asked for last."""

    def __init__(self):
        self._lock = threading.Lock()
        self._found = OrderedDict()
        self._computing = {}  # a lock for each key that is being computed

    def once(self, key, compute):
        """The result under a key; while one visitor's session computes it, the others wait."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
            computing = self._computing.setdefault(key, threading.Lock())
        with computing:
            with self._lock:
                if key in self._found:
                    return self._found[key]
            try:
                result = compute()
                with self._lock:
                    self._found[key] = result
                    while len(self._found) > MAX_OF_SAMPLES:
                        self._found.popitem(last=False)
            finally:
                with self._lock:
                    self._computing.pop(key, None)
        return result


@st.cache_resource(max_entries=1, show_spinner=False)
def _of_samples():
    return _OfSamples()


def of_sample(key, compute):
    """What is computed for a sample, once for all visitors. Only `pages.shared.session` asks, which
    alone knows what is a sample.

    Args:
        key: names the run by its digest, the photo by its own, and all else that counts.
        compute: the result, which nobody may change.
    """
    return _of_samples().once(key, compute)


def training_files(chosen, image_ids):
    """What the app can read of a run's training photos, by their id: the photos of the data set, or
    a drawing drawn anew. Those that are not at hand are left out."""
    if chosen.is_rendered:
        return {image_id: DrawnPhoto(image_id) for image_id in image_ids}
    files = photo_files()
    return {image_id: files[image_id] for image_id in image_ids if image_id in files}


@st.cache_resource(max_entries=64, show_spinner=False)
def _thumbnail(name, side, _file):
    buffer = io.BytesIO()
    Image.fromarray(within(decode(_file.read_bytes()), side)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def thumbnail(file, side):
    """A photo of the data set, small: the bytes of a JPEG. Never asked for a visitor's photo.

    Args:
        file: its path, or one of `training_files`.
        side: of the longer side, pixels.
    """
    return _thumbnail(str(file), side, file)


def heatmap_faults(chosen):
    """Sentences by method that fails a check on this run; empty where nobody measured."""
    if chosen.localisation is None:
        return {}
    return {method: sentences for method, sentences in localisation(chosen)[2].items() if sentences}
