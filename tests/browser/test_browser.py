"""The real server and a real browser: what only they can show."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import toys
from tests.conftest import ROOT
from train import rendered

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PAGES = ("classify", "explain", "training", "compare", "about")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def start(tmp_path):
    """Start the app as `make app` does, with the runs that ship; yields a starter."""
    started = []

    def begin(**environment):
        port = free_port()
        command = ["-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        log = open(tmp_path / "server.log", "w")  # noqa: SIM115, closed below
        server = subprocess.Popen(
            [sys.executable, *command, "--server.port", str(port)],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        started.append((server, log))
        address = f"http://localhost:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                    return address
            except OSError:
                assert time.monotonic() < deadline, (tmp_path / "server.log").read_text()
                time.sleep(0.1)

    yield begin
    for server, log in started:
        server.kill()
        server.wait()
        log.close()


@pytest.fixture(scope="session")
def chromium():
    """Playwright's own browser where it was downloaded, else the system's."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        system = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
        path = own if os.path.exists(own) else system
        assert path, "no browser: run make test, which installs one"
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, start):
    """Open a page of a fresh server; fails when the page asks another host for anything."""
    contexts, strangers, failures = [], [], []

    def go(path="", size="wide", **environment):
        address = start(**environment)
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: failures.append(str(error)))

        def watch(request):
            if not request.url.startswith(
                (address, address.replace("http", "ws"), "data:", "blob:")
            ):
                strangers.append(request.url)

        page.on("request", watch)
        page.goto(f"{address}/{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert strangers == []
    assert failures == []


def has_no_sideways_scroll(page):
    return page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth <= main.clientWidth"
        " && document.documentElement.scrollWidth <= window.innerWidth; }"
    )


@pytest.mark.parametrize("size", SIZES)
def test_an_uploaded_jpeg_gets_a_diagnosis_and_a_map(visit, size):
    page = visit(size=size)
    page.get_by_text("Upload", exact=True).click()
    photo = toys.encoded(rendered.render("dotted", 77).photo, "JPEG", quality=90)
    page.locator("input[type=file]").set_input_files(
        {"name": "läsion 1.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    expect(page.get_by_alt_text("heat map of")).to_be_visible()
    expect(page.get_by_text("Probability", exact=False).first).to_be_visible()
    expect(page.get_by_role("heading", level=3).first).to_be_visible()
    expect(page.get_by_text("Not a medical device")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    assert has_no_sideways_scroll(page)


def test_a_newcomer_sees_a_result_within_one_click(visit):
    page = visit()
    page.get_by_role("button", name="Even 1", exact=True).click()
    expect(page.get_by_alt_text("heat map of")).to_be_visible()


def test_the_slider_and_another_diagnosis_change_the_picture(visit):
    page = visit()
    page.get_by_role("button", name="Ragged 1", exact=True).click()
    overlay = page.get_by_alt_text("heat map of")
    expect(overlay).to_be_visible()
    before = overlay.get_attribute("src")
    page.get_by_role("slider").press("ArrowRight")
    expect(overlay).not_to_have_attribute("src", before)
    before = overlay.get_attribute("src")
    page.get_by_role("combobox", name="Show what raised").click()
    page.get_by_role("option").nth(1).click()
    expect(overlay).not_to_have_attribute("src", before)
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize("path", PAGES)
def test_a_first_visit_by_deep_link_has_the_app_around_it(visit, path):
    page = visit(path)
    title = path.capitalize()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page).to_have_title(f"{title} · Lentigo")
    links = page.get_by_test_id("stSidebarNavLink")
    expect(links).to_have_count(len(PAGES))
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(visit, path):
    page = visit(path, size="phone")
    expect(page.get_by_role("heading", name=path.capitalize(), level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert has_no_sideways_scroll(page)


def test_a_file_that_is_no_photo_is_refused_and_the_next_one_works(visit):
    page = visit()
    page.get_by_text("Upload", exact=True).click()
    chooser = page.locator("input[type=file]")
    chooser.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"text"})
    expect(page.get_by_role("alert")).to_contain_text("not a photo that can be read here")
    expect(page.get_by_alt_text("heat map of")).to_have_count(0)
    photo = toys.encoded(rendered.render("even", 78).photo, "PNG")
    chooser.set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": photo})
    expect(page.get_by_alt_text("heat map of")).to_be_visible()


def test_the_server_opens_no_connection_of_its_own(start, chromium, tmp_path):
    """Streamlit asks outside services for its own address unless it is told; ours is told."""
    address = start()
    page = chromium.new_page()
    page.goto(f"{address}/about")
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible(timeout=60_000)
    page.close()
    said = (tmp_path / "server.log").read_text()
    assert "External URL" not in said
    assert "auto detect external IP" not in said
    assert "gather usage" not in said.lower()
