"""A real server and a real browser that tests share."""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.server import ARGUMENTS, executable, serving

expect.set_options(timeout=60_000)  # the first photo waits for the network, on slow machines
SIZES = {"wide": (1280, 900), "tablet": (768, 1024), "phone": (390, 844)}
# A camera that shows a moving green picture, and nobody to ask for it.
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """One server for all tests that do not need a fresh one, with the runs that ship."""
    with serving(tmp_path_factory.mktemp("server") / "server.log") as address:
        yield address


@pytest.fixture
def log(tmp_path):
    """Where the server of a test writes what it has to say."""
    return tmp_path / "server.log"


@pytest.fixture
def fresh(log):
    """A server that nobody has visited yet."""
    with serving(log) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(playwright), args=[*ARGUMENTS, *CAMERA]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, running):
    """Open a page; fails when the page asks another host for anything."""
    yield from _visits(chromium, running)


@pytest.fixture
def first_visit(chromium, fresh):
    """As `visit`, of a server that nobody has visited yet."""
    yield from _visits(chromium, fresh)


def _visits(chromium, address):
    contexts, foreign_requests, failures = [], [], []

    def go(path="", size="wide", color_scheme="light"):
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=color_scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: failures.append(str(error)))

        def watch(request):
            if not request.url.startswith(
                (address, address.replace("http", "ws"), "data:", "blob:")
            ):
                foreign_requests.append(request.url)

        page.on("request", watch)
        page.goto(f"{address}/{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert foreign_requests == []
    assert failures == []
