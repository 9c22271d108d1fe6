"""Which photos count by how their truth is known, counted by hand."""

import pandas as pd
import pytest

from model.evaluation import reference_standard
from model.evaluation.reference_standard import Confirmed, Reference

ROWS = pd.DataFrame(
    {
        "diagnosis": ["mel", "mel", "bcc", "nv", "nv", "nv", "df"],
        "confirmed_by": ["histo", "histopathology", "histo", "follow_up", "histo", "consensus", ""],
    }
)


def test_malignant_and_other_photos_are_counted_apart():
    assert reference_standard.counts(ROWS, ["mel", "bcc"]) == Confirmed(3, 3, 4, 1)
    assert reference_standard.counts(ROWS, ["mel"]) == Confirmed(2, 2, 5, 2)


def test_histology_keeps_its_own_rows_and_any_keeps_all():
    kept = reference_standard.photos_of(ROWS, Reference.HISTOLOGY)
    assert list(kept.index) == [0, 1, 2, 4]
    assert reference_standard.photos_of(ROWS, Reference.ANY) is ROWS


@pytest.mark.parametrize(
    "rows",
    [
        ROWS.drop(columns="confirmed_by"),
        ROWS.assign(confirmed_by="histo"),
        ROWS.assign(confirmed_by=["histo"] * 3 + ["consensus"] * 4),  # no other to compare with
        ROWS.assign(confirmed_by=["consensus"] * 3 + ["histo"] * 4),
    ],
)
def test_where_there_is_nothing_to_choose_there_is_no_choice(rows):
    assert reference_standard.counts(rows, ["mel", "bcc"]) is None
