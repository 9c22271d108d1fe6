"""Compare: what shuffled weights do to the heat maps, as a chart by depth and a table."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation.randomisation import by_depth
from model.heatmaps.methods import METHODS
from model.run.writer import add_table
from pages.compare import randomisation
from tests import toys
from tests.model.evaluation.test_localisation import rows as localised
from tests.model.evaluation.test_randomisation import rows
from tests.pages.driver import table_with, texts, upload, visit


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Grad-CAM keeps half of its pattern with every layer shuffled; Layer-CAM has no map left."""
    toy_run = toys.write(tmp_path, "one")
    spread = np.linspace(-0.1, 0.1, 20)
    steps = [
        rows(level + spread, others, num_layers, layer)
        for level, others, num_layers, layer in ((0.9, 0.4, 1, "logits"), (0.5, 0.2, 2, "colours"))
    ]
    table = pd.concat(steps)
    table = table.assign(layer_cam=np.where(table["num_layers"] == 1, 0.3, np.nan))
    table = table.assign(layer_cam_others=table["layer_cam"])
    toy_run = add_table(toy_run, run.LOCALISATION, localised([1] * 30, [0.5] * 30))
    toy_run = add_table(toy_run, run.RANDOMISATION, table)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return toy_run


def test_compare_draws_what_shuffling_does_and_says_which_methods_keep_a_pattern(measured):
    app = visit("compare", view="Heat maps")
    assert not app.exception
    shown = texts(app)
    assert "every layer shuffled: 1 of 2 methods keep a pattern of their photo (Grad-CAM); too" in (
        shown
    )
    assert "too few maps to tell: Layer-CAM" in shown
    assert "20 shuffled networks, one for each photo" in shown
    assert "Undefined maps of 40: Layer-CAM 20." in shown
    table = table_with(app, "Keeps a pattern of its photo")
    assert table["Method"].tolist() == ["Grad-CAM", "Layer-CAM"]
    assert table["Keeps a pattern of its photo"].tolist() == ["yes", "cannot be told"]
    assert table["Own map"].tolist()[0].startswith("0.50 (0.47-0.53)")
    assert list(table_with(app, "Passes")["Passes"]) == ["no"]
    assert "its maps keep a pattern of their photo, upright or inverted" in shown
    app = upload(visit("explain"), toys.encoded(toys.flat((255, 0, 0))))
    assert "Grad-CAM fails a check on this model" in texts(app)


def test_without_it_compare_says_nothing_of_it(measured):
    other = toys.write(measured.path.parent, "two")
    add_table(other, run.LOCALISATION, localised([1] * 30, [0.5] * 30))
    app = visit("compare", view="Heat maps", heat_maps_of="two")
    assert not app.exception
    assert "With shuffled weights" not in texts(app)
    assert list(table_with(app, "Passes")["Passes"]) == ["as far as it could be told"]


def test_the_chart_has_a_line_for_each_method_and_rings_for_the_other_photos(measured):
    steps = {name: by_depth(measured.randomisation, name) for name in ("grad_cam", "layer_cam")}
    grad_cam, layer_cam, others = randomisation.figure(steps).data
    assert list(grad_cam.x) == [1, 2]
    assert list(grad_cam.y) == pytest.approx([0.9, 0.5])
    assert layer_cam.y[0] == pytest.approx(0.3)
    assert np.isnan(layer_cam.y[1])
    assert (others.x[0], others.y[0]) == (2, pytest.approx(0.2))
    table = randomisation.numbers(steps)
    assert list(table["num_layers"]) == [1, 2, 1, 2]
    assert table["difference"][1] == pytest.approx(0.3)
    assert table["num_undefined"].tolist() == [0, 0, 0, 20]


def test_no_two_methods_look_the_same(measured):
    one = by_depth(measured.randomisation, "grad_cam")
    lines = randomisation.figure(dict.fromkeys(METHODS, one)).data[:-1]
    looks = {(line.line.color, line.line.dash, line.marker.symbol) for line in lines}
    assert len(looks) == len(METHODS)
