"""Training: how well one run performs, whom it fails first, and how it learned."""

from functools import partial

from pages.shared import choices, measured
from pages.shared.page import page
from pages.training import (
    calibration,
    learning_curves,
    results,
    settings,
    thresholds,
    weak_spots,
    whole_report,
)

VIEWS = {
    "Where it is weak": weak_spots.show,
    "Thresholds": thresholds.show,
    "Results": results.show,
    "Calibration": calibration.show,
    "Learning curves": learning_curves.show,
    "Settings": settings.show,
    "Whole report": whole_report.show,
}
WITHOUT_FIGURES = ("Settings", "Whole report")  # drawn for a run that nobody measured, too

with page("Training") as header:
    run = choices.choose_run("training_run", header)
    choices.view(
        {
            name: partial(show, run)
            if name in WITHOUT_FIGURES
            else partial(measured.only_if_measured, run, show)
            for name, show in VIEWS.items()
        },
        "training_view",
    )
