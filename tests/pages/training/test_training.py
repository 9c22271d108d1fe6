"""Training: curves, figures and settings of one run."""

from model import run
from tests import toys
from tests.pages.driver import table_with, texts, visit


def test_training_lays_runs_over_each_other_and_offers_the_numbers(published):
    app = visit("training")
    picker = app.multiselect(key="training_curves_one")
    assert picker.value == ["one:1"]
    picker.set_value(["one:1", "one--as-published:1"]).run()
    assert not app.exception
    table = table_with(app, "Kept epoch")
    assert list(table["Training"]) == ["Toy", "Toy · as published, leaks · results only"]
    assert list(table["Kept epoch"]) == [2, 2]
    assert list(table["Gap there"]) == [-0.1, -0.1]  # 0.6 in training, 0.7 on validation photos
    assert list(table["Gap at the end"]) == [0.2, 0.2]
    assert "training_loss_csv" in {button.key for button in app.get("download_button")}


def test_training_shows_the_figures_of_the_predictions(toy_runs):
    from model.evaluation import metrics

    app = visit("training", view="Results")
    evaluation = metrics.evaluate(run.read(toy_runs / "toy").predictions, toys.CODES)
    estimate = evaluation.summary["balanced_accuracy"]
    shown = {metric.label: (metric.value, metric.delta) for metric in app.metric}
    interval = f"({estimate.low:.2f}-{estimate.high:.2f})"
    assert shown["Balanced accuracy"] == (f"{estimate.value:.2f}", interval)
    assert "30 test photos of 15 lesions" in texts(app)


def test_training_warns_when_the_photos_shown_were_trained_on():
    app = visit("training", view="Results")
    app.segmented_control(key="training_split_toy").set_value("train").run()
    assert "Only test photos show" in app.info[0].value
