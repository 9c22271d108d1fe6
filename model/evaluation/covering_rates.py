"""How often the covering test calls a heat map better than chance: for a run's own maps, and for
maps that know nothing and should not pass."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from model.evaluation.bootstrap import Estimate, share_of_few

OWN, RANDOM, SHUFFLED = "own", "random", "shuffled"
MAY_PASS = 0.05  # of the maps that know nothing
MAPS = {
    OWN: "the run's own",
    RANDOM: "areas of chance, as large",
    SHUFFLED: "of the network with its weights shuffled",
}


@dataclass(frozen=True)
class Rate:
    """How often maps of one kind were called better than chance.

    `better` is a share of the `num_judged` maps about which the test could tell something, with
    Wilson's interval by lesion; `num_maps` counts the others, too.
    """

    map: str
    num_maps: int
    num_judged: int
    better: Estimate


def is_fooled(counted: dict[str, Rate]) -> bool:
    """Whether maps that know nothing are called better than chance more often than they may be."""
    return any(counted[kind].better.value > MAY_PASS for kind in (RANDOM, SHUFFLED))


def rates(table: pd.DataFrame) -> dict[str, Rate]:
    """Count verdicts by kind of map.

    Args:
        table: `model.run.Run.covering_test`.
    Returns:
        `Rate` by key of `MAPS`, in its order.
    """
    counted = {}
    for kind in MAPS:
        maps = table[table["map"] == kind]
        judged = maps[maps["verdict"] != "unclear"]
        better = share_of_few(judged["verdict"] == "better", judged["lesion_id"])
        counted[kind] = Rate(kind, len(maps), len(judged), better)
    return counted
