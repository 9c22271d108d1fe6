"""Every cache the app shares between visitors. No photo ever comes near it.

Photos and what was computed from them live in the visitor's own session (`pages.shared.look`).
"""

import gc
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from model import elsewhere as outside
from model import leak_meter, metrics, quality, reached, run
from model import localisation as localised
from model import pairing as pairings
from model.groups import groups as groups_of
from model.photo import SUFFIXES
from model.ranking import ranking as ranking_of


@st.cache_resource(max_entries=4, show_spinner="Reading the runs")
def _runs(folders, state):
    return run.read_all(folders)


def runs():
    """(runs by name, reasons of the refused ones by name); read again when a file changes."""
    folders = tuple(map(str, run.default_folders()))
    return _runs(folders, tuple(map(_state, run.default_folders())))


def _state(folder):
    """Names, sizes and times of the files of all runs below a folder: cheap, and enough to see a
    change."""
    found = []
    for path in sorted(folder.glob("[!.]*/*")) if folder.is_dir() else []:
        try:
            stat = path.stat()
        except FileNotFoundError:  # a run is being replaced at this moment
            continue
        found.append((path.parent.name, path.name, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


@st.cache_data(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _evaluation(digest, split, fold, _run):
    rows = _run.predictions
    if fold is not None:
        rows = rows[rows["fold"] == fold]
    return metrics.evaluate(rows, _run.diagnoses, split)


def evaluation(chosen, split="test", fold=None):
    """`model.metrics.Evaluation` of one fold of a run, or of all folds' photos together."""
    return _evaluation(chosen.digest, split, fold, chosen)


@st.cache_data(max_entries=16, show_spinner=False)
def _calibration_error(digest, _run):
    return metrics.evaluate(_run.test_photos, _run.diagnoses).summary["ece"]


def calibration_error(chosen):
    """Calibration error of the network that ships on its test photos, without augmented copies."""
    return _calibration_error(chosen.digest, chosen)


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _side(digest, _run):
    return leak_meter.side(_run)


def side(chosen):
    """`model.leak_meter.Side` of a run."""
    return _side(chosen.digest, chosen)


@st.cache_data(max_entries=16, show_spinner="Comparing photo by photo")
def _pairing(digests, _first, _second):
    return pairings.pair(_first, _second)


def pairing(first, second):
    """`model.pairing.Pairing` of two runs.

    Raises:
        PairingError: they have too little in common.
    """
    return _pairing((first.digest, second.digest), first, second)


@st.cache_data(max_entries=16, show_spinner=False)
def _reached(digest, _run):
    rows = _run.test_photos
    return reached.coverage(_run, rows), reached.thresholds(_run, rows)


def reached_on_test(chosen):
    """`model.reached` of the network that ships: (`Coverage`, `Threshold`), each may be None."""
    coverage, thresholds = _reached(chosen.digest, chosen)
    return coverage, reached.most_sensitive_malignant(thresholds, chosen.diagnoses)


def thresholds_on_test(chosen):
    """Every `model.reached.Threshold` of the network that ships."""
    return _reached(chosen.digest, chosen)[1]


@st.cache_data(max_entries=16, show_spinner=False)
def _elsewhere(digest, _run):
    return outside.kinds(_run)


def elsewhere(chosen):
    """`model.elsewhere.Elsewhere` of every kind of photos that a run was tried on."""
    return _elsewhere(chosen.digest, chosen)


@st.cache_data(max_entries=16, show_spinner=False)
def _flagged(digest, _run):
    return outside.flagged_on_test(_run)


def flagged_on_test(chosen):
    """Share of a run's own test photos that its novelty score flags, or None."""
    return _flagged(chosen.digest, chosen)


@st.cache_data(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _groups(digest, watched, _run):
    return groups_of(_run.test_photos, _run.diagnoses, watched)


def groups(chosen, watched):
    """`model.groups.Group`s of a run's test photos, with the recall of the codes `watched`."""
    return _groups(chosen.digest, tuple(watched), chosen)


@st.cache_data(max_entries=32, show_spinner=False)
def _ranking(digest, codes, _run):
    return ranking_of(_run.test_photos, codes)


def ranking(chosen, codes):
    """`model.ranking.Ranking` of a run's test photos by the sum of some codes, or None."""
    return _ranking(chosen.digest, tuple(codes), chosen)


@st.cache_data(max_entries=16, show_spinner="Summing up the heat maps")
def _localisation(digest, _run):
    table = _run.localisation
    methods = localised.methods_of(table)
    return (
        {subset: localised.found(table, subset) for subset in localised.SUBSETS},
        {method: localised.shuffled(table, method) for method in methods},
        {method: localised.faults(table, method) for method in methods},
    )


def localisation(chosen):
    """What was measured about the heat maps of a run that has a `Run.localisation`.

    Returns:
        (list of `model.localisation.Found` by subset, `Shuffled` by method, faults by method).
    """
    return _localisation(chosen.digest, chosen)


@st.cache_data(max_entries=16, show_spinner=False)
def _worth(digest, _run):
    return {key: quality.worth(_run, key) for key in quality.FAULTS}


def worth_of_faults(chosen):
    """`model.quality.Worth` by fault, of a run that has a `Run.quality`."""
    return _worth(chosen.digest, chosen)


@st.cache_data(max_entries=2, show_spinner="Looking for the photos")
def _photo_files(folder):
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.stem not in found:
            found[path.stem] = path
    return found


def photo_files():
    """Photos of the data set by their id, where `LENTIGO_DATA` names its folder; else empty."""
    folder = os.environ.get("LENTIGO_DATA")
    return _photo_files(folder) if folder and Path(folder).is_dir() else {}


MOST_NETWORKS = 8  # in memory: all that ship, for one photo through every run
# One at a time: two networks that load at once take as long, and the visitor waits for the first.
_loader = ThreadPoolExecutor(1, thread_name_prefix="loading")


@dataclass(frozen=True)
class Loading:
    """A network on its way: `since` is when it was asked for, of `time.monotonic`."""

    future: Future
    since: float

    @property
    def is_over(self):
        return self.future.done()

    @property
    def seconds(self):
        return time.monotonic() - self.since


@st.cache_resource(max_entries=MOST_NETWORKS, show_spinner=False)
def _loading(digest, _run):
    return Loading(_loader.submit(_load, _run), time.monotonic())


def _load(chosen):
    """Read TensorFlow and the network, and trace the graph that the first photo would wait for."""
    from model.classifier import Classifier

    loaded = Classifier(chosen)
    size = chosen.card["input"]
    loaded.analyze(np.zeros((size["height"], size["width"], 3), np.uint8))
    tidy()
    return loaded


def tidy():
    """Free what is no longer used, and keep the rest out of Streamlit's way until the next time.

    Streamlit collects garbage after every run of a page. It would look through all of TensorFlow
    each time, for a quarter of a second in which no other page is drawn, were it not frozen. What
    is frozen is never freed, a visitor's photo neither, so this is done again every minute.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _tidy_every_minute():
    while True:
        time.sleep(60)
        tidy()


@st.cache_resource(max_entries=1, show_spinner=False)
def _caretaker():
    caretaker = threading.Thread(target=_tidy_every_minute, name="caretaker", daemon=True)
    caretaker.start()
    return caretaker


def loading(chosen):
    """`Loading` of a run's network; the first who asks sets it going, in the background."""
    _caretaker()
    return _loading(chosen.digest, chosen)


def classifier(chosen):
    """`model.classifier.Classifier` of a run; waits for it where it is still loading.

    Raises:
        RunError: the run has no network, or it does not fit its card.
    """
    on_its_way = loading(chosen)
    if not on_its_way.is_over:
        with st.spinner("Loading the network", show_time=True):
            wait([on_its_way.future])
    try:
        return on_its_way.future.result()
    except Exception:
        give_up(chosen)
        raise


def give_up(chosen):
    """Forget a loading that failed, so that the next who asks tries again."""
    _loading.clear(chosen.digest, chosen)


@st.cache_resource(max_entries=MOST_NETWORKS, show_spinner="Preparing the heat maps")
def _explainer(digest, _classifier):
    from model.explainer import Explainer

    return Explainer(_classifier)


def explainer(chosen):
    """`model.explainer.Explainer` of a run; raises as `classifier` does."""
    return _explainer(chosen.digest, classifier(chosen))
