"""`make screenshots`: the pictures of the README, made from rendered samples only."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.server import ARGUMENTS, executable, serving
from tests.conftest import ROOT


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "server.log") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable(playwright), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 960})

        def shoot(name, path, drawn):
            page.goto(f"{address}/{path}")
            page.get_by_alt_text(drawn).last.wait_for(timeout=120_000)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(2000)  # plotly's charts settle
            page.screenshot(path=ROOT / "docs" / f"{name}.png")

        shoot("classify", "classify?run=demo&sample=even", "heat map of")
        shoot(
            "explain",
            "explain?run=demo&sample=even&methods=grad_cam,smooth_grad",
            " map of ",
        )
        shoot("one_photo", "compare?view=One+photo&sample=even", "Heat map of")

        page.goto(f"{address}/compare")
        page.set_viewport_size({"width": 1280, "height": 2200})  # a whole chart at once
        chart = page.get_by_test_id("stPlotlyChart").first
        chart.locator("svg").first.wait_for(timeout=60_000)
        page.wait_for_load_state("networkidle")
        chart.screenshot(path=ROOT / "docs" / "leak_meter.png")
        browser.close()


if __name__ == "__main__":
    main()
