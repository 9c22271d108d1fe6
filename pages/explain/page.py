"""Explain: where one photo raised which diagnosis, by several methods, and what speaks for it."""

from pages.explain import differential, experiments, heatmap_grid
from pages.shared import choices, photo_picker
from pages.shared.page import page

INVITATION = "See where a photo raised a diagnosis, and put the heat map to the test."

with page("Explain") as header:
    run = choices.choose_run("explain_run", header, with_network=True)
    chosen = photo_picker.choose("explain", run, INVITATION)
    about = photo_picker.predicted(run, chosen)
    photo_picker.reveal(chosen, about, "explain")
    photo_picker.warn(about)
    photo, prediction = chosen.photo, about.prediction
    heatmaps, layer = heatmap_grid.chosen(run, photo, prediction, chosen.place)
    if heatmaps:
        heatmap_grid.grid(run, photo, prediction, heatmaps)
    experiments.show(photo, about, heatmaps, layer)
    differential.show(photo, about)
