"""What the visitor knows about several photos: from folders and CSV files, counted by hand."""

import pytest

from model.prediction.prediction import Prediction
from pages.classify import own_labels
from pages.classify.own_labels import Labels, LabelsError
from tests import toys
from tests.pages.driver import table_with, texts, upload_several, visit

CODES = ("bcc", "mel", "nv")


def test_folders_name_what_their_photos_show_and_a_table_has_the_last_word():
    names = ["set/mel/1.jpg", "set/NV/1.jpg", "set/holiday/2.jpg", "set/mel/3.jpg"]
    table = b"image_id,dx,age\n3,nv,50\n2,Basal cell carcinoma,40\n9,mel,1\n"
    labels = own_labels.read({"truth.csv": table}, names, CODES)
    assert [own_labels.of(labels, name) for name in names] == ["mel", "nv", "bcc", "nv"]
    assert labels.unknown == ()


@pytest.mark.parametrize(
    "table",
    [
        b"photo,diagnosis\nA.JPG,Melanoma\n",
        "\ufeffFile;Label\nfolder/a.png;malignant\n".encode(),
        b"isic_id\ttruth\n a \tmel\n",
    ],
)
def test_tables_come_in_many_forms(table):
    labels = own_labels.read({"t.csv": table}, [], CODES)
    assert own_labels.of(labels, "a.jpg") in ("mel", "malignant")


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (b"\xff\xfe\x00", "cannot be read as a CSV file in UTF-8"),
        (b"", "cannot be read as a CSV file"),
        (b"photo,age\n1,50\n", "has the columns photo, age"),
    ],
)
def test_a_table_without_labels_says_what_was_expected(table, reason):
    with pytest.raises(LabelsError, match=reason) as caught:
        own_labels.read({"my `table`.csv": table}, [], CODES)
    assert "a column diagnosis (or dx)" in str(caught.value)
    assert str(caught.value).count("`") == 2


def test_labels_that_mean_nothing_here_are_named_and_left_out():
    rows = "".join(f"{number},{label}\n" for number, label in enumerate("wxyzz"))
    labels = own_labels.read({"t.csv": f"photo,dx\n{rows}9,mel\n".encode()}, [], CODES)
    assert labels.unknown == ("w", "x", "y", "z")
    (line,) = own_labels.sentences([], labels)
    assert "`w`, `x`, `y` and 1 more" in line


def prediction(**probabilities):
    ranking = sorted(probabilities, key=probabilities.get, reverse=True)
    return Prediction(probabilities, tuple(ranking[:1]), None, malignant=("mel",))


def test_right_and_wrong_are_counted_with_wilson_s_intervals():
    sure, unsure = prediction(mel=0.9, nv=0.1), prediction(mel=0.1, nv=0.9)
    labelled = [
        ("mel", sure, 0.2),
        ("mel", unsure, 0.2),
        ("malignant", sure, 0.2),
        ("nv", unsure, 0.2),
        ("benign", sure, 0.2),
        ("nv", sure, None),  # no threshold for this one, but an answer
    ]
    first, second, third = own_labels.sentences(labelled, Labels({}, ()))
    assert first == (
        "**On your 5 labelled photos**, the threshold finds 2 of 3 malignant ones, a sensitivity "
        "of 0.67 (0.21-0.94) and leaves 1 of 2 others below it, a specificity of 0.50 (0.09-0.91)."
    )
    assert second == (
        "The model's answer is right for 2 of 4 photos, an accuracy of 0.50 (0.15-0.85)."
    )
    assert "chosen as you chose these" in third


def test_photos_that_the_model_cannot_judge_count_and_are_said_to():
    novel = Prediction({"mel": 0.9, "nv": 0.1}, ("mel",), 1.5, malignant=("mel",))
    lines = own_labels.sentences([("mel", novel, 0.2)], Labels({}, ()))
    assert any(line.startswith("1 of 1 are unlike the training photos") for line in lines)


def test_the_page_counts_labelled_photos_and_shows_their_labels():
    red, blue = (toys.encoded(toys.flat(colour)) for colour in ((255, 0, 0), (0, 0, 255)))
    app = upload_several(
        visit("classify"),
        ("red.png", red, "image/png"),
        ("blue.png", blue, "image/png"),
        ("labels.csv", b"photo,diagnosis\nred.png,bcc\nblue.png,mel\n", "text/csv"),
    )
    assert not app.exception
    assert "finds 1 of 2 malignant ones" in texts(app)
    assert "right for 1 of 2 photos" in texts(app)
    assert "**2 of 2 photos** were classified" in texts(app)
    shown = table_with(app, "Your label").set_index("File")["Your label"].to_dict()
    assert shown == {"red.png": "Basal cell carcinoma", "blue.png": "Melanoma"}


def test_a_table_of_something_else_is_said_and_the_photos_are_classified_all_the_same():
    red = toys.encoded(toys.flat((255, 0, 0)))
    app = upload_several(
        visit("classify"), ("red.png", red, "image/png"), ("x.csv", b"a,b\n1,2\n", "text/csv")
    )
    assert "has the columns a, b" in app.error[0].value
    assert list(table_with(app, "File")["File"]) == ["red.png"]
