"""The split files that ship: whole, and counted by hand without the audit."""

import pandas as pd

from model.audit.published_lists import DERMAMNIST, LISTS, PUBLISHED_LISTS
from tests.conftest import ROOT


def test_every_list_that_ships_is_named_with_its_source():
    assert {path.stem for path in LISTS.iterdir()} == set(PUBLISHED_LISTS)
    assert all("https://doi.org/" in listed.about for listed in PUBLISHED_LISTS.values())


def test_dermamnist_holds_every_photo_of_ham10000_once():
    listed = pd.read_csv(DERMAMNIST.path)
    assert listed["split"].value_counts().to_dict() == {
        "train": 7007,
        "test": 2005,
        "validation": 1003,
    }
    photos = pd.read_csv(ROOT / "assets" / "runs" / "ham7_cnn" / "predictions.csv")
    photos = photos[(photos["split"] == "test") & (photos["copy_of"].isna())]
    assert sorted(listed["image_id"]) == sorted(photos["image_id"])
    # Yang et al. 2023 state these numbers for the test part.
    test = photos[photos["image_id"].isin(listed.loc[listed["split"] == "test", "image_id"])]
    assert test["diagnosis"].value_counts().to_dict() == {
        "nv": 1341,
        "mel": 223,
        "bkl": 220,
        "bcc": 103,
        "akiec": 66,
        "vasc": 29,
        "df": 23,
    }
