"""Streamlit's own test driver: open a page, read it, give it a photo."""

from streamlit.testing.v1 import AppTest

from pages.classify.signs import Level
from tests.conftest import ROOT

APP = str(ROOT / "app.py")
PAGES = {
    "classify": "Classify",
    "explain": "Explain",
    "training": "Training",
    "compare": "Compare",
    "learn": "Learn",
    "about": "About",
}
TIMEOUT = 60


def visit(page, **choices):
    """Open a page by its address, with what the address asks for."""
    app = AppTest.from_file(APP, default_timeout=TIMEOUT)
    if page != "classify":  # the app opens with that one
        app.run().switch_page(f"pages/{page}/page.py")
    for name, value in choices.items():
        app.query_params[name] = value
    return app.run()


def texts(app):
    """Everything a visitor can read, in one string."""
    kinds = (
        "markdown",
        "caption",
        "info",
        "success",
        "warning",
        "error",
        "subheader",
        "header",
        "title",
    )
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def table_with(app, name):
    """The table that has a column or a row of this name."""
    tables = [element.value for element in app.dataframe]
    return next(table for table in tables if name in table.columns or name in table.index)


def upload(app, data, name="photo.png", kind="image/png"):
    return upload_several(app, (name, data, kind))


def upload_several(app, *files):
    """Choose files, each (name, data, kind), as one act of the visitor."""
    chooser = app.file_uploader[0]
    return chooser.set_value(list(files) if chooser.proto.multiple_files else files[0]).run()


def signs(app):
    """The rows of the trust strip: (words, level)."""
    icons = {level.value for level in Level}
    rows = [row.proto for row in app.expander if row.icon in icons]
    return [(row.label, Level(row.icon)) for row in rows]


def model_choice(app):
    """The widget behind the button of the model in use."""
    return next(box for box in app.selectbox if box.label == "Model")
