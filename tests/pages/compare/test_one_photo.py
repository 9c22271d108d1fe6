"""One photo through every run: disagreement first, every answer, maps on one scale."""

import numpy as np
import pytest

from model import run
from model.heatmaps.heatmap import density, heatmap
from pages.shared import blend
from pages.shared.disagreement import sentences
from tests import toys
from tests.pages.driver import table_with, texts, upload, visit


def inverted():
    """As the toy network, but for the wrong diagnosis: red counts for the second."""
    built = toys.network()
    kernel, bias = built.get_layer("logits").get_weights()
    built.get_layer("logits").set_weights([np.roll(kernel, 1, axis=1), bias])
    return built


@pytest.fixture
def three(tmp_path, monkeypatch):
    """Two runs that agree on red, one that does not, and one without its network."""
    toys.write(tmp_path, "first")
    toys.write(tmp_path, "second")
    toys.write(tmp_path, "third", save=inverted().save)
    toys.write(tmp_path, "fourth", with_network=False)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])


def test_disagreement_stands_first_and_every_answer_below(three):
    app = upload(visit("compare", view="One photo"), toys.encoded(toys.flat((0, 255, 0))))
    assert not app.exception
    text = texts(app)
    assert "**They disagree on malignant or benign**: 2 say malignant (Toy first / Toy second)" in (
        text
    )
    assert "**They disagree on the diagnosis**: 2 say melanoma" in text
    assert "call the photo unlike their training photos" in text
    assert "nothing here shows which" not in text  # none of them may be right
    assert "1 more are here with their results only" in text
    table = table_with(app, "Malignant sum")
    assert list(table["Diagnosis"]) == ["Melanoma", "Melanoma", "Melanocytic nevus"]
    probability = 100 * np.exp(10) / (np.exp(10) + 2)  # in percent
    assert table["Probability"].to_numpy() == pytest.approx(3 * [probability])
    assert list(table["Test photos"]) == [30, 30, 30]


def test_runs_that_agree_are_said_to(three):
    app = visit("compare", view="One photo")
    app.multiselect(key="compare_networks").set_value(["first", "second"]).run()
    text = texts(upload(app, toys.encoded(toys.flat((0, 255, 0)))))
    assert "2 of 2 answers are malignant." in text
    assert "2 of 2 that name a diagnosis say melanoma." in text
    assert "disagree" not in text


def test_a_broken_network_says_so_and_the_others_answer(three, tmp_path):
    toys.write(tmp_path, "third", heatmap_layer="nowhere")
    app = upload(visit("compare", view="One photo"), toys.encoded(toys.flat((0, 255, 0))))
    assert not app.exception
    assert "third: the network cannot be used" in " ".join(error.value for error in app.error)
    assert list(table_with(app, "Malignant sum")["Model"]) == ["Toy first", "Toy second"]


def test_a_map_of_a_diagnosis_that_a_run_does_not_know_is_not_drawn(tmp_path, monkeypatch):
    toys.write(tmp_path, "first")
    others = ("akiec", "bkl", "df")
    toys.write(tmp_path, "second", others, save=toys.network(others).save)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = upload(visit("compare", view="One photo"), toys.encoded(toys.flat((0, 255, 0))))
    picker = next(box for box in app.selectbox if box.label == "Grad-CAM of")
    app = picker.set_value("mel").run()
    assert not app.exception
    assert texts(app).count("This model does not know the diagnosis.") == 1


def test_one_run_alone_is_no_comparison():
    assert sentences({"one": "mel"}) == ["Choose a second model to see whether they agree."]


def test_an_answer_without_a_verdict_is_counted_as_none():
    assert sentences({"a": "nv", "b": "nv", "c": "even"})[0] == (
        "2 of 3 answers are benign, which does not mean harmless."
    )


def test_who_raises_an_alarm_and_whom_the_photo_is_strange_to_is_counted(tmp_path, monkeypatch):
    for name in ("first", "second"):
        toys.write(tmp_path, name)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    text = texts(upload(visit("compare", view="One photo"), toys.encoded(toys.flat((180, 90, 90)))))
    assert "Above its own malignancy threshold: 2 of 2 (" in text
    assert "call the photo unlike" not in text
    text = texts(upload(visit("compare", view="One photo"), toys.encoded(toys.flat((255, 0, 0)))))
    assert "**2 of 2 call the photo unlike their training photos**" in text
    assert "malignancy threshold" not in text  # measured on other photos


def test_where_none_can_be_right_nothing_says_that_one_may_be():
    answers = {"a": "mel", "b": "nv"}
    assert "nothing here shows which" in " ".join(sentences(answers))
    assert "nothing here shows which" not in " ".join(sentences(answers, may_be_right=False))


def test_each_heat_map_has_its_own_scale_until_one_is_asked_for(tmp_path, monkeypatch):
    for name in ("first", "second"):
        toys.write(tmp_path, name)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    drawn = []
    original = blend.cell
    monkeypatch.setattr(blend, "cell", lambda *what: drawn.append(what[2]) or original(*what))
    photo = toys.flat((128, 128, 128), 160, 160)
    photo[:80] = (255, 128, 128)
    app = upload(visit("compare", view="One photo"), toys.encoded(photo))
    assert not app.exception
    assert [values.max() for values in drawn] == [1, 1]
    assert "stretched to its own maximum" in texts(app)
    app.toggle(key="compare_one_scale").set_value(True).run()
    assert not app.exception
    assert "How many times the heat map's average" in texts(app)
    assert app.query_params["one_scale"] in ("True", ["True"])


def test_density_counts_how_many_times_the_average_a_place_has():
    raw = np.zeros((4, 4), np.float32)
    assert density(heatmap(raw, 4, 4, "mel", "grad_cam"), 2, 2).tolist() == [[0, 0], [0, 0]]
    raw[:2, :2] = 3.0
    assert density(heatmap(raw, 4, 4, "mel", "grad_cam"), 2, 2).tolist() == [[4, 0], [0, 0]]


def test_the_same_spot_is_as_bright_on_a_fine_map_as_on_a_coarse_one():
    def spot(places):
        rows, columns = np.mgrid[:places, :places] / places + 0.5 / places
        return np.exp(-((rows - 0.4) ** 2 + (columns - 0.6) ** 2) / (2 * 0.15**2))

    maps = [heatmap(spot(places), 180, 180, "mel", "grad_cam") for places in (6, 60)]
    coarse, fine = (density(heat_map, 6, 6).max() for heat_map in maps)
    assert fine == pytest.approx(coarse, rel=0.1)
    assert maps[1].values.max() / maps[1].values.mean() > 1.1 * fine  # as fine as it is, not
