"""docs/leaks.md: what leaks add, and how to find them in a split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from model.audit import certificate, known_lesions
from model.audit.list_audit import MOST_WORDS, audit_lists
from model.audit.lists import MAX_ROWS, read_lists, read_metadata
from model.audit.own_table import opened
from model.audit.published_lists import PUBLISHED_LISTS, PublishedList
from model.evaluation.injection import Injection
from model.evaluation.leak_effect import GROUPS, effect, effects, sentence
from model.run import PREDICTIONS, Run

FILE = "leaks.md"
TEMPLATE = Path(__file__).with_suffix(".md.jinja")
EXAMPLE = "lentigo"


def leaks(runs: Mapping[str, Run], injections: Sequence[Injection]) -> str:
    """The whole page as Markdown.

    Args:
        runs: by name, `EXAMPLE` among them.
        injections: those that ship.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    return (
        template.render(
            injections=list(map(_chapter, injections)),
            example=_example(runs[EXAMPLE]),
            max_rows=f"{MAX_ROWS:,}",
            most_rows=f"{certificate.MOST_ROWS:,}",
            most_words=MOST_WORDS,
            published=[_published(listed, runs) for listed in PUBLISHED_LISTS.values()],
        ).rstrip()
        + "\n"
    )


def _chapter(injection: Injection) -> dict[str, Any]:
    largest = max(injection.doses)
    return {
        "title": injection.title,
        "name": injection.name,
        "sentences": list(_sentences(injection, largest)),
        "num_training": injection.card["num_training"],
        "num_epochs": injection.card["num_epochs"],
        "command": injection.card["command"],
        "rows": [
            (
                f"{found.dose:.0%}".replace("%", " %"),
                group.name,
                f"{found.num_photos:,}",
                f"{found.without:.2f}",
                f"{found.with_leak:.2f}",
                found.difference,
                found.balanced,
                ", ".join(f"{value:+.2f}" for value in found.by_seed),
            )
            for group, found in effects(injection)
        ],
    }


def _sentences(injection: Injection, largest: float) -> Iterator[str]:
    for group in GROUPS:
        found = effect(injection, largest, group)
        if found:
            yield sentence(found, group)


def _published(listed: PublishedList, runs: Mapping[str, Run]) -> dict[str, Any]:
    known = known_lesions.of_runs(runs.values())
    audit = audit_lists(read_lists(opened(listed.path)), known.table)
    return {
        "title": listed.title,
        "about": listed.about,
        "file": f"assets/lists/{listed.path.name}",
        "sentences": [certificate.verdict(audit), *certificate.sentences(audit)][:6],
    }


def _example(run: Run) -> dict[str, Any]:
    file = opened(run.path / PREDICTIONS)
    audit = audit_lists(read_lists(file), read_metadata(file))
    said = [certificate.verdict(audit), *certificate.sentences(audit)]
    everything, others = audit.figures["all"], audit.figures["others"]
    assert everything is not None  # its predictions have probabilities
    assert others is not None
    return {
        "sentences": said[:5],
        "all": everything.accuracy,
        "others": others.accuracy,
        "num_others": others.num_photos,
    }
