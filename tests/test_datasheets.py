"""What the datasheets count is what the files and the tables hold."""

import re

import pandas as pd
import pytest

from model import run
from model.audit.same_lesion import SAME_LESION
from tests.conftest import DATA, ROOT
from train.data import external_photos

HAM = {
    "nv": "melanocytic nevi",
    "mel": "melanomas",
    "bkl": "benign keratoses",
    "bcc": "basal cell carcinomas",
    "akiec": "actinic keratoses",
    "vasc": "vascular lesions",
    "df": "dermatofibromas",
}


@pytest.fixture(scope="module")
def sheets():
    """Each data set's sheet in one line, by its title."""
    text = (ROOT / "docs" / "datasheets.md").read_text("utf-8")
    chapters = re.split(r"^## ", text, flags=re.M)[1:]
    return {chapter.splitlines()[0]: " ".join(chapter.split()) for chapter in chapters}


def test_every_data_set_has_the_seven_chapters_of_a_datasheet(sheets):
    for title, sheet in sheets.items():
        for chapter in ("Motivation", "Composition", "Collection", "Labels", "Preprocessing"):
            assert chapter.lower() in sheet.lower() or title == "Drawings", (title, chapter)
        for chapter in ("Uses", "Distribution", "Maintenance", "known errors"):
            assert chapter.lower() in sheet.lower(), (title, chapter)


def test_every_data_set_is_in_the_table(sheets):
    text = (ROOT / "docs" / "datasheets.md").read_text("utf-8")
    listed = re.findall(r"^\| \[([^]]+)\]\(#([\w-]+)\)", text, re.M)
    assert [anchor for _, anchor in listed] == [title.lower().replace(" ", "-") for title in sheets]


def test_the_pairs_under_two_lesion_ids_and_the_drawings_are_counted(sheets):
    assert f"{len(pd.read_csv(SAME_LESION))} pairs of photos show one lesion" in sheets["HAM10000"]
    demo = run.find("demo", [ROOT / "assets" / "runs"])
    assert f"The run `demo` has {demo.card['data']['num_photos']}" in sheets["Drawings"]


@pytest.mark.data
def test_ham10000_is_counted(sheets):
    sheet = sheets["HAM10000"]
    rows = pd.read_csv(DATA / "ham10000" / "HAM10000_metadata.csv")
    assert f"{len(rows):,} dermatoscopic photos of {rows['lesion_id'].nunique():,} lesions" in sheet
    for code, number in rows["dx"].value_counts().items():
        assert f"{number:,} of {HAM[code]}" in sheet
    missing = (
        rows["age"].isna().sum(),
        *((rows[name] == "unknown").sum() for name in ("sex", "localization")),
    )
    assert "Age is missing for {}, sex for {}, body site for {}".format(*missing) in sheet
    by_standard = rows["dx_type"].value_counts()
    assert (
        f"{by_standard['histo']:,} photos by histology, {by_standard['follow_up']:,} by follow-up, "
        f"{by_standard['consensus']} by consensus of experts, {by_standard['confocal']} by confocal"
    ) in sheet
    malignant = rows[rows["dx"].isin(["akiec", "bcc", "mel"])]
    assert (malignant["dx_type"] == "histo").all()
    nevi = rows[rows["dx"] == "nv"]
    assert f"only {(nevi['dx_type'] == 'histo').sum():,} of {len(nevi):,} nevi" in sheet


@pytest.mark.data
def test_the_phone_photos_are_counted(sheets):
    sheet = sheets["PAD-UFES-20"]
    rows = external_photos.read(phone_photos=DATA / "pad_ufes")
    assert f"{len(rows)} of {rows['person_id'].nunique()} people" in sheet
    assert f"Fitzpatrick type for {rows['skin_type'].notna().sum()}" in sheet
    assert f"sex and Fitzpatrick type for {(rows['sex'] != '').sum()}" in sheet
    assert rows["age"].notna().all()
    by_histology = rows["confirmed_by"] == "histo"
    assert f"{by_histology.sum()} by histology" in sheet
    raw = pd.read_csv(DATA / "pad_ufes" / "metadata.csv")
    counts = raw.groupby("diagnostic")["biopsed"].agg(["sum", "size"])
    assert (counts["sum"] == counts["size"])[["BCC", "MEL", "SCC"]].all()
    for code, plural in (("ACK", "actinic keratoses"), ("NEV", "nevi")):
        done, of = counts.loc[code]
        assert f"{done} of {of} {plural}" in sheet
    assert "{} of {} seborrheic keratoses".format(*counts.loc["SEK"]) in sheet


@pytest.mark.data
def test_the_other_sets_are_counted(sheets):
    official = external_photos.read(isic_test=DATA / "isic2018_test_a")
    sheet = sheets["ISIC 2018 test"]
    assert f"the project had {len(official)}" in sheet
    counts = official["diagnosis"].value_counts()
    for code, word in HAM.items():
        assert f"{counts[code]} {word.replace('melanocytic ', '')}" in sheet
    ham = pd.read_csv(DATA / "ham10000" / "HAM10000_metadata.csv")
    assert not set(official["image_id"]) & set(ham["image_id"])
    pictures = external_photos.read(no_lesions=DATA / "not_lesions")["image_id"]
    hands = pictures.str.startswith("hand").sum()
    assert (
        f"{len(pictures)} pictures: {len(pictures) - hands} natural scenes"
        in (sheets["Pictures without a lesion"])
    )
    assert f"{hands} hands" in sheets["Pictures without a lesion"]
    audit = pd.read_csv(DATA / "isic9" / "label_audit.csv")
    assert (
        f"{len(audit):,} different ids, of which {audit['ham10000'].notna().sum():,} are photos of "
        "HAM10000"
    ) in sheets["9-class ISIC set"]
