"""Compare, Audit a list: what a visitor's list lets through, in the words of the command."""

import pandas as pd
import pytest

from model import run
from model.audit import certificate
from model.audit.list_audit import audit_lists
from model.audit.lists import read_lists, read_metadata
from model.audit.published_lists import PUBLISHED_LISTS
from pages.compare import list_audit
from tests import toys
from tests.model.audit.lists import KNOWN, LISTED, brought
from tests.pages.driver import table_with, texts, visit

VIEW = "Audit a list"


def choose(app, key, table, name="listed.csv"):
    content = table if isinstance(table, bytes) else table.to_csv(index=False).encode()
    return app.file_uploader(key=f"compare_list_{key}").set_value((name, content, "text/csv")).run()


@pytest.fixture
def audited():
    """The list, brought with the metadata that it needs."""
    app = visit("compare", view=VIEW)
    assert not app.header
    return choose(choose(app, "metadata", KNOWN, "metadata.csv"), "file", LISTED)


def test_a_list_gets_the_command_s_sentences_tables_and_certificate(audited):
    assert not audited.exception
    audit = audit_lists(read_lists(brought(LISTED)), read_metadata(brought(KNOWN)))
    text = texts(audited)
    assert "These lists leak." in text
    for sentence in certificate.sentences(audit):
        assert sentence in text
    straddling = table_with(audited, "validation")
    assert straddling.to_numpy().tolist() == [["L1", 1, 0, 1], ["L3", 1, 0, 1]]
    figures = table_with(audited, "Balanced accuracy")
    assert figures["Photos"].tolist() == [5, 2, 3]
    assert figures["Accuracy"][0] == str(audit.figures["all"].accuracy)
    _, _, page = audited.session_state["list_audit"]
    assert "<h1>These lists leak.</h1>" in page
    assert brought(LISTED).sha256 in page
    assert "--predictions listed.csv --metadata metadata.csv" in page
    assert audited.get("download_button")


def test_a_list_that_is_taken_away_takes_its_audit_along(audited):
    app = audited.file_uploader(key="compare_list_file").set_value(None).run()
    assert not app.exception
    assert not app.header


def test_no_other_session_sees_a_list(audited, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    choose(audited, "file", LISTED.iloc[1:])
    other = visit("compare", view=VIEW)
    assert not other.header
    assert "list_audit" not in other.session_state
    assert list(tmp_path.iterdir()) == []


def test_without_metadata_the_models_here_know_the_lesions(tmp_path, monkeypatch):
    of = toys.write(tmp_path, "one")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    rows = of.predictions.replace({"image_id": {"test_0": "train_0"}})
    app = choose(visit("compare", view=VIEW), "file", rows)
    assert not app.exception
    assert "know the lesions of 0 of the 10,015 photos of HAM10000 and of 90 others" in texts(app)
    assert "1 photo is in more than one part." in texts(app)
    assert of.card["files"]["predictions.csv"] in app.session_state["list_audit"][2]


def test_a_test_list_is_held_against_a_training_list_of_the_same_name():
    app = choose(visit("compare", view=VIEW), "metadata", KNOWN, "metadata.csv")
    app = choose(choose(app, "train", b"a\nc\nd\n", "ids.txt"), "file", b"b\ng\n", "ids.txt")
    assert not app.exception
    assert "1 lesion is in more than one part." in texts(app)
    page = app.session_state["list_audit"][2]
    assert brought(KNOWN).sha256 in page
    assert "--train ids.txt" in page
    assert "--predictions ids.txt" in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty or no table of text"),
        (bytes(range(256)), "is empty or no table of text"),
        (LISTED.drop(columns="split"), "does not say which part a photo belongs to"),
        (LISTED.drop(columns="image"), "a column image\\_id is needed"),
        (pd.concat([LISTED, LISTED.tail(1)]), "two rows for one photo: zzz"),
        (LISTED.assign(image=[f"s{row}" for row in range(9)]), "The metadata knows none of the 9"),
        (b"a" * (10 * 2**20 + 1), "at most 10 MB are accepted"),
        (LISTED.rename(columns={"image": "**x** [y](z)"}), "\\*\\*x\\*\\* \\[y\\]\\(z\\)"),
    ],
)
def test_a_bad_list_gets_one_sentence_and_nothing_else(content, sentence):
    app = choose(visit("compare", view=VIEW), "metadata", KNOWN, "metadata.csv")
    app = choose(app, "file", content)
    assert not app.exception
    assert [sentence in error.value for error in app.error] == [True]
    assert not app.header


def test_the_examples_are_runs_that_ship_and_can_be_shared_by_address(tmp_path, monkeypatch):
    assert list_audit.EXAMPLES == ("lentigo", "ham7_cnn--as-published")
    rows = toys.predictions().assign(fold=0)
    second = rows.assign(fold=1, image_id=rows["image_id"] + "_again")
    rows.loc[rows["image_id"] == "test_0", "lesion_id"] = "train_0"
    toys.write(tmp_path, "lentigo", title="Flagship", rows=rows)
    history = pd.concat([toys.history(), toys.history().assign(fold=1)])
    monkeypatch.setattr(toys, "history", lambda: history)
    toys.write(tmp_path, list_audit.EXAMPLES[1], rows=pd.concat([rows, second]))
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("compare", view=VIEW, list="lentigo")
    assert not app.exception
    assert "1 lesion is in more than one part." in texts(app)
    assert not app.get("file_uploader")
    page = app.session_state["list_audit"][2]
    assert "--predictions assets/runs/lentigo/predictions.csv --certificate" in page
    app = visit("compare", view=VIEW, list=list_audit.EXAMPLES[1])
    assert not app.exception
    assert "Of its 2 folds this is the first." in texts(app)
    assert "Photos: train 30, validation 30, test 30." in texts(app)
    assert "--fold 0" in app.session_state["list_audit"][2]


def test_a_split_file_of_the_field_can_be_tried(tmp_path, monkeypatch):
    """With lesions that a toy run knows: three photos of two lesions, on two sides."""
    ids = pd.read_csv(PUBLISHED_LISTS["dermamnist"].path)
    of_part = {part: rows["image_id"].tolist() for part, rows in ids.groupby("split")}
    photos = [of_part["train"][0], of_part["test"][0], of_part["test"][1]]
    rows = (
        toys.predictions()
        .iloc[:3]
        .assign(image_id=photos, lesion_id=["HAM_1", "HAM_1", "HAM_2"], split="test")
    )
    toys.write(tmp_path, "one", rows=pd.concat([toys.predictions(), rows]))
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("compare", view=VIEW, list="dermamnist")
    assert not app.exception
    text = texts(app)
    assert "Yang et al. 2023" in text
    assert "Not in the metadata, so nothing is known of them: train 7,006, validation 1,003" in text
    # One by its lesion id; 29 by the table of lesions with two ids, all of whose photos it lists.
    assert "30 lesions are in more than one part." in text


def test_no_id_is_a_formula_in_a_spreadsheet(monkeypatch):
    written = []
    monkeypatch.setattr(list_audit.charts, "csv", lambda table, *_: written.append(table.copy()))
    bad = ['=HYPERLINK("x")', "+1", "-1", "@x"]
    rows = [*bad, *bad, "a", "b"]
    listed = pd.DataFrame(
        {"image": rows, "split": ["train"] * 4 + ["test"] * 4 + ["train", "test"]}
    )
    app = choose(visit("compare", view=VIEW), "metadata", KNOWN, "metadata.csv")
    app = choose(app, "file", listed)
    assert not app.exception
    cells = [cell for table in written for cell in table.to_numpy().ravel()]
    assert {f"'{name}" for name in bad} < set(cells)
    assert not [cell for cell in cells if str(cell).startswith(("=", "+", "-", "@"))]
    assert 1 in cells  # numbers stay numbers


def test_numbers_and_other_texts_stay_as_they_are():
    table = pd.DataFrame({"id": ["a=1", "\tx", "\ry"], "n": [-1, 2, 3]})
    assert list_audit._harmless(table).to_numpy().tolist() == [
        ["a=1", -1],
        ["'\tx", 2],
        ["'\ry", 3],
    ]
