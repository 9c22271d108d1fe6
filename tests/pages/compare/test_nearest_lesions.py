"""The nearest training lesions of two networks side by side, for a photo of one colour."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.run.arrays import ALIKE
from model.run.writer import add_neighbours
from pages.compare.nearest_lesions import in_common
from tests import toys
from tests.pages.driver import table_with, texts, upload, visit

RED = toys.encoded(toys.flat((255, 0, 0)))


def with_neighbours(parent, name, cases):
    """A toy run whose features are red, green and blue from 0 to 1.

    Args:
        cases: (image id, lesion id, diagnosis, red) of each training photo.
    """
    image_ids, lesion_ids, diagnoses, reds = zip(*cases, strict=True)
    arrays = {
        "mean": np.zeros(3, np.float32),
        "components": np.eye(3, dtype=np.float32),
        "values": np.array([(red, 0, 0) for red in reds], np.float16),
        "unit": np.float32(0.25),
        "image_ids": np.array(image_ids),
        "lesion_ids": np.array(lesion_ids),
        "diagnoses": np.array(diagnoses),
        "confirmed_by": np.array(len(cases) * ["histo"]),
        "num_voting": np.int32(1),
        "weighting": np.array(ALIKE),
    }
    written = toys.write(parent, name)
    rows = written.test_photos
    votes = pd.DataFrame(
        {
            "split": "test",
            "image_id": rows["image_id"],
            "lesion_id": rows["lesion_id"],
            "nearest": cases[0][0],
            "p_bcc": 0.0,
            "p_mel": 0.0,
            "p_nv": 1.0,
        }
    )
    return add_neighbours(written, arrays, votes)


@pytest.fixture
def three(tmp_path, monkeypatch):
    several = [(f"ISIC_000000{n}", f"L{n}", "nv", 1 - n / 10) for n in range(1, 7)]
    with_neighbours(tmp_path, "first", several)
    with_neighbours(
        tmp_path,
        "second",
        [
            ("ISIC_0000099", "L2", "nv", 1.0),  # another photo of a lesion that the first knows
            ("ISIC_0000007", "L7", "mel", 0.5),
        ],
    )
    toys.write(tmp_path, "without")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])


def test_lesions_are_laid_side_by_side_and_counted(three):
    app = upload(visit("compare", view="One photo", nearest="True"), RED)
    assert not app.exception
    table = table_with(app, "Toy first").set_index("image_id")
    assert "Toy without" not in table
    assert table.loc["ISIC_0000001", ["Toy first", "Toy second"]].tolist() == [
        "1",
        "not in its training",
    ]
    assert table.loc["ISIC_0000002", ["Toy first", "Toy second"]].tolist() == ["2", "1"]
    assert table.loc["ISIC_0000007", ["Toy first", "Toy second"]].tolist() == [
        "not in its training",
        "2",
    ]
    assert "ISIC_0000006" not in table.index  # the sixth
    said = texts(app)
    assert "Toy first and Toy second share **1** of their nearest training lesions" in said
    assert "On 30 test photos of both (15 lesions), a share of 0.00" in said


def test_it_is_not_computed_before_it_is_asked_for(three):
    app = upload(visit("compare", view="One photo"), RED)
    assert "share **" not in texts(app)
    app.toggle(key="compare_nearest_shown").set_value(True).run()
    assert not app.exception
    assert "share **1**" in texts(app)
    assert app.query_params["nearest"] in ("True", ["True"])


def test_one_model_with_neighbours_has_nothing_to_be_compared_with(three):
    app = visit("compare", view="One photo", nearest="True", networks="first,without")
    app = upload(app, RED)
    assert not app.exception
    assert "share **" not in texts(app)
    assert not [toggle for toggle in app.toggle if toggle.key == "compare_nearest_shown"]


def test_a_lesion_farther_off_is_not_one_that_the_model_never_saw():
    places = pd.DataFrame({"A": ["1", "2", "3"], "B": ["farther", "not in its training", "1"]})
    assert in_common("A", "B", places) == (
        "A and B share **1** of their nearest training lesions: 3 of A, 1 of B. Of those of A, 1 "
        "was not in the training of B."
    )
    as_many = pd.DataFrame({"A": ["1", "farther"], "B": ["farther", "1"]})
    assert (
        in_common("A", "B", as_many) == "A and B share **0** of their 1 nearest training lesions."
    )
