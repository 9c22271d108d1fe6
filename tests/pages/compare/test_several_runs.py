"""Compare, several runs: on photos of other data sets they stand beside each other."""

from model import run
from model.evaluation import paired_runs
from model.evaluation.differences import Figure
from tests import toys
from tests.pages.driver import table_with, texts, visit


def test_runs_stand_beside_each_other_on_the_same_external_photos(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    right = toys.external()
    wrong = right.copy()
    wrong.loc[right["diagnosis"] == "mel", ["p_bcc", "p_mel"]] = [0.8, 0.1]
    toys.write(tmp_path, "one", external=right, title="One", with_network=False)
    toys.write(tmp_path, "two", external=wrong, title="Two", with_network=False)
    app = visit("compare", view="Several runs")
    assert not app.exception
    table = table_with(app, "Photos from")
    assert table[["Photos from", "Model", "Photos"]].to_numpy().tolist() == [
        ["phone photos", "One · results only", 6],
        ["phone photos", "Two · results only", 6],
    ]
    assert [cell[:4] for cell in table["Balanced accuracy"]] == ["1.00", "0.67"]
    table = table_with(app, "Photos of both")
    assert table[["Photos from", "Model", "Photos of both"]].to_numpy().tolist() == [
        ["phone photos", "Two · results only", 6],
    ]
    # One of three people carries the difference; some draws miss them, some hold nobody else.
    assert table["Balanced accuracy"].item().startswith("-0.33 (")
    assert "less that of One · results only" in texts(app)


def test_the_difference_follows_the_metric(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    rows = toys.predictions()
    other = rows.assign(p_bcc=0.2, p_mel=0.5, p_nv=0.3)
    toys.write(tmp_path, "one", rows=rows, title="One", with_network=False)
    toys.write(tmp_path, "two", rows=other, title="Two", with_network=False)
    app = visit("compare", view="Several runs", metric="ece")
    assert not app.exception
    compared = paired_runs.compare(run.read(tmp_path / "one"), run.read(tmp_path / "two"))
    table = table_with(app, "Difference")
    _, of_two, difference = compared.figures[Figure.ECE]
    assert table["Calibration error"].item() == str(of_two)
    assert table["Difference"].item() == str(difference)


def test_without_external_photos_there_is_no_such_table(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    toys.write(tmp_path, "one", with_network=False)
    assert "other data sets" not in texts(visit("compare", view="Several runs"))
