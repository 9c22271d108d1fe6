"""How often the covering test calls a heat map better than chance: for a run's own maps, and for
maps that know nothing and should not pass."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from model.evaluation.bootstrap import Estimate, average, share_of_few

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


@dataclass(frozen=True)
class Rates:
    """What the covering test was measured to be worth.

    `lead` is the share of the run's own maps that pass less that of the maps of the shuffled
    network, on the photos of which both could be judged, with its interval by lesion; NaN where
    there are none.
    """

    own: Rate
    random: Rate
    shuffled: Rate
    lead: Estimate

    @property
    def by_map(self) -> tuple[Rate, Rate, Rate]:
        """In the order of `MAPS`."""
        return self.own, self.random, self.shuffled

    @property
    def is_fooled(self) -> bool:
        """Whether maps that know nothing pass more often than they may."""
        return any(rate.better.value > MAY_PASS for rate in (self.random, self.shuffled))

    @property
    def tells(self) -> bool:
        """Whether a pass says something: such maps seldom pass, and own maps are shown to pass more
        often."""
        return not self.is_fooled and self.lead.is_above_zero


def rates(table: pd.DataFrame) -> Rates:
    """Count verdicts by kind of map.

    Args:
        table: `model.run.Run.covering_test`.
    """
    own, random, shuffled = (_rate(table[table["map"] == kind], kind) for kind in MAPS)
    return Rates(own, random, shuffled, _lead(table))


def _rate(maps, kind):
    judged = maps[maps["verdict"] != "unclear"]
    better = share_of_few(judged["verdict"] == "better", judged["lesion_id"])
    return Rate(kind, len(maps), len(judged), better)


def _lead(table):
    judged = table[table["verdict"] != "unclear"]
    own, shuffled = (judged[judged["map"] == kind] for kind in (OWN, SHUFFLED))
    passes = own.assign(better=own["verdict"] == "better").merge(
        shuffled.assign(better=shuffled["verdict"] == "better"),
        on="image_id",
        suffixes=("", "_shuffled"),
    )
    if passes.empty:
        return Estimate(*3 * (float("nan"),))
    lead = passes["better"].astype(float) - passes["better_shuffled"]
    return average(lead.to_numpy(), passes["lesion_id"])
