"""Compare, Shortcuts: what is drawn on photos, and what is told without the lesion."""

import pandas as pd
import pytest

from model import run
from model.evaluation import learned_shortcut, without_lesion
from model.evaluation.planted import effects
from model.evaluation.shortcut_sentences import (
    learned_sentence,
    planted_sentence,
    without_lesion_sentences,
)
from model.photo.shortcuts import SHORTCUTS
from model.run.writer import add_table
from pages.compare import shortcuts
from tests import toys
from tests.model.evaluation.test_learned_shortcut import write as write_ruler
from tests.model.evaluation.test_without_lesion import table as masked
from tests.model.evaluation.test_without_lesion import write
from tests.pages.driver import table_with, texts, visit

FIRST, SECOND = 0.3, 0.0  # how far a ruler raises the malignant sum, by run


def planted(ruler):
    """Everything planted on the 30 test photos of a toy; only a ruler changes anything."""
    parts = [
        pd.DataFrame(
            {
                "image_id": [f"test_{number}" for number in range(30)],
                "planted": name,
                "malignant_before": 0.1,
                "malignant_after": 0.1 + (ruler if name == "ruler" else 0),
                "answer_before": "nv",
                "answer_after": "mel" if name == "ruler" and ruler else "nv",
            }
        )
        for name in SHORTCUTS
    ]
    return pd.concat(parts)


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    """No results of training, wherever the real ones stand."""
    folder = tmp_path / "shortcuts"
    folder.mkdir()
    monkeypatch.setattr(without_lesion, "FOLDER", folder)
    return folder


@pytest.fixture
def measured(tmp_path, monkeypatch):
    runs = []
    for name, ruler in (("one", FIRST), ("two", SECOND)):
        runs.append(add_table(toys.write(tmp_path / "runs", name), run.PLANTED, planted(ruler)))
    toys.write(tmp_path / "runs", "three")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path / "runs"])
    return runs


def test_every_run_gets_its_sentence_and_its_rows(measured):
    app = visit("compare", view="Shortcuts")
    assert not app.exception
    shown = texts(app)
    for of in measured:
        assert planted_sentence(of, effects(of)) in shown
    assert "The largest change: a ruler raises the malignant sum of Toy one from 0.10 to 0.40" in (
        shown
    )
    assert "Not measured yet: Toy three." in shown
    table = table_with(app, "Crosses the threshold")
    assert len(table) == 2 * 2 * len(SHORTCUTS)
    first = table.iloc[0]
    assert first["Model"] == "Toy one"
    assert (first["Drawn"], first["Photos"]) == ("Ruler", "10 benign")
    assert first["Crosses the threshold"].endswith("of 10")
    assert len(app.get("plotly_chart")) == 1


def test_the_chart_shows_benign_photos_side_by_side(measured):
    figure = shortcuts.figure([(of, effects(of)) for of in measured])
    one, two = figure.data
    assert list(one.x) == pytest.approx([FIRST, 0, 0, 0, 0])
    assert list(two.x) == pytest.approx([SECOND, 0, 0, 0, 0])
    assert [
        tick - place for tick, place in zip(figure.layout.yaxis.tickvals, one.y, strict=True)
    ] == (pytest.approx([-0.2] * 5))
    assert (one.marker.symbol, one.marker.color) != (two.marker.symbol, two.marker.color)
    numbers = shortcuts.numbers([(of, effects(of)) for of in measured])
    assert numbers["change"].max() == pytest.approx(FIRST)
    assert set(numbers["photos"]) == {"benign", "malignant"}


def test_without_measurements_the_page_says_how_to_get_them():
    app = visit("compare", view="Shortcuts")
    assert not app.exception
    shown = texts(app)
    assert "--only planted" in shown
    assert "Not measured yet: the photo, the lesion alone, its outline, the skin around it" in shown
    assert "python -m train shortcuts --only masked" in shown
    assert not app.get("plotly_chart")
    assert all(f"{shortcut.title}, on a drawing" in shown for shortcut in SHORTCUTS.values())


def test_what_is_told_without_the_lesion_is_drawn_with_its_intervals(results):
    write(results, masked())
    app = visit("compare", view="Shortcuts")
    assert not app.exception
    shown = texts(app)
    found = without_lesion.results(without_lesion.read(results))
    for sentence in without_lesion_sentences(found):
        assert sentence in shown
    assert "**Above chance: its outline.**" in shown
    assert "Not measured yet: the lesion alone, one mean colour." in shown
    assert "100 test photos of 50 lesions" in shown
    table = table_with(app, "Balanced accuracy")
    assert list(table["Balanced accuracy"]) == [str(of.balanced_accuracy) for of in found]
    (line,) = shortcuts.without_lesion_figure(found).layout.shapes
    assert line.x0 == pytest.approx(1 / 3)


def test_what_a_taught_shortcut_does_is_shown(results):
    app = visit("compare", view="Shortcuts")
    assert "shortcuts --only learned" in texts(app)
    write_ruler(results)
    app = visit("compare", view="Shortcuts")
    assert not app.exception
    shown = texts(app)
    predictions, _ = learned_shortcut.read(results)
    found = learned_shortcut.results(predictions)
    assert learned_sentence(found) in shown
    assert "Shown to find the ruler: Grad-CAM; not shown: Layer-CAM." in shown
    assert "with rulers drawn on 90 % of the malignant" in shown
    table = table_with(app, "False alarms on benign ones")
    assert list(table["Balanced accuracy"]) == [str(of.balanced_accuracy) for of in found]


def test_a_broken_table_is_named_and_takes_nothing_else_down(results, measured):
    write(results, masked().assign(p_nv=0.5))
    write_ruler(results)
    app = visit("compare", view="Shortcuts")
    assert not app.exception
    (error,) = app.error
    assert "do not add up to 1" in error.value
    shown = texts(app)
    assert "raises the malignant sum" in shown
    assert "Shown to find the ruler: Grad-CAM" in shown
    assert "Lesion masks: Tschandl" in shown


def test_drawn_is_said_of_the_drawing_alone(measured):
    shown = texts(visit("compare", view="Shortcuts"))
    assert "Benign test photos, chosen by a seed: Toy one 10; Toy two 10." in shown
    assert "drawn by a seed" not in shown
    assert "Planted" not in shown
