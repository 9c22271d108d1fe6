"""Compare: what leaks do to published recipes, two runs photo by photo, several side by side."""

from pages.shared import address, beside, choose, every_run, leak_meter, localisation, paired
from pages.shared.frame import page_frame

VIEWS = {
    "Leak meter": leak_meter.show,
    "Two runs": paired.show,
    "Several runs": beside.show,
    "One photo": every_run.show,
    "Heat maps": localisation.show,
}

page_frame("Compare", "See what a leaking split does to a figure, and put runs side by side.")
choose.view(VIEWS, "compare_view")
address.end()
