"""`make screenshots`: the pictures of the README, made from rendered samples only."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.server import ARGUMENTS, executable, serving
from tests.conftest import ROOT

DEMO = "Demo on rendered pictures"


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "server.log") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable(playwright), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1010})
        page.goto(address)
        page.get_by_role("combobox", name="Run").click()
        page.get_by_role("option", name=DEMO).click()
        page.get_by_role("button", name="Ragged", exact=True).click()
        page.get_by_alt_text("heat map of").wait_for(timeout=60_000)
        page.get_by_test_id("stPlotlyChart").locator("svg").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        page.screenshot(path=ROOT / "docs" / "classify.png")

        page.goto(f"{address}/compare")
        page.set_viewport_size({"width": 1280, "height": 2200})  # the whole chart at once
        chart = page.get_by_test_id("stPlotlyChart")
        chart.locator("svg").first.wait_for(timeout=60_000)
        page.wait_for_load_state("networkidle")
        chart.screenshot(path=ROOT / "docs" / "leak_meter.png")
        browser.close()


if __name__ == "__main__":
    main()
