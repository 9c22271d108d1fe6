"""What the pages may say about a prediction, and about the run that made it."""

import html
import re

import pandas as pd
import pytest

from model import run
from pages.classify import report_file
from pages.shared import session, statements
from tests import toys
from tests.pages.driver import table_with, texts, upload, upload_several, visit


@pytest.fixture
def downloads(monkeypatch):
    """Download buttons by key: a function that makes the file, or its content."""
    by_key = {}

    def download_button(label, data, *names, key, **options):
        by_key[key] = data

    monkeypatch.setattr(report_file.st, "download_button", download_button)
    return by_key


def test_augmented_copies_and_further_folds_are_not_counted_as_test_photos(
    tmp_path, monkeypatch, downloads
):
    """An as-published run with a network, whose test part holds a copy of every photo."""
    rows = toys.predictions().assign(copy_of="")
    test = rows[rows["split"] == "test"]
    copies = test.assign(image_id=test["image_id"] + "_copy", copy_of=test["image_id"])
    toys.write(
        tmp_path,
        "one",
        rows=pd.concat([rows, copies, test.assign(fold=1)]),
        protocol="as-published",
    )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = upload(visit("classify"), toys.encoded(toys.flat((128, 120, 118))))
    assert not app.exception
    assert "on 30 test photos of 15 lesions" in texts(app)
    assert "on 30 test photos of 15 lesions" in downloads["classify_evidence_file"]()
    app = upload(visit("compare", view="One photo"), toys.encoded(toys.flat((128, 120, 118))))
    assert list(table_with(app, "Malignant sum")["Test photos"]) == [30]


# What was measured on test photos: coverage, thresholds, sensitivity, numbers of test photos. The
# figures of a run as a whole ("Balanced accuracy ... on 30 test photos") hold for any photo.
MEASURED = (
    r"held the truth",
    r"threshold of \d",
    r"malignancy threshold: \d",
    r"(above|below) the (malignancy )?threshold",
    r"malignant ones",
    r"[Oo]n \d+ test photos, the prediction set",
    r"\*\*can't rule out\*\*",
    r"In the prediction set: (yes|no)\b",
    r"Threshold: \d",
)
FAMILIAR, STRANGE = toys.flat((180, 90, 90)), toys.flat((255, 0, 0))
KINDS = {
    # name: (photo, is a drawing, the run was trained on drawings)
    "familiar": (FAMILIAR, False, False),
    "novel": (STRANGE, False, False),
    "drawing": (FAMILIAR, True, False),
    "novel drawing": (STRANGE, True, False),
    "photo for a run of drawings": (FAMILIAR, False, True),
    "familiar drawing for a run of drawings": (FAMILIAR, True, True),
}
# What every page says of a picture that is not familiar.
WARNINGS = {
    "novel": r"Unlike this model's training photos|unlike their training photos|"
    r"Warnings: .*unlike the training photos",
    "drawing": r"This is a drawing, not a lesion|Trained on photos, not on drawings",
    "photo": r"trained on drawings only|Trained on drawings, not on photos",
}
HOLDS = {"familiar", "familiar drawing for a run of drawings"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder with one run trained on photos, and one with a run trained on drawings."""
    by_kind = {}
    for is_rendered in (False, True):
        by_kind[is_rendered] = tmp_path_factory.mktemp("runs")
        data = toys.card()["data"] | {"rendered": is_rendered}
        toys.write(by_kind[is_rendered], "one", data=data)
    return by_kind


@pytest.fixture
def shown(folders, monkeypatch, downloads):
    """Texts that a page shows of a kind of photo: its own, and for Classify the report file's."""

    def show(page, kind):
        pixels, is_rendered, is_trained_on_drawings = KINDS[kind]
        monkeypatch.setattr(run, "default_folders", lambda: [folders[is_trained_on_drawings]])
        take = session.take
        monkeypatch.setattr(
            session, "take", lambda name, content, *_: take(name, content, is_rendered)
        )
        data = toys.encoded(pixels)
        if page == "batch":
            app = visit("classify")
            photo = ("photo.png", data, "image/png")
            app = upload_several(app, photo, photo)
        elif page == "compare":
            app = upload(visit("compare", view="One photo"), data)
        else:
            app = upload(visit(page), data)
        assert not app.exception
        cells = [
            f"{column}: {value}"
            for element in app.dataframe
            for column in element.value.columns
            for value in element.value[column]
        ]
        yield "\n".join([texts(app), *cells])
        if page == "classify":
            report = downloads["classify_evidence_file"]()
            in_set = re.findall(r'<td class="number">[^<]*</td><td>([^<]*)</td>', report)
            assert len(in_set) == 3
            cells = [f"In the prediction set: {cell}" for cell in in_set]
            yield "\n".join([html.unescape(re.sub(r"<[^>]+>", "", report)), *cells])

    return show


@pytest.mark.parametrize("page", ["classify", "explain", "compare", "batch"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_measured_figure_is_stated_where_it_does_not_hold(shown, page, kind):
    _, is_rendered, is_trained_on_drawings = KINDS[kind]
    if page == "batch" and is_rendered:
        pytest.skip("no drawing is uploaded: the samples are the only ones the app knows")
    for text in shown(page, kind):
        stated = [figure for figure in MEASURED if re.search(figure, text)]
        if kind not in HOLDS:
            assert stated == []
        elif page in ("classify", "compare"):
            assert stated  # the patterns do match what is stated of a familiar photo
        warned = {key for key, words in WARNINGS.items() if re.search(words, text)}
        expected = {"novel"} if "novel" in kind else set()
        if is_rendered != is_trained_on_drawings:
            expected.add("drawing" if is_rendered else "photo")
        assert warned == expected


@pytest.mark.parametrize(
    ("total", "threshold", "written"),
    [
        (0.5, 0.2327, ("0.500", "0.233")),
        (0.2326, 0.2327, ("0.2326", "0.2327")),  # 0.233 both would tell nothing
        (0.0008, 0.00072, ("0.0008", "0.0007")),  # not "under 0.001, above 0.001"
        (0.0007, 0.00072, ("0.00070", "0.00072")),
        (1e-9, 0.2, ("under 0.001", "0.200")),
        (0.3, 0.3, ("0.300", "0.300")),
    ],
)
def test_a_sum_is_written_so_that_one_sees_on_which_side_of_the_threshold_it_is(
    total, threshold, written
):
    assert statements.amounts(total, threshold) == written
