"""docs/outline.md is what the files of the outline say."""

import pytest

from model.evaluation import lesion_outlines
from model.evaluation.lesion_outlines import fit, read, separation
from tests import outlines as toys
from tests.conftest import ROOT
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
