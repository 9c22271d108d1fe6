"""What a visitor sees when the server of their page is killed and another takes its place."""

import os
import re
import signal
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pages.shared.photo_picker import GONE
from tests.deploy.test_serve import PHOTO, needs_haproxy, serving

pytestmark = pytest.mark.browser


def open_pages(command):
    """How many pages the server with this command line serves."""
    port = re.search(r"--server\.port (\d+)", command)[1]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/metrics") as answer:
        return int(re.search(r"^active_sessions (\d+)$", answer.read().decode(), re.M)[1])


@needs_haproxy
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc")
def test_the_page_of_a_killed_server_is_drawn_by_another_without_the_visitor_s_photo(
    tmp_path, chromium
):
    photo = {"name": "mine.png", "mimeType": "image/png", "buffer": PHOTO}
    with serving(tmp_path) as served, chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{served.address}/explain?run=demo")
        page.locator("input[type=file]").set_input_files(photo)
        expect(page).to_have_url(re.compile("own=1"))
        [killed] = [pid for command, pid in served.servers().items() if open_pages(command)]
        os.kill(killed, signal.SIGKILL)
        expect(page.get_by_text(GONE)).to_be_visible()  # by itself
        expect(page.get_by_text("mine.png")).to_be_hidden()
        assert "run=demo" in page.url
        page.locator("input[type=file]").set_input_files(photo)
        expect(page.get_by_text(GONE)).to_be_hidden()
        expect(page.get_by_text("mine.png")).to_be_visible()
