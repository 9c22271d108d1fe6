"""How good outlines are and what was measured inside them, from tables that can be counted."""

import pytest

from model.evaluation import lesion_outlines
from model.evaluation.lesion_outlines import (
    DICE,
    FEATURES_FILE,
    OutlineError,
    distributions,
    doubt,
    fit,
    read,
    separation,
    share_below,
)
from model.photo.outline import outline
from model.run import ledger
from tests import outlines as toys
from tests.conftest import ROOT

SHIPPED = ROOT / "assets" / "outline"


@pytest.fixture
def toy(tmp_path):
    return toys.write(tmp_path)


def test_the_fit_is_that_of_the_test_photos(toy):
    assert set(toy.tested["split"]) == {"test"}
    found = fit(toy.tested)
    assert (found.num_photos, found.num_lesions) == (40, 20)
    # Of ten photos one has 0.5, the others 0.902 to 0.918: the middle of 40 lies between
    # 0.908 and 0.910.
    assert found.median.value == pytest.approx(0.909)
    assert 0.9 < found.median.low < 0.909 < found.median.high < 0.92
    assert found.failed.value == pytest.approx(0.1)
    classical = fit(toy.tested, "classical")
    assert (classical.median.value, classical.failed.value) == pytest.approx((0.8, 0.2))


def test_a_doubt_is_worth_what_it_finds(toy):
    worth = doubt(toy)
    assert (worth.num_doubted, worth.num_others) == (4, 36)
    assert worth.doubted.value == 0.5
    assert worth.others.value == pytest.approx(2 / 36)
    assert worth.others.low < 2 / 36 < worth.others.high


def test_of_each_lesion_one_photo_counts_and_doubted_ones_do_not(toy):
    rows = toy.measured
    assert len(rows) == 2 * toys.NUM_LESIONS
    assert not rows["image_id"].str.contains("again|doubted|0000003").any()
    assert "ISIC_mel_doubted" not in toy.of_photo
    assert toy.of_photo["ISIC_0000003"]["asymmetry"] == 0.1


def test_the_separation_is_the_share_of_pairs_in_order(toy):
    assert separation(toy, "border").value == 1
    assert separation(toy, "asymmetry").value == 0.5
    assert separation(toy, "colour").value == 0.5
    estimate = separation(toy, "asymmetry")
    assert estimate.low < 0.5 < estimate.high
    assert separation(toy, "border").low < 1


def test_distributions_are_quantiles_by_diagnosis(toy, monkeypatch):
    table = distributions(toy, "border")
    assert table.index.tolist() == ["mel", "nv"]
    assert table.loc["mel", "num_lesions"] == 12
    assert table.loc["mel", ["lower", "median", "upper"]].tolist() == pytest.approx(
        [1.5, 1.55, 1.6]
    )
    assert share_below(toy, "border", 1.6) == {"mel": (6, 12), "nv": (12, 12)}
    monkeypatch.setattr(lesion_outlines, "FEW", 13)
    assert distributions(toy, "border").empty
    assert share_below(toy, "border", 1.6) == {}


def test_the_sentences_name_their_numbers(toy):
    said = " ".join(lesion_outlines.sentences(toy))
    found, worth = fit(toy.tested), doubt(toy)
    assert "On 40 test photos of 20 lesions, the outline covers" in said
    assert f"a median Dice of {found.median}" in said
    assert f"on a share of {found.failed}." in said
    assert f"doubts the outline of 4 of these photos, and a share of {worth.doubted}" in said
    assert "Of 4 phone photos from elsewhere (PAD-UFES-20), without masks," in said
    assert "Of 2 pictures without a lesion from elsewhere, the network doubts the outline of 2" in (
        said
    )
    apart = lesion_outlines.separation_sentence(toy)
    assert "melanoma from melanocytic nevus" in apart
    assert "12 and 12 lesions of test photos" in apart
    assert f"border {separation(toy, 'border')}" in apart


@pytest.mark.parametrize("name", [DICE, FEATURES_FILE, "outline.npz"])
def test_a_changed_file_is_refused(toy, name):
    with open(toy.path / name, "ab") as file:
        file.write(b" ")
    with pytest.raises(OutlineError, match=f"{name} is not the file"):
        read(toy.path)


def test_a_missing_file_or_card_is_refused(toy):
    (toy.path / DICE).unlink()
    with pytest.raises(OutlineError, match=r"cannot be read"):
        read(toy.path)
    with pytest.raises(OutlineError, match=r"cannot be read"):
        read(toy.path / "nowhere")


def test_a_card_without_its_choice_is_refused(toy):
    with pytest.raises(OutlineError, match="is not that of outlines"):
        read(toys.with_card(toy, chosen={}))


def test_choices_and_the_reading_stand_in_the_ledger(toy):
    kept = ledger.read(toy.path)
    assert kept.fault is None
    assert [entry.event for entry in kept.entries] == [
        "begins",
        *3 * ["choice"],
        "reading",
    ]
    assert [entry.num_photos for entry in kept.entries[1:]] == [10, 10, 10, 40]
    assert kept.entries[-1].sha256 == toy.card["files"][DICE]
    again = toys.write(toy.path.parent)
    assert len(ledger.read(again.path).entries) == 10


def test_the_outline_that_ships_reaches_what_it_should():
    shipped = read(SHIPPED)
    assert fit(shipped.tested).median.low >= 0.88
    worth = doubt(shipped)
    assert worth.doubted.low > worth.others.high
    assert len(shipped.tested) > 2000
    parts = shipped.features.groupby("lesion_id")["split"].nunique()
    assert parts.max() == 1
    whole = shipped.card["data"]["counts"]
    assert sum(sum(of.values()) for of in whole.values()) == len(shipped.features)


def test_the_outline_that_ships_finds_a_drawn_lesion():
    from train.data.rendered import render

    drawing = render("even", 9002)
    found = outline(drawing.photo, read(SHIPPED).arrays)
    overlap = (found.mask & drawing.mask).sum() / (found.mask | drawing.mask).sum()
    assert overlap > 0.8
    assert found.certainty > 0.8


def test_two_photos_of_a_lesion_are_held_against_each_other(tmp_path):
    written = toys.write(tmp_path)
    # Of each diagnosis one lesion has a second photo, with an asymmetry of 0.9, and a third that is
    # doubted under a lesion of its own.
    found = lesion_outlines.same_lesion_differences(written, "asymmetry")
    assert found == pytest.approx([0.7, 0.8])
    assert lesion_outlines.same_lesion_differences(written, "border") == pytest.approx([0, 0])
