"""Where the test photos of a run come from: its own, and those of other data sets, by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model.photo.kind import plural
from model.run import OWN_SOURCE

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class PhotoSource:
    """A source of test photos of one kind.

    `name` is as in `Run.quality`: `OWN_SOURCE` for the photos of predictions.csv. `kind` is None
    where the run tells none apart and the photos are its own. `is_own` where other photos of the
    source took part in the training.
    """

    name: str
    kind: str | None
    is_own: bool

    @property
    def title(self) -> str:
        """ "own test photos", "phone photos, PAD-UFES-20"."""
        if self.name == OWN_SOURCE and self.is_own:
            return "own test photos"
        return ", ".join(filter(None, (plural(self.kind or ""), self.name)))


def photo_sources(run: Run, kind: str | None) -> dict[PhotoSource, pd.DataFrame]:
    """The test photos of known diagnosis that figures about a kind of photo rest on, by source.

    Args:
        run: `model.run.Run`.
        kind: of photo; None: that of the run's own photos, and where it tells no kinds apart every
            kind there is.
    Returns:
        Rows with the columns of `Run.predictions` and `source`, its own photos first. Where people
        are known, they stand in for the lesions, so that intervals resample people.
    """
    sources = {}
    if kind in (None, *run.kinds[:1]) and len(run.test_photos):
        own = PhotoSource(OWN_SOURCE, next(iter(run.kinds), None), is_own=True)
        sources[own] = run.test_photos.assign(source=OWN_SOURCE)
    if run.external is None:
        return sources
    diagnosed = run.external[run.external["diagnosis"] != ""]
    if run.kinds:
        diagnosed = diagnosed[diagnosed["kind"] == (kind or run.kinds[0])]
    for (of_kind, name), rows in diagnosed.groupby(["kind", "source"], sort=False):
        test = rows[rows["split"] == "test"]
        if len(test):
            source = PhotoSource(str(name), str(of_kind), is_own=len(test) < len(rows))
            sources[source] = test.assign(lesion_id=test["person_id"])
    return sources
