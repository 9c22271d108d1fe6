"""Everybody can use it: with a screen reader, by keyboard, in large letters, on small screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import SIZES
from tests.browser.pages import NO_SIDEWAYS_SCROLL, VIEWS

pytestmark = pytest.mark.browser


# The script has ended, nothing waits to be drawn anew (pale until then), nothing still fades, the
# app's own colours are there, and for half a second nothing has changed. Without the last, a
# second pass of the script may follow the first, draw the view anew, and show Streamlit's white
# letters in the dark until the app's style is back.
IS_DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const settled = app?.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')
        && [...document.querySelectorAll('[data-testid=stHtml] style, [data-testid=stMain] style')]
            .some(style => style.textContent.includes('stMultiSelect'))
        && !document.getAnimations().some(animation => animation.playState === 'running'
            && Number.isFinite(animation.effect.getComputedTiming().endTime));
    if (!window.changes) {
        window.changes = { last: performance.now() };
        new MutationObserver(() => { window.changes.last = performance.now(); }).observe(
            document, { subtree: true, childList: true, attributes: true, characterData: true });
    }
    if (!settled) window.changes.last = performance.now();
    return settled && performance.now() - window.changes.last > 500;
}"""
CHART_COLORS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(
    chart => chart._fullLayout?.font.color ?? '')"""
HAS_SCHEME = """([scheme, colors]) => {
    const app = document.querySelector('[data-testid=stApp]');
    const charts = [...document.querySelectorAll('.js-plotly-plot')];
    return getComputedStyle(app).colorScheme === scheme && charts.length === colors.length
        && charts.every((chart, index) => chart._fullLayout.font.color !== colors[index]);
}"""


def wait_until_drawn(page, last_text):
    """Wait until a view is drawn to its end."""
    expect(page.get_by_text(last_text).filter(visible=True).first).to_be_visible(timeout=60_000)
    page.wait_for_function(IS_DRAWN)


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
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(NO_SIDEWAYS_SCROLL)
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
        if target.evaluate("element => element === document.activeElement"):
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
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)

    reach(page, page.get_by_role("button", name="Crop the photo"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("radio", name="Whole photo"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("scaled from 450 x 450")).to_be_visible()

    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    before = picture.get_attribute("src")
    reach(page, page.get_by_role("slider", name="Opacity of the heat map"))
    page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before)
    assert page.get_by_test_id("stException").count() == 0


def test_the_photos_behind_a_cell_are_reached_by_keyboard(visit):
    page = visit("training?run=demo&view=Results")
    expect(page.get_by_text("Click a cell, or choose")).to_be_visible()
    for side in ("True", "Answered"):
        reach(page, page.get_by_role("combobox", name=side), most=120)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_role("heading", name="answered correctly")).to_be_visible()
    expect(page.get_by_text("Click a cell, or choose")).to_have_count(0)
