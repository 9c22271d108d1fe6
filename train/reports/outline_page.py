"""docs/outline.md: how the outline was made, how good it is, and what was measured inside it."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pandas as pd

from model.evaluation import lesion_outlines
from model.evaluation.lesion_outlines import FAILED, Outlines, fit
from model.lesions import describe
from model.photo.lesion_features import FEATURES
from model.run.ledger import read as read_ledger

FILE = "outline.md"
AFTERWARDS = "recorded afterwards"  # how a line of the ledger says that it came late
TEMPLATE = Path(__file__).with_suffix(".md.jinja")


def page(outlines: Outlines) -> str:
    """The whole page as Markdown."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    rows = outlines.features
    return (
        template.render(
            card=outlines.card,
            sentences=lesion_outlines.sentences(outlines),
            fits=_fits(outlines),
            features=_features(outlines),
            separations=_separations(outlines),
            num_measured=len(outlines.measured),
            num_measured_at_edge=int((outlines.measured["at_edge"] > 0).sum()),
            num_all=f"{len(rows):,}",
            num_at_edge=f"{int((rows['at_edge'] > 0).sum()):,}",
            failed=FAILED,
            few=lesion_outlines.FEW,
            late=_recorded_afterwards(outlines),
        ).rstrip()
        + "\n"
    )


def _recorded_afterwards(outlines):
    ledger = read_ledger(outlines.path)
    entries = ledger.entries if ledger else ()
    return [entry.what for entry in entries if AFTERWARDS in entry.result]


def _fits(outlines):
    tested = outlines.tested
    groups = [("all", tested)]
    groups += [(describe(str(code)).name, rows) for code, rows in tested.groupby("diagnosis")]
    rows = []
    for name, of_group in groups:
        own, classical = fit(of_group), fit(of_group, "classical")
        rows.append(
            {
                "test photos of": name,
                "photos": f"{own.num_photos:,}",
                "lesions": f"{own.num_lesions:,}",
                "median Dice": own.median,
                f"share below {FAILED}": own.failed,
                "dark area: median Dice": classical.median,
                f"dark area: share below {FAILED}": classical.failed,
            }
        )
    return _markdown(rows)


def _features(outlines):
    rows = []
    for feature in FEATURES:
        for code, row in lesion_outlines.distributions(outlines, feature).iterrows():
            rows.append(
                {
                    "feature": feature,
                    "diagnosis": describe(str(code)).name,
                    "lesions": f"{int(row['num_lesions']):,}",
                    "median": f"{row['median']:.2f}",
                    "middle half": f"{row['lower']:.2f}-{row['upper']:.2f}",
                    "90 %": f"{row['low']:.2f}-{row['high']:.2f}",
                }
            )
    return _markdown(rows)


def _separations(outlines):
    return _markdown(
        [
            {"feature": feature, "AUC": lesion_outlines.separation(outlines, feature)}
            for feature in FEATURES
        ]
    )


def _markdown(rows):
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="github", disable_numparse=True)
