"""docs/outline.md is what the files of the outline say."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import lesion_outlines
from model.evaluation.lesion_outlines import DICE, fit, read, separation
from model.run.ledger import CHOICE, about, append, ids_sha256
from model.run.ledger import read as read_ledger
from tests import outlines as toys
from tests.conftest import ROOT
from train.data import duplicates
from train.outline import width
from train.reports import outline_page


@pytest.fixture
def toy(tmp_path):
    return toys.write(tmp_path)


def test_the_page_holds_the_figures_of_the_files(toy):
    page = outline_page.page(toy)
    rows = " ".join(page.split())
    assert f"| all | 40 | 20 | {fit(toy.tested).median} | {fit(toy.tested).failed} |" in rows
    assert "| border | Melanoma | 12 | 1.55 | 1.50-1.60 | 1.50-1.60 |" in rows
    assert f"| asymmetry | {separation(toy, 'asymmetry')} |" in rows
    assert "below 0.8." in rows
    assert "0 % (0.70), 2 % (0.80), validation photos chose 2 %" in rows
    for sentence in lesion_outlines.sentences(toy):
        assert sentence in page


def test_a_diagnosis_of_few_lesions_has_no_row(toy, monkeypatch):
    monkeypatch.setattr(lesion_outlines, "FEW", 13)
    assert "| border | Melanoma |" not in " ".join(outline_page.page(toy).split())


def test_the_document_that_ships_is_that_of_the_outline_that_ships():
    shipped = (ROOT / "docs" / outline_page.FILE).read_text("utf-8")
    assert shipped == outline_page.page(read(ROOT / "assets" / "outline"))


def test_the_page_says_which_choices_were_recorded_afterwards(toy):
    assert outline_page.AFTERWARDS not in outline_page.page(toy)
    append(toy.path, about(CHOICE, "the colour", "all", ["a"], f"blue; {outline_page.AFTERWARDS}"))
    assert "recorded afterwards, from the card: the colour |" in outline_page.page(toy)


def test_no_lesion_of_the_outline_that_ships_counts_twice():
    """By the table of pairs, not by the ids that are tested."""
    outlines = read(ROOT / "assets" / "outline")
    lesion = pd.Series(duplicates.lesions(outlines.features), outlines.features["image_id"])
    for rows in (outlines.features, outlines.dice):
        own = lesion.loc[rows["image_id"]].to_numpy()
        assert rows["lesion_id"].nunique() == len(np.unique(own))
        assert pd.Series(own).groupby(rows["lesion_id"].to_numpy()).nunique().eq(1).all()
    # No lesion is on two sides, and those with two ids are there: else this would prove nothing.
    rows = outlines.features
    assert rows.groupby("lesion_id")["split"].nunique().eq(1).all()
    pairs = pd.read_csv(duplicates.SAME_LESION)
    test = rows.loc[rows["split"] == "test", ["image_id", "lesion_id"]].set_index("image_id")
    here = pairs[pairs.isin(test.index).all(axis=1)]
    first, second = (test.loc[here[name], "lesion_id"].to_numpy() for name in pairs)
    assert len(here) >= 10
    assert (first == second).all()


def test_the_ledger_that_ships_holds_every_choice_of_the_card():
    outlines = read(ROOT / "assets" / "outline")
    ledger = read_ledger(outlines.path)
    assert ledger.fault is None
    chosen = outlines.card["chosen"]
    by_what = {entry.what: entry for entry in ledger.entries}
    assert by_what["limit of certainty"].result == str(chosen["doubted_below"])
    late = f"; {outline_page.AFTERWARDS}"
    assert by_what["width of the dark area"].result == width(chosen) + late
    both = by_what["doubt by certainty rather than agreement"].result
    assert both.endswith(late)
    assert f"{chosen['areas']['certainty']} against {chosen['areas']['agreement']}" in both
    validation = outlines.dice.loc[outlines.dice["split"] == "validation", "image_id"]
    choices = [entry for entry in ledger.entries if entry.event == CHOICE]
    assert {entry.photos_sha256 for entry in choices} == {ids_sha256(validation)}
    reading = [entry for entry in ledger.entries if entry.what == DICE][-1]
    assert reading.sha256 == outlines.card["files"][DICE]
