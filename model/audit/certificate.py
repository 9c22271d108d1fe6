"""The audit of published lists, in sentences and as one file that anybody can read and check."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from model.audit.list_audit import ListAudit
from model.audit.lists import TEST, TRAIN
from model.audit.same_lesion import SAME_LESION
from model.evaluation.metrics import Headline
from model.evaluation.run_sentences import percent
from model.run import sha256

TEMPLATE = Path(__file__).with_name("certificate.html.jinja")
HISTOLOGY = ("histo", "histopathology", "histology")
MOST_ROWS = 5_000  # of a table in the certificate
MOST_MATES = 20  # of a photo in a table
SUBSETS = {"all": "all of them", "met": "those whose lesion is in training", "others": "the others"}


@dataclass(frozen=True)
class Overlay:
    """A test photo and a training photo of its lesion, laid over each other.

    `correlation` is of the details of both, `num_points` counts keypoints that lie on each other,
    `jpeg` shows the test photo, the training photo laid over it, and both in turns, tile by tile.
    """

    tested: str
    trained: str
    lesion: str
    correlation: float
    num_points: int
    jpeg: bytes


@dataclass(frozen=True)
class Overlays:
    """Pairs that could be laid over each other, of `num_tried`, of `num_pairs` at hand."""

    pairs: tuple[Overlay, ...]
    num_tried: int
    num_pairs: int

    @property
    def sentence(self) -> str:
        """How many pairs there are, were tried and could be laid over each other."""
        return (
            f"Of {self.num_pairs:,} test photos at hand with a training photo of their lesion, "
            f"{self.num_tried:,} were tried and {len(self.pairs):,} could be laid over it. A pair "
            "that could not may show one lesion all the same: smooth skin gives too little to hold "
            "on to."
        )


def verdict(audit: ListAudit) -> str:
    """The result in one sentence."""
    if audit.has_leak:
        return "These lists leak."
    if audit.num_unknown or audit.num_without_lesion:
        return "No leak was found among the photos whose lesion the metadata knows."
    return "No leak was found: no lesion is in more than one part."


def sentences(audit: ListAudit) -> list[str]:
    """What the audit found, a sentence each, plain text."""
    return [*_photos(audit), *_shared(audit), *_labels(audit), *_figures(audit), *_limits()]


def page(
    audit: ListAudit, hashes: Mapping[str, str], command: str, overlays: Overlays | None = None
) -> str:
    """The certificate: one HTML page that holds all it needs.

    Args:
        hashes: sha256 of the files that the audit read, by name.
        command: that makes this certificate again.
        overlays: where the photos are at hand.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        verdict=verdict(audit),
        sentences=sentences(audit),
        tables={title: _rows(table) for title, table in tables(audit).items()},
        hashes={**hashes, SAME_LESION.name: sha256(SAME_LESION)},
        command=command,
        overlays=overlays,
        pictures=[base64.b64encode(one.jpeg).decode() for one in overlays.pairs]
        if overlays
        else [],
        date=datetime.now(UTC).date().isoformat(),
    )


def command(
    predictions: str,
    train: str | None,
    metadata: str | None,
    fold: str | None,
    data: str | None = None,
) -> str:
    """The command that makes a certificate again, by the names of its files."""
    given = {
        "predictions": predictions,
        "train": train,
        "metadata": metadata,
        "fold": fold,
        "data": data,
    }
    words = [f"--{name} {shlex.quote(value)}" for name, value in given.items() if value]
    return " ".join(["python -m train audit", *words, "--certificate leaks.html"])


def tables(audit: ListAudit) -> dict[str, pd.DataFrame]:
    """What the audit found, case by case, by title; without those that have no row."""
    met = audit.met.assign(mates=audit.met["mates"].map(_mates))
    every = {
        "Photos in more than one part": audit.repeated,
        "Lesions in more than one part, photos in each": audit.straddling,
        "Test photos whose lesion is in training": met,
        "Labels that the metadata contradicts": audit.contradicted,
        "How photos were confirmed": audit.confirmed.reset_index(),
    }
    return {title: table for title, table in every.items() if len(table)}


def figures(audit: ListAudit) -> pd.DataFrame:
    """What the network reaches on all test photos and with and without those that leak, as text.

    Returns:
        DataFrame with a row per group of test photos; empty without probabilities.
    """
    return pd.DataFrame(
        [
            {
                "Test photos": SUBSETS[name],
                "Photos": figure.num_photos,
                "Accuracy": str(figure.accuracy),
                "Balanced accuracy": str(figure.balanced_accuracy),
            }
            for name, figure in audit.figures.items()
            if figure is not None and (name == "all" or audit.figures["met"] is not None)
        ]
    )


def _photos(audit: ListAudit) -> Iterator[str]:
    parts = ", ".join(f"{part} {number:,}" for part, number in audit.num_photos.items())
    yield f"Photos: {parts}."
    for what, counts in (
        ("Further rows of a photo, counted once", audit.num_again),
        ("Copies of a photo, by their names", audit.num_copies),
        ("Not in the metadata, so nothing is known of them", audit.num_unknown),
        ("In the metadata without a lesion, so each counts as its own", audit.num_without_lesion),
    ):
        if counts:
            parts = ", ".join(f"{part} {number:,}" for part, number in counts.items())
            yield f"{what}: {parts}."


def _shared(audit: ListAudit) -> Iterator[str]:
    if len(audit.repeated):
        yield f"{_count(len(audit.repeated), 'photo')} in more than one part."
    if audit.straddling.empty:
        yield "No lesion is in more than one part."
        return
    yield f"{_count(len(audit.straddling), 'lesion')} in more than one part."
    if audit.num_joined:
        yield (
            f"{audit.num_joined:,} of them only because photos under two lesion ids were found to "
            "show the same lesion."
        )
    num_tested = audit.num_photos[TEST]
    yield (
        f"Of {num_tested:,} test photos, {len(audit.met):,} "
        f"({percent(len(audit.met) / num_tested)}) show a lesion that is in training, too."
    )


def _labels(audit: ListAudit) -> Iterator[str]:
    if len(audit.contradicted):
        yield f"{_count(len(audit.contradicted), 'label')} contradicted by the metadata."
    by_histology = audit.confirmed[audit.confirmed.index.isin(HISTOLOGY)].sum()
    total = audit.confirmed.sum()
    if by_histology.any() and {TRAIN, TEST} <= set(total.index):
        share = {part: by_histology[part] / total[part] for part in (TRAIN, TEST)}
        sentence = (
            f"Of the {total[TRAIN]:,} train photos whose confirmation is known, histology confirms "
            f"{percent(share[TRAIN])}, and of the {total[TEST]:,} test photos "
            f"{percent(share[TEST])}."
        )
        if round(100 * share[TRAIN]) != round(100 * share[TEST]):
            sentence += (
                " Lesions that look harmless are seldom cut out, so a part with less histology may "
                "be easier."
            )
        yield sentence


def _figures(audit: ListAudit) -> Iterator[str]:
    for name, figure in audit.figures.items():
        if figure is not None and (name == "all" or audit.figures["met"] is not None):
            yield _figure(SUBSETS[name], figure)


def _figure(which: str, figure: Headline) -> str:
    return (
        f"Test photos, {which}: accuracy {figure.accuracy}, balanced accuracy "
        f"{figure.balanced_accuracy}, n = {figure.num_photos:,}."
    )


def _limits() -> Iterator[str]:
    yield (
        "Copies under another id, and several lesions of one person, cannot be found from lists "
        "alone."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun} is" if number == 1 else f"{number:,} {noun}s are"


def _mates(mates: list[str]) -> str:
    further = len(mates) - MOST_MATES
    return ", ".join(mates[:MOST_MATES]) + (f" and {further:,} more" if further > 0 else "")


def _rows(table: pd.DataFrame) -> dict[str, Any]:
    shown = table.head(MOST_ROWS)
    return {
        "columns": list(table.columns),
        "rows": shown.astype(str).to_numpy().tolist(),
        "number": f"{len(table):,}",
        "cut": f"The first {MOST_ROWS:,} of {len(table):,}." if len(table) > MOST_ROWS else "",
    }
