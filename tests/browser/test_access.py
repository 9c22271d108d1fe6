"""Everybody can use it: with a screen reader, by keyboard, in large letters, on small screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import SIZES
from tests.browser.pages import BEGINS, NO_SIDEWAYS_SCROLL, VIEWS, wait_until_settled

pytestmark = pytest.mark.browser


CHART_COLORS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(
    chart => chart._fullLayout?.font.color ?? '')"""
HAS_SCHEME = """([scheme, colors]) => {
    const app = document.querySelector('[data-testid=stApp]');
    const charts = [...document.querySelectorAll('.js-plotly-plot')];
    // A chart of another width is drawn anew, so some may not have been there before.
    return getComputedStyle(app).colorScheme === scheme && charts.length >= colors.length
        && charts.every((chart) => !colors.includes(chart._fullLayout?.font.color ?? ''));
}"""


def wait_until_drawn(page, last_text):
    """Wait until a view is drawn to its end."""
    expect(page.get_by_text(last_text).filter(visible=True).first).to_be_visible(timeout=60_000)
    wait_until_settled(page)


def switch_scheme(page, scheme, last_text):
    """Ask for "light" or "dark", as the system's setting does, until page and charts have it."""
    chart_colors = page.evaluate(CHART_COLORS)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(HAS_SCHEME, arg=[scheme, chart_colors])
    wait_until_drawn(page, last_text)


def violations(page):
    """What axe-core's rules for contrast, names, roles, headings and more find to mend."""
    violated = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in violated]


@pytest.mark.parametrize(("address", "last_text"), VIEWS.items())
def test_a_view_suits_axe_in_light_and_dark_every_screen_and_letters_of_any_size(
    visit, address, last_text
):
    """One visit per view: what takes time is the page, not what is asked of it."""
    page = visit(address)
    wait_until_drawn(page, last_text)
    assert violations(page) == []
    page.wait_for_function(f"({BEGINS})() <= 180")
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(NO_SIDEWAYS_SCROLL)
        # Navigation, title and model leave the screen to what the page is for.
        header = page.locator(".st-key-page_header").bounding_box()
        assert header["y"] + header["height"] <= 180
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_function(NO_SIDEWAYS_SCROLL)
    page.set_viewport_size({"width": 640, "height": 450})  # what 200 % zoom leaves of 1280 x 900
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.wait_for_function(NO_SIDEWAYS_SCROLL)
    page.set_viewport_size({"width": 1280, "height": 900})
    switch_scheme(page, "dark", last_text)
    assert violations(page) == []
    assert page.get_by_test_id("stException").count() == 0


def test_a_view_opened_in_the_dark_suits_axe(visit):
    """The others turn dark while they are open; the server is never told which it is."""
    address = "compare?view=Several+runs"
    page = visit(address, color_scheme="dark")
    wait_until_drawn(page, VIEWS[address])
    app = page.get_by_test_id("stApp")
    assert app.evaluate("element => getComputedStyle(element).colorScheme") == "dark"
    assert violations(page) == []


def reach(page, target, most=60):
    """Press Tab until an element has the focus."""
    for _ in range(most):
        if target.evaluate("element => element === element.getRootNode().activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


def test_a_sample_is_read_framed_and_its_map_changed_by_keyboard_alone(visit):
    page = visit("?run=demo")
    sample = page.get_by_role("button", name="Even", exact=True)
    expect(sample).to_be_visible()
    reach(page, sample)
    page.keyboard.press("Enter")
    picture = page.get_by_alt_text("heat map of")
    expect(picture).to_be_visible()
    wait_until_settled(page)

    reach(page, page.get_by_role("button", name="Crop"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("radio", name="Whole photo"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("scaled from 450 x 450")).to_be_visible()

    wait_until_settled(page)
    reach(page, page.get_by_role("slider", name="Heat map"))
    page.keyboard.press("ArrowRight")
    expect(picture).to_have_css("opacity", "0.65")
    assert page.get_by_test_id("stException").count() == 0


def test_the_photos_behind_a_cell_are_reached_by_keyboard(visit):
    page = visit("training?run=demo&view=Results")
    expect(page.get_by_text("Click a cell, or choose")).to_be_visible()
    for side in ("True", "Answered"):
        reach(page, page.get_by_role("combobox", name=side), most=120)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        wait_until_settled(page)
    expect(page.get_by_role("heading", name="answered correctly")).to_be_visible()
    expect(page.get_by_text("Click a cell, or choose")).to_have_count(0)
