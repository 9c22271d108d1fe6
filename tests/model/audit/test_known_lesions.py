"""What the runs at hand know of lesions stands in for metadata."""

import pytest

from model import run
from model.audit import known_lesions
from model.audit.own_table import TableError
from tests import toys
from tests.conftest import ROOT


def rows(lesions, confirmed_by="histo"):
    table = toys.predictions(per_split=len(lesions))
    table["lesion_id"] = lesions * 3
    return table.assign(confirmed_by=confirmed_by)


def test_the_run_that_knows_most_photos_comes_first_and_others_fill_the_gaps(tmp_path):
    toys.write(tmp_path, "few", rows=rows(["HAM_9"] * 3 + ["group_1"] * 3, "other"))
    toys.write(tmp_path, "most", rows=rows(["HAM_1", "HAM_1", "group_2", "X", "X", "X"]))
    toys.write(
        tmp_path, "leaks", rows=rows(["HAM_7"] * 9), protocol="as-published", with_network=False
    )
    runs = run.read_all([tmp_path])[0]
    known = known_lesions.of_runs(runs.values())
    lesion_of = known.table["lesion_id"]
    assert lesion_of["train_0"] == "HAM_1"
    assert lesion_of["train_2"] == "HAM_9"  # nobody recorded it for the first run
    assert lesion_of["train_5"] == "X"
    assert len(known.table) == 18  # no photo that only the leaking run has
    assert known.num_ham10000 == 9
    assert known.table.loc["train_2", "confirmed_by"] == "other"
    assert known.hashes == {
        f"{name}/predictions.csv": runs[name].card["files"]["predictions.csv"]
        for name in ("most", "few")
    }
    assert known.sentence == (
        "The models here know the lesions of 9 of the 10,015 photos of HAM10000 and of 9 others."
    )


def test_without_any_lesion_the_metadata_is_asked_for(tmp_path):
    toys.write(tmp_path, "none", rows=rows(["group_1"] * 3))
    with pytest.raises(TableError, match="Give the metadata, too"):
        known_lesions.of_runs(run.read_all([tmp_path])[0].values())


def test_the_shipped_runs_know_all_of_ham10000():
    runs = run.read_all([ROOT / "assets" / "runs"])[0]
    known = known_lesions.of_runs(runs.values())
    assert known.num_ham10000 == known_lesions.NUM_HAM10000
    assert known.sentence == (
        "The models here know the lesions of 10,015 of the 10,015 photos of HAM10000."
    )
    assert not known.table.index.duplicated().any()
