"""docs/shortcuts.md: what networks make of things that are not the lesion, from the results."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import pandas as pd

from model.evaluation import learned_shortcut, planted, shortcut_tables, without_lesion
from model.evaluation.learned_shortcut import NUM_MAPS
from model.evaluation.shortcut_sentences import (
    learned_sentence,
    planted_sentence,
    ruler_sentence,
    without_lesion_sentences,
)
from model.evaluation.without_lesion import RUN, VARIANTS
from model.photo.shortcuts import CENTRE
from train.reports.planted import SEED

if TYPE_CHECKING:
    from model.run import Run

FILE = "shortcuts.md"
TEMPLATE = Path(__file__).with_suffix(".md.jinja")


def page(runs: Iterable[Run], folder: Path | None = None) -> str:
    """The whole page as Markdown.

    Args:
        runs: `model.run.Run`s; those with a network and real photos get a table.
        folder: of the results of training; None: those that ship.
    Raises:
        ResultsError: a table of results is malformed.
    """
    table, taught = without_lesion.read(folder), learned_shortcut.read(folder)
    results = [] if table is None else without_lesion.results(table)
    learned = None
    if taught is not None:
        learned = learned_shortcut.results(taught[0]), learned_shortcut.ruler_found(taught[1])
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    known = [run for run in runs if run.has_network and not run.is_rendered]
    there = {result.variant for result in results}
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        centre=f"{CENTRE:g}",
        seed=SEED,
        recipe=RUN,
        measured=[(run, planted.effects(run)) for run in known if run.planted is not None],
        missing=[run for run in known if run.planted is None],
        results=results,
        learned=learned,
        malignant_share=f"{100 * learned_shortcut.MALIGNANT_SHARE:.0f}",
        benign_share=f"{100 * learned_shortcut.BENIGN_SHARE:.0f}",
        num_maps=NUM_MAPS,
        learned_sentence=learned_sentence,
        ruler_sentence=ruler_sentence,
        left=[title.lower() for variant, title in VARIANTS.items() if variant not in there],
        tables=shortcut_tables,
        as_table=_as_table,
        planted_sentence=planted_sentence,
        without_lesion_sentences=without_lesion_sentences,
    )


def _as_table(table: pd.DataFrame) -> str:
    rows = [[*table.columns], ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
