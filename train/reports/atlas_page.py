"""docs/atlas.md: the atlas of every run that has one, written from the run folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from model.evaluation.atlas_sentences import overview, sentences, title
from model.evaluation.run_sentences import percent
from model.evaluation.strategy_atlas import STANDS_OUT, Atlas, Cluster, atlas
from model.evaluation.subgroups import FEW
from train.reports.strategy_atlas import MAX_CLUSTERS, NUM_NEIGHBOURS, SIDE

if TYPE_CHECKING:
    from model.run import Run

FILE = "atlas.md"
NUM_TYPICAL = 5
TEMPLATE = Path(__file__).with_name("atlas.md.jinja")


def page(runs: Iterable[Run]) -> str:
    """The whole page as Markdown.

    Args:
        runs: `model.run.Run`s.
    """
    chapters = [
        _chapter(run, atlas(run))
        for run in sorted(runs, key=lambda run: run.name)
        if run.atlas is not None
    ]
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        chapters=chapters,
        side=SIDE,
        num_neighbours=NUM_NEIGHBOURS,
        max_clusters=MAX_CLUSTERS,
        few=FEW,
        stands_out=STANDS_OUT,
    )


def _chapter(run: Run, found: Atlas) -> str:
    lines = [
        f"## `{run.name}`",
        "",
        overview(found),
        "",
        "| group | photos | diagnoses | malignant | wrong | others wrong | difference | "
        "same diagnoses |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(cluster) for cluster in found.clusters),
        "",
    ]
    for cluster in found.clusters:
        typical = ", ".join(cluster.typical(NUM_TYPICAL))
        lines.append(f"- **{title(cluster)}.** {' '.join(sentences(cluster))} Photos: {typical}.")
    return "\n".join(lines)


def _row(cluster: Cluster) -> str:
    most = list(cluster.mix("diagnosis").items())[:3]
    cells = [
        title(cluster),
        f"{cluster.num_photos:,}",
        ", ".join(f"{code} {percent(number / cluster.num_photos)}" for code, number in most),
        cluster.malignant,
        cluster.errors,
        cluster.rest or "-",
        cluster.difference or "-",
        cluster.matched or "-",
    ]
    return f"| {' | '.join(map(str, cells))} |"
