"""Everybody can use it: with a screen reader, by keyboard, in large letters, on small screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import SIZES
from tests.browser.pages import NO_SIDEWAYS_SCROLL, VIEWS

pytestmark = pytest.mark.browser


def opened(page, last):
    """Wait until a view is drawn to its end."""
    expect(page.get_by_text(last).filter(visible=True).first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.locator("[data-stale=true]")).to_have_count(0)  # pale until they are drawn anew


def violations(page):
    """What axe-core's rules for contrast, names, roles, headings and more find to mend."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize(("address", "last"), VIEWS.items())
def test_a_view_suits_axe_every_screen_and_letters_of_any_size(visit, address, last):
    page = visit(address)
    opened(page, last)
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
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize(("address", "last"), VIEWS.items())
def test_a_view_suits_axe_in_the_dark(chromium, running, address, last):
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(f"{running}/{address}")
    opened(page, last)
    found = violations(page)
    context.close()
    assert found == []


def reach(page, target, most=60):
    """Press Tab until an element has the focus."""
    for _ in range(most):
        if target.evaluate("one => one === document.activeElement"):
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
    expect(page.get_by_role("heading", name="answered rightly")).to_be_visible()
    expect(page.get_by_text("Click a cell, or choose")).to_have_count(0)
