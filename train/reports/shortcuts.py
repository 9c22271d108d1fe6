"""docs/shortcuts.md: what networks make of things that are not the lesion, from the results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import pandas as pd

from model.evaluation import planted, shortcut_tables
from model.evaluation.shortcut_sentences import planted_sentence, without_lesion_sentences
from model.evaluation.without_lesion import RUN, VARIANTS, VariantResult
from model.photo.shortcuts import CENTRE
from train.reports.planted import SEED

if TYPE_CHECKING:
    from model.run import Run

FILE = "shortcuts.md"
TEMPLATE = Path(__file__).with_suffix(".md.jinja")


def page(runs: Iterable[Run], results: Sequence[VariantResult]) -> str:
    """The whole page as Markdown.

    Args:
        runs: `model.run.Run`s; those with a network and real photos get a table.
        results: of `model.evaluation.without_lesion.results`; empty where nobody measured them.
    """
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
        left=[title.lower() for variant, title in VARIANTS.items() if variant not in there],
        tables=shortcut_tables,
        as_table=_as_table,
        planted_sentence=planted_sentence,
        without_lesion_sentences=without_lesion_sentences,
    )


def _as_table(table: pd.DataFrame) -> str:
    rows = [[*table.columns], ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
