"""Lists and metadata that cannot be used say why, in one sentence each."""

import pandas as pd
import pytest

from model.audit.lists import read_lists, read_metadata
from model.audit.own_table import MAX_BYTES, OwnTable, TableError, opened
from tests.model.audit.lists import KNOWN, LISTED, brought


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (LISTED.drop(columns="split"), "does not say which part a photo belongs to"),
        (LISTED.assign(split="test"), "has the parts test; train and test are needed"),
        (LISTED.assign(split="holdout"), "names the part 'holdout'. Parts are train,"),
        (LISTED.drop(columns="image"), "a column image_id is needed"),
        (LISTED.iloc[:0], "and 0 rows"),
        (LISTED.assign(fold=range(9)), "holds 9 folds"),
        (LISTED.assign(image=""), "rows without a photo"),
        (
            pd.concat([LISTED, LISTED.iloc[[4, 4, 5]]]),
            "two rows for one photo: b is twice in test. There are 2 more",
        ),
    ],
)
def test_a_list_that_cannot_be_used_says_why(table, sentence):
    with pytest.raises(TableError, match=sentence):
        read_lists(brought(table))


def test_files_that_are_no_table_say_so(tmp_path):
    with pytest.raises(TableError, match="There is no file"):
        opened(tmp_path / "none.csv")
    for content in (b"", b"\n\n", bytes(range(256))):
        with pytest.raises(TableError, match="is empty or no table of text"):
            read_lists(OwnTable("x.csv", content))
    with pytest.raises(TableError, match="MB; at most 10 MB are accepted"):
        read_lists(OwnTable("x.csv", b"a" * (MAX_BYTES + 1)))


def test_metadata_without_lesions_is_refused():
    with pytest.raises(TableError, match="image_id and lesion_id are needed"):
        read_metadata(brought(KNOWN.drop(columns="lesion_id")))


def test_one_fold_of_several_is_read():
    folds = LISTED.assign(fold=[0] * 8 + [1])
    assert len(read_lists(brought(folds), fold="0")) == 8
    with pytest.raises(TableError, match="has no fold 7; it has 0, 1"):
        read_lists(brought(folds), fold="7")
    assert len(read_lists(brought(LISTED), fold="0")) == 9  # it has no folds
