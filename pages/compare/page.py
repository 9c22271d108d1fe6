"""Compare: what leaks do to published recipes, two runs photo by photo, several side by side."""

from pages.compare import (
    atlas,
    heatmap_accuracy,
    leak_meter,
    list_audit,
    one_photo,
    several_runs,
    shortcuts,
    two_runs,
)
from pages.shared import choices
from pages.shared.page import page

VIEWS = {
    "Leak meter": leak_meter.show,
    "Audit a list": list_audit.show,
    "Two runs": two_runs.show,
    "Several runs": several_runs.show,
    "One photo": one_photo.show,
    "Heat maps": heatmap_accuracy.show,
    "Shortcuts": shortcuts.show,
    "Atlas": atlas.show,
}

with page("Compare"):
    # Links in use name the views by the word of the code.
    choices.view(VIEWS, "compare_view", lambda name: name.replace("runs", "models"))
