"""Why one and not the other: the nearest lesion of either, and what is measured of them."""

import pandas as pd
import pytest

from model.photo.lesion_features import LesionFeatures
from pages.explain import differential, features
from tests import toys as runs
from tests.pages.driver import table_with, texts, upload, visit
from tests.pages.explain.test_features import disc, outlines, photo  # noqa: F401
from tests.pages.explain.test_similar import toy  # noqa: F401


def opened(data):
    app = upload(visit("explain", why="nv", and_not="mel"), data)
    assert not app.exception
    return app


@pytest.mark.usefixtures("toy", "outlines")
def test_the_nearest_of_either_stands_beside_the_photo_and_the_middle_of_test_lesions():
    app = opened(photo(disc(40)))
    codes = [box.value for box in app.selectbox if box.label in ("Why", "And not")]
    names = {"nv": "melanocytic nevus", "mel": "melanoma", "bcc": "basal cell carcinoma"}
    table = table_with(app, "Whose").set_index("Whose")
    assert table.index[0] == "This photo"
    for code in codes:
        assert f"Nearest {names[code]}" in table.index
    assert table.loc["This photo", "asymmetry"] == pytest.approx(0, abs=0.02)


@pytest.mark.usefixtures("outlines")
def test_each_feature_is_put_on_the_side_whose_middle_is_nearer():
    # Medians: asymmetry 0.2 of both; border 1.55 of melanomas, 1.15 of nevi; colours 15 of both.
    own = {"asymmetry": 0.2, "border": 1.5, "colour": 15.0}
    said = differential.leanings(own, "mel", "nv")
    assert said == ["Nearer to the median of melanoma: border."]
    assert differential.leanings({**own, "border": 1.2}, "mel", "nv") == [
        "Nearer to the median of melanocytic nevus: border."
    ]
    assert differential.leanings(own, "mel", "bcc") == []  # nobody measured bcc
    assert differential.middles(("mel", "nv"))["mel"][0] == 12


@pytest.mark.usefixtures("toy", "outlines")
def test_a_doubted_outline_is_said_to_be_and_the_nearest_stand_all_the_same():
    app = opened(runs.encoded(runs.flat((220, 220, 220))))
    assert features.DOUBTED in texts(app)
    table = table_with(app, "Whose")
    assert table["Whose"][1].startswith("Nearest ")
    assert not table["Whose"].str.startswith("Median").any()


def test_without_neighbours_the_difference_stands_alone(tmp_path, monkeypatch):
    runs.write(tmp_path, "toy")
    monkeypatch.setattr("model.run.default_folders", lambda: [tmp_path])
    app = opened(photo(disc(40)))
    assert "Why one and not the other" in texts(app)
    assert not [frame for frame in app.dataframe if "Whose" in pd.DataFrame(frame.value)]


def test_features_are_those_of_a_lesion():
    assert set(LesionFeatures.__dataclass_fields__) == set(features.WORDS)
