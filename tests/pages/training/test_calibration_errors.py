"""Training > Calibration: every diagnosis and the malignant sum, on each part of the photos."""

from model import run
from model.evaluation import external_results, findings, tables
from tests import toys
from tests.pages.driver import texts, visit


def test_own_test_photos_and_others_have_their_figures(tmp_path, monkeypatch):
    mix = {"sharpness": 1.0, "prior_weight": 1.0, "shares": {"bcc": 0.2, "mel": 0.2, "nv": 0.6}}
    toys.write(
        tmp_path,
        calibration=toys.CALIBRATION | {"mix": mix},
        external=toys.external(),
        with_network=False,
    )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("training", view="Calibration")
    assert not app.exception
    toy = run.read(tmp_path / "toy")
    results = [*external_results.by_source(toy)[:1], external_results.own(toy)]
    shown = [table.value for table in app.dataframe if "Log loss" in table.value.index]
    assert len(shown) == 2  # pictures of nothing have no diagnosis
    for result, table in zip(results, shown, strict=True):
        assert findings.calibrated(result.title, result.diagnosed.calibration) in texts(app)
        expected = tables.calibration([result]).set_index("Probabilities")
        assert list(table.columns) == ["as given, photos as they are", "at the photos' mix"]
        assert list(table.loc["Log loss"]) == list(expected["Log loss"])
