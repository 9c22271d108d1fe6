"""Runs that came from elsewhere, on every page: what is not known is said, and nothing breaks."""

import pytest

from model import run
from model.run.writer import RunContents, write
from tests import toys
from tests.pages.driver import table_with, texts, upload, visit

TRIAL = {
    "pixels": "0-1",
    "resizing": "bicubic",
    "order": "bcc, mel, nv",
    "balanced_accuracy": 0.81,
    "log_loss": 0.4567,
}
IMPORTED = {
    "file": "mine.keras",
    "sha256": "0",
    "trials": [TRIAL],
    "findings": ["Pixels: 0-1. A finding."],
}
UNMEASURED = "No photos of known diagnosis came with this model"


@pytest.fixture(autouse=True)
def imported_runs(tmp_path, monkeypatch):
    """Beside a trained run: a network without photos, one with, and predictions alone."""
    toys.write(tmp_path, "toy")
    about = {"protocol": run.IMPORTED, "recipe": "imported", "imported": IMPORTED}
    none = {"counts": {}, "num_photos": 0, "num_lesions": 0}
    unmeasured = toys.card("unmeasured", **about)
    unmeasured["data"] |= none
    write(
        tmp_path,
        RunContents(unmeasured, None, None, {"temperature": 1.0}, save_network=toys.network().save),
    )
    write(
        tmp_path,
        RunContents(
            toys.card("measured", **about),
            None,
            toys.predictions(),
            toys.CALIBRATION,
            save_network=toys.network().save,
        ),
    )
    alone = toys.card("alone", **about)
    del alone["input"], alone["heatmap_layer"]
    write(tmp_path, RunContents(alone, None, toys.predictions(seed=3), {"temperature": 1.0}))
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])


NAMES = ("unmeasured", "measured", "alone")
VIEWS = [
    *(("training", view) for view in ("Learning curves", "Results", "Calibration", "Thresholds")),
    *(("training", view) for view in ("Where it is weak", "Settings", "Whole report")),
    *(("about", view) for view in ("Card", "Check-list", "Bring your own model")),
]


def test_an_imported_model_that_guesses_gives_no_advice(tmp_path):
    rows = toys.predictions()
    columns = [column for column in rows if column.startswith("p_")]
    rows[columns] = 1 / len(columns)  # an untrained head
    about = {"protocol": run.IMPORTED, "recipe": "imported", "imported": IMPORTED}
    write(
        tmp_path,
        RunContents(
            toys.card("guessing", title="Guessing", **about),
            None,
            rows,
            toys.CALIBRATION,
            save_network=toys.network().save,
        ),
    )
    app = upload(visit("classify", run="guessing"), toys.encoded(toys.flat((255, 0, 0))))
    assert not app.exception
    assert "This model is not shown to be better than guessing" in app.warning[0].value
    assert app.header[0].value == "A model that can't judge photos"
    shown = texts(app)
    assert "see a doctor" not in shown.replace("a spot that worries you to a doctor", "")
    assert "Malignant together" not in shown
    assert "can't rule out" not in shown
    assert "Filled: the shortlist" not in shown
    app = visit("training", run="guessing", view="Results")
    assert "guessing gives 0.33" in app.warning[0].value
    # One that is better is not called so.
    app = visit("training", run="measured", view="Results")
    assert "guessing" not in " ".join(warning.value for warning in app.warning)


@pytest.mark.parametrize("name", NAMES)
def test_every_view_about_a_run_draws(name):
    for page, view in VIEWS:
        app = visit(page, run=name, view=view)
        assert not app.exception, (page, view)
        assert not app.error, (page, view)
        about_figures = page == "training" and view not in ("Settings", "Learning curves")
        if name == "unmeasured" and about_figures:
            assert UNMEASURED in texts(app)
        elif view == "Learning curves" and name != "unmeasured":
            assert "Nobody recorded how this model learned" in texts(app)


@pytest.mark.parametrize(
    "view", ["Leak meter", "Two runs", "Several runs", "One photo", "Heat maps"]
)
def test_every_comparison_draws(view):
    app = visit("compare", view=view)
    assert not app.exception
    if view == "Two runs":
        assert "unmeasured" not in app.selectbox[0].options[0]
        assert len(app.selectbox[0].options) == 3
    if view == "Several runs":
        app.multiselect[0].set_value(["measured", "alone"]).run()
        assert not app.exception
        assert "Learning curves" not in texts(app)


@pytest.mark.parametrize("name", ["unmeasured", "measured"])
@pytest.mark.parametrize("page", ["classify", "explain"])
def test_a_photo_is_answered_and_explained(page, name):
    app = upload(visit(page, run=name), toys.encoded(toys.flat((255, 60, 60))))
    assert not app.exception
    assert not app.error
    if page == "classify":
        assert "Basal cell carcinoma" in texts(app)


def test_the_chip_says_what_nobody_knows():
    app = visit("classify", run="measured")
    assert "Copies of its training photos were not looked for" in texts(app)
    assert UNMEASURED in texts(visit("classify", run="unmeasured"))


def test_the_check_list_shows_what_was_found_out():
    app = visit("about", run="measured", view="Check-list")
    shown = texts(app)
    assert "**5 of the 14** things" in shown
    assert "Missing. **Learning curves**: Not recorded." in shown
    assert "Pixels: 0-1. A finding." in shown
    assert table_with(app, "Log loss")["Log loss"].tolist() == ["0.457"]
    trained = texts(visit("about", run="toy", view="Check-list"))
    assert "Available. **Learning curves**: 3 epochs." in trained
    assert "What the import found" not in trained


def test_a_malignant_label_of_one_s_own_has_its_sum_and_threshold(tmp_path, monkeypatch):
    point = toys.CALIBRATION["operating_points"][0] | {"of": ["odd"]}
    toys.write(
        tmp_path / "own",
        "own",
        codes=("even_one", "odd", "other"),
        has_novelty=False,
        malignant=["odd"],
        calibration=toys.CALIBRATION | {"operating_points": [point]},
    )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path / "own"])
    app = upload(visit("classify", run="own"), toys.encoded(toys.flat((60, 255, 60))))
    assert not app.exception
    assert "Malignant diagnoses together" in texts(app)


def test_the_commands_name_the_folders_at_hand(monkeypatch):
    monkeypatch.delenv("LENTIGO_RUNS", raising=False)
    monkeypatch.setenv("LENTIGO_DATA", "/somewhere/secret")
    app = visit("about", view="Bring your own model")
    network, predictions, start = (block.value for block in app.code)
    assert network == 'python -m train import MODEL.keras --data "$LENTIGO_DATA" --out my_runs'
    assert predictions == "python -m train import --predictions FILE.csv --out my_runs"
    assert start == "LENTIGO_RUNS=my_runs make app"
    assert "secret" not in texts(app)
