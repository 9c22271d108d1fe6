"""docs/cases.md: the training photos most like a photo, and what their vote is worth."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import jinja2
import pandas as pd

from model.evaluation import laid_over, neighbour_vote
from model.evaluation.neighbour_overlap import neighbour_overlap
from model.evaluation.neighbour_vote import NeighbourVote
from model.evaluation.same_lesion_spread import same_lesion_spread
from model.run import HONEST, Run

FILE = "cases.md"
TEMPLATE = Path(__file__).with_suffix(".md.jinja")


def measured(runs: Mapping[str, Run]) -> dict[str, NeighbourVote]:
    """The votes that were measured on photos, by the name of the run."""
    found = {
        name: neighbour_vote.neighbour_vote(run)
        for name, run in runs.items()
        if not run.is_rendered
    }
    return {name: vote for name, vote in found.items() if vote is not None}


def cases(runs: Mapping[str, Run]) -> str:
    """The whole page as Markdown.

    Args:
        runs: by name, at least one of them with neighbours.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    found = measured(runs)
    return (
        template.render(
            table=_table(found),
            overlaps=_overlaps({name: runs[name] for name in found}),
            spreads=_spreads(runs),
            laid_over=laid_over.rates_sentence(laid_over.rates()),
            runs=[
                {
                    "name": name,
                    "sentences": [
                        neighbour_vote.chosen(vote),
                        neighbour_vote.worth(vote),
                        *neighbour_vote.areas(vote),
                        *neighbour_vote.agreement(vote),
                    ],
                }
                for name, vote in found.items()
            ],
        ).rstrip()
        + "\n"
    )


def _table(found):
    rows = [
        {
            "run": f"`{name}`",
            "test photos": f"{vote.num_photos:,}",
            **_three("balanced accuracy", vote.balanced_accuracy),
            **_three("AUC", vote.malignant_area or ("-", "-", "-")),
            "precision at 5": vote.precision,
            "at random": f"{vote.chance:.2f}",
        }
        for name, vote in found.items()
    ]
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="github", disable_numparse=True)


def _spreads(runs):
    rows = [
        {
            "run": f"`{name}`",
            "lesions with several test photos": f"{found.num_lesions:,}",
            "malignant sum, median difference": f"{found.median:.2f}",
            "one lesion in ten differs by more than": f"{found.ninth_decile:.2f}",
            "another diagnosis": found.other_answer,
            "malignant": f"{found.malignant:.2f}",
            "of all test lesions": f"{found.malignant_of_all:.2f}",
        }
        for name, run in runs.items()
        if run.card["protocol"] == HONEST
        and run.has_network
        and not run.is_rendered
        and (found := same_lesion_spread(run)) is not None
    ]
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="github", disable_numparse=True)


def _three(name, three):
    network, neighbours, difference = three
    return {
        f"{name}, network": network,
        f"{name}, neighbours": neighbours,
        f"{name}, difference": difference,
    }


def _overlaps(runs):
    rows = [
        {
            "first": f"`{first}`",
            "second": f"`{second}`",
            "test photos of both": f"{found.num_photos:,}",
            "lesions": f"{found.num_lesions:,}",
            "of the first's 5, in both trainings": found.known,
            "of the first's 5, among the second's": found.shared,
            "by chance": f"{found.chance:.1g}",
        }
        for first, second in combinations(runs, 2)
        if (found := neighbour_overlap(runs[first], runs[second])) is not None
    ]
    return pd.DataFrame(rows).to_markdown(index=False, tablefmt="github", disable_numparse=True)
