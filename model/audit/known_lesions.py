"""Which lesion each photo shows, by the tables of the runs at hand: nobody needs to bring them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from model.audit.own_table import TableError
from model.run import HONEST, PREDICTIONS, UNKNOWN_LESION, Run

NUM_HAM10000 = 10_015  # photos (Tschandl et al. 2018, https://doi.org/10.1038/sdata.2018.161)
OF_HAM10000 = "HAM_"  # opens its lesion ids


@dataclass(frozen=True)
class KnownLesions:
    """What runs know of their photos.

    `table` is as of `model.audit.lists.read_metadata`; `hashes` has the sha256 of each file of a
    run that it was read from, by the run's name and the file's.
    """

    table: pd.DataFrame
    hashes: dict[str, str]

    @property
    def num_ham10000(self) -> int:
        """Its photos that are HAM10000's."""
        return int(self.table["lesion_id"].str.startswith(OF_HAM10000).sum())

    @property
    def sentence(self) -> str:
        """How many photos it knows."""
        others = len(self.table) - self.num_ham10000
        return (
            f"The models here know the lesions of {self.num_ham10000:,} of the {NUM_HAM10000:,} "
            f"photos of HAM10000{f' and of {others:,} others' if others else ''}."
        )


def of_runs(runs: Iterable[Run]) -> KnownLesions:
    """Gather what runs know; the one that knows most photos comes first.

    Runs split as published are left out: where copies have two labels, they keep both.

    Raises:
        TableError: no run knows any lesion.
    """
    asked = [(_known(run), run) for run in runs if _is_asked(run)]
    table, hashes = pd.DataFrame(), {}
    for known, run in sorted(asked, key=lambda pair: (-len(pair[0]), pair[1].name)):
        new = known[~known.index.isin(table.index)]
        if len(new):
            table = pd.concat([table, new])
            hashes[f"{run.name}/{PREDICTIONS}"] = run.card["files"][PREDICTIONS]
    if table.empty:
        raise TableError("No model here knows which lesion a photo shows. Give the metadata, too.")
    return KnownLesions(table, hashes)


def _is_asked(run):
    return run.card["protocol"] == HONEST and run.is_measured and not run.is_rendered


def _known(run):
    rows = run.predictions
    rows = rows[(rows["copy_of"] == "") & ~rows["lesion_id"].str.startswith(UNKNOWN_LESION)]
    rows = rows.drop_duplicates("image_id").set_index("image_id")
    rows = rows[rows["lesion_id"] != ""]
    if "confirmed_by" not in rows:
        rows = rows.assign(confirmed_by="")
    return rows[["lesion_id", "diagnosis", "confirmed_by"]]
