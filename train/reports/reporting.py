"""docs/reporting.md: the run that opens the app, as reporting guidelines ask.

Written from its run folder; every figure is recomputed from its files. What the items of the
guidelines ask and where they are answered stands in `train.reports.guidelines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from model.evaluation import (
    net_benefit,
    operating_points,
    reference_standard,
    roc,
    subgroups,
    tables,
)
from model.evaluation.operating_points import MeasuredThreshold
from model.evaluation.reference_standard import Reference
from model.evaluation.run_sentences import not_recorded, skin_tone_sentences
from model.lesions import describe
from model.photo.kind import NO_LESION, plural
from model.run import NETWORK, SPLITS, Run
from train.reports import guidelines
from train.reports.guidelines import GUIDELINES, RUN, Status

__all__ = ["FILE", "RUN", "reporting"]

FILE = "reporting.md"
TEMPLATE = Path(__file__).with_suffix(".md.jinja")
REFERENCES = {Reference.ANY: "any", Reference.HISTOLOGY: "histology alone"}
NOT_RECORDED = "-"


@dataclass(frozen=True)
class Part:
    """Photos that served one purpose.

    `rows` are predictions of one split, a person in the place of a lesion where people are known;
    `kind` is that of the photos, `units` what the intervals resample: lesions, people or photos.
    """

    source: str
    split: str
    kind: str
    units: str
    rows: pd.DataFrame

    @property
    def title(self) -> str:
        named = self.split in self.source.split()  # "official ISIC 2018 test"
        return self.source if named else f"{self.source}, {self.split}"


@dataclass(frozen=True)
class AtThreshold:
    """What became of the test photos of a part at the threshold for malignant lesions."""

    part: Part
    point: MeasuredThreshold

    @property
    def found(self) -> int:
        return round(self.point.sensitivity.value * self.point.num_of)

    @property
    def missed(self) -> int:
        return self.point.num_of - self.found

    @property
    def cleared(self) -> int:
        return round(self.point.specificity.value * self.point.num_others)

    @property
    def alarms(self) -> int:
        return self.point.num_others - self.cleared


def reporting(run: Run) -> str:
    """The whole page as Markdown.

    Args:
        run: with photos of several kinds and external photos, such as `RUN`.
    """
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    parts = parts_of(run)
    tested = [at for part in parts if (at := at_threshold(run, part))]
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        run=run,
        card=run.card,
        data=run.card["data"],
        num_left_out=sum(row["num_photos"] for row in run.card["data"].get("left_out") or []),
        parts=parts,
        tested=tested,
        num_no_lesion=0 if run.external is None else int((run.external["kind"] == NO_LESION).sum()),
        own_source=parts[0].source,
        confirmed=reference_standard.counts(run.test_photos, run.malignant),
        guidelines=GUIDELINES,
        statuses=list(Status),
        total=guidelines.total(),
        characteristics=_markdown(characteristics(parts, run.malignant)),
        missing=_markdown(missing(parts)),
        confirmation=_markdown(confirmation(run)),
        references=_markdown(by_reference(run)),
        crosstab=_markdown(crosstab(run)),
        at_threshold=_markdown(pd.DataFrame(map(_counts, tested))),
        curves=[(at, _markdown(tables.net_benefit(_curve(run, at)))) for at in tested],
        benefit_sentences=[net_benefit_sentence(at.part.source, _curve(run, at)) for at in tested],
        skin_tone=skin_tone_sentences(run),
        not_recorded=not_recorded(run),
        num_epochs=len(run.history[run.history["fold"] == run.folds[0]]),
        minutes=run.history.loc[run.history["fold"] == run.folds[0], "seconds"].sum() / 60,
        megabytes=(run.path / NETWORK).stat().st_size / 1e6,
    )


def parts_of(run: Run) -> list[Part]:
    """The parts of a run's own photos, of the other kinds it was trained on, and external tests."""
    own = run.predictions[
        (run.predictions["fold"] == run.folds[0]) & (run.predictions["copy_of"] == "")
    ]
    kind = run.kinds[0] if run.kinds else ""
    name = run.card["data"]["name"].split(",")[0]
    parts = [Part(name, split, kind, "lesions", own[own["split"] == split]) for split in SPLITS]
    if run.external is not None:
        rows = run.external[run.external["diagnosis"] != ""]
        rows = rows.assign(lesion_id=rows["person_id"])
        for (of_kind, source), of_source in rows.groupby(["kind", "source"], sort=False):
            # A source whose publisher names nobody has a person for each photo.
            units = "people" if of_source["lesion_id"].nunique() < len(of_source) else "photos"
            name = str(source) or plural(str(of_kind))
            parts += [
                Part(name, split, str(of_kind), units, of_source[of_source["split"] == split])
                for split in SPLITS
            ]
    return [part for part in parts if len(part.rows)]


def at_threshold(run: Run, part: Part, reference: Reference = Reference.ANY) -> AtThreshold | None:
    """Hold a test part against the most sensitive threshold on the sum of all malignant diagnoses.

    Returns:
        `AtThreshold`; None for other parts, or where there is no such threshold.
    """
    if part.split != "test":
        return None
    rows = reference_standard.photos_of(part.rows, reference)
    measured = operating_points.thresholds(run, rows, part.kind)
    point = operating_points.most_sensitive_malignant(measured, run.malignant)
    return AtThreshold(part, point) if point else None


def _curve(run, at):
    return net_benefit.net_benefit(at.part.rows, run.malignant, at.point.value)


def net_benefit_sentence(title: str, curve: Sequence[net_benefit.NetBenefit]) -> str:
    """For whom the threshold is shown to do better, or worse, than acting on all or on none."""
    better, worse, unclear = (
        [f"{100 * point.act_from:.0f} %" for point in points]
        for points in (
            [point for point in curve if point.is_better],
            [point for point in curve if point.is_worse],
            [point for point in curve if not point.is_better and not point.is_worse],
        )
    )
    said = [
        f"{', '.join(levels)} ({verdict})"
        for levels, verdict in (
            (better, "better"),
            (worse, "worse"),
            (unclear, "no difference shown"),
        )
        if levels
    ]
    return f"{title}: for those who act from {'; from '.join(said)}."


def characteristics(parts: Sequence[Part], malignant: Sequence[str]) -> pd.DataFrame:
    """One row per part: how many photos, of whom."""
    return pd.DataFrame(
        {
            "Part": part.title,
            "Photos": f"{len(part.rows):,}",
            "Lesions or people": _units(part),
            "Malignant": _share(part.rows["diagnosis"].isin(malignant)),
            "Age, median (quartiles)": _quartiles(part.rows.get("age")),
            "Female": _share_of_recorded(part.rows, "sex", ("female",)),
            "Confirmed by histology": _share_of_recorded(
                part.rows, "confirmed_by", reference_standard.HISTOLOGY
            ),
        }
        for part in parts
    )


def _units(part):
    if part.units == "photos":
        return NOT_RECORDED
    return f"{part.rows['lesion_id'].nunique():,} {part.units}"


def _share(marked):
    return f"{int(marked.sum()):,} ({100 * marked.mean():.0f} %)"


def _share_of_recorded(rows, column, values):
    if column not in rows.columns:
        return NOT_RECORDED
    recorded = rows.loc[_is_recorded(rows, column), column].str.lower()
    return _share(recorded.isin(values)) if len(recorded) else NOT_RECORDED


def _quartiles(ages):
    if ages is None or ages.isna().all():
        return NOT_RECORDED
    low, median, high = np.nanquantile(ages, [0.25, 0.5, 0.75])
    return f"{median:.0f} ({low:.0f}-{high:.0f})"


def _is_recorded(rows, column):
    return (subgroups.named(column, rows[column]) != subgroups.UNKNOWN).to_numpy()


def missing(parts: Sequence[Part]) -> pd.DataFrame:
    """One row per part: of how many photos each characteristic is not recorded."""
    columns = {
        column: title for column, title in subgroups.CHARACTERISTICS.items() if column != "ita"
    }
    return pd.DataFrame(
        {"Part": part.title}
        | {title: _num_missing(part.rows, column) for column, title in columns.items()}
        for part in parts
    )


def _num_missing(rows, column):
    num_known = int(_is_recorded(rows, column).sum()) if column in rows.columns else 0
    return f"{len(rows) - num_known:,} of {len(rows):,}" if num_known else "all"


def confirmation(run: Run) -> pd.DataFrame:
    """One row per diagnosis of the own test photos: how its photos were confirmed."""
    rows = run.test_photos
    if "confirmed_by" not in rows.columns:
        return pd.DataFrame({"Diagnosis": []})
    names = subgroups.named("confirmed_by", rows["confirmed_by"])
    counts = pd.crosstab(rows["diagnosis"], names).reindex(run.diagnoses, fill_value=0)
    counts = counts[counts.sum().sort_values(ascending=False, kind="stable").index]
    counts.insert(0, "Photos", counts.sum(axis=1))
    counts.insert(0, "Malignant", ["yes" if code in run.malignant else "" for code in counts.index])
    counts.insert(0, "Diagnosis", list(map(tables.diagnosis, counts.index)))
    return counts


def by_reference(run: Run) -> pd.DataFrame:
    """One row per reference standard: sensitivity, specificity and AUC for malignant lesions."""
    if "confirmed_by" not in run.predictions.columns:
        return pd.DataFrame({"Confirmed by": []})
    (own,) = [part for part in parts_of(run)[: len(SPLITS)] if part.split == "test"]
    table = []
    for reference, name in REFERENCES.items():
        rows = reference_standard.photos_of(own.rows, reference)
        at, curve = at_threshold(run, own, reference), roc.roc_curve(rows, run.malignant)
        if at is None or curve is None:
            continue
        table.append(
            {
                "Confirmed by": name,
                "Malignant": f"{at.point.num_of:,}",
                "Others": f"{at.point.num_others:,}",
                "Sensitivity": str(at.point.sensitivity),
                "Specificity": str(at.point.specificity),
                "AUC": str(curve.area),
            }
        )
    return pd.DataFrame(table)


def crosstab(run: Run) -> pd.DataFrame:
    """Own test photos by diagnosis (rows) and answer (columns)."""
    rows = run.test_photos
    answers = np.array(run.diagnoses)[rows[run.probability_columns].to_numpy().argmax(axis=1)]
    counts = pd.crosstab(rows["diagnosis"].to_numpy(), answers)
    counts = counts.reindex(index=run.diagnoses, columns=run.diagnoses, fill_value=0)
    counts.insert(0, "Diagnosis", [describe(code).name for code in counts.index])
    return counts


def _counts(at):
    return {
        "Test photos": at.part.source,
        "Threshold": f"{at.point.value:.4f}",
        "Malignant, above": at.found,
        "Malignant, below": at.missed,
        "Others, above": at.alarms,
        "Others, below": at.cleared,
        "Sensitivity": str(at.point.sensitivity),
        "Specificity": str(at.point.specificity),
    }


def _markdown(table):
    text = table.map(lambda cell: f"{cell:,}" if isinstance(cell, int) else cell)
    return text.to_markdown(index=False, tablefmt="github", disable_numparse=True)
