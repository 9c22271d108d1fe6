"""What the pages may say about a prediction, and about the run that made it."""

import pandas as pd
import pytest

from model import run
from pages.classify import report_file
from tests import toys
from tests.pages.driver import table_with, texts, upload, visit


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
