"""A broken run never takes a page down, and never hides."""

import pytest
from streamlit.testing.v1 import AppTest

from model import run
from tests import toys
from tests.conftest import ROOT
from tests.pages.driver import PAGES, TIMEOUT, texts, upload, visit


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_one_broken_run_is_named_and_the_others_work(folder, page):
    toys.write(folder, "good")
    broken = toys.write(folder, "broken", with_network=False)
    (broken.path / run.PREDICTIONS).write_text("forged")
    app = visit(page)
    assert not app.exception
    assert "broken: predictions.csv is not the file the card was written for" in texts(app)
    assert [title.value for title in app.title] == [PAGES[page]]


@pytest.mark.parametrize("page", PAGES)
def test_without_any_run_a_page_says_how_to_get_one(folder, page):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT).run()
    app.switch_page(f"pages/{page}/page.py").run()
    assert not app.exception
    assert "python -m train run demo" in texts(app)


def test_a_network_that_does_not_fit_its_card_is_said_where_it_is_used(folder):
    toys.write(folder, "wrong", heatmap_layer="conv9")
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    assert not app.exception
    assert "has no layer" in app.error[0].value
    assert not app.header  # no answer of another network stands in for it


def test_a_missing_network_is_never_replaced_by_an_untrained_one(folder):
    toys.write(folder, "results", with_network=False)
    app = visit("classify")
    assert not app.exception
    assert "There is no usable model" in app.error[0].value


def test_a_run_trained_while_the_app_runs_appears(folder):
    toys.write(folder, "first", with_network=False)
    app = visit("about")
    toys.write(folder, "second", with_network=False)
    app.run()
    assert app.selectbox[0].options == ["Toy first · results only", "Toy second · results only"]


def test_an_as_published_run_wears_its_mark(folder):
    toys.write(folder, "leaky--as-published", protocol="as-published", with_network=False)
    app = visit("training")
    assert "as published" in app.selectbox[0].options[0]
    assert "leaks" in app.warning[0].value
