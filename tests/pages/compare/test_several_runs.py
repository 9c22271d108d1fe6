"""Compare, several runs: on photos of other data sets they stand beside each other."""

from model import run
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


def test_without_external_photos_there_is_no_such_table(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    toys.write(tmp_path, "one", with_network=False)
    assert "other data sets" not in texts(visit("compare", view="Several runs"))
