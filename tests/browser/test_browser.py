"""The real server and a real browser: what only they can show."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests import toys
from tests.browser.server import ARGUMENTS, executable, serving
from train import rendered

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
PAGES = ("classify", "explain", "training", "compare", "about")


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """One server for all tests that do not need a fresh one, with the runs that ship."""
    with serving(tmp_path_factory.mktemp("server") / "server.log") as found:
        yield found


@pytest.fixture
def log(tmp_path):
    """Where the server of a test writes what it has to say."""
    return tmp_path / "server.log"


@pytest.fixture
def fresh(log):
    """A server that nobody has visited yet."""
    with serving(log) as found:
        yield found


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(playwright), args=ARGUMENTS)
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
    contexts, strangers, failures = [], [], []

    def go(path="", size="wide"):
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
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    expect(page.get_by_text("Not a medical device")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    assert has_no_sideways_scroll(page)


def test_a_newcomer_sees_a_result_within_one_click(visit):
    page = visit()
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.get_by_alt_text("heat map of")).to_be_visible()


def test_the_slider_and_another_diagnosis_change_the_picture(visit):
    page = visit()
    page.get_by_role("button", name="Ragged", exact=True).click()
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
def test_a_first_visit_by_deep_link_has_the_app_around_it(first_visit, path):
    page = first_visit(path)
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


def test_the_server_opens_no_connection_of_its_own(fresh, chromium, log):
    """Streamlit asks outside services for its own address unless it is told; ours is told."""
    page = chromium.new_page()
    page.goto(f"{fresh}/about")
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible(timeout=60_000)
    page.close()
    said = log.read_text()
    assert "External URL" not in said
    assert "auto detect external IP" not in said
    assert "gather usage" not in said.lower()


def test_a_cell_of_the_matrix_lists_the_photos_behind_it(visit):
    page = visit("training?run=demo")
    chart = page.get_by_test_id("stPlotlyChart").filter(has_text="Answered")
    cell = chart.locator(".scatterlayer .point").nth(1)  # first diagnosis, taken for the second
    cell.scroll_into_view_if_needed()
    expect(page.get_by_text("Click a cell to see the photos behind it.")).to_be_visible()
    box = cell.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="taken for")).to_be_visible()
    expect(page.get_by_text("Click a cell to see the photos behind it.")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0


def test_a_shared_address_opens_its_sample_and_an_upload_leaves_it(visit):
    page = visit("?run=demo&sample=even")
    expect(page.get_by_alt_text("heat map of")).to_be_visible()
    expect(page.get_by_role("combobox", name="Run")).to_have_value("Demo on rendered pictures")
    page.get_by_text("Upload", exact=True).click()
    photo = toys.encoded(rendered.render("dotted", 79).photo, "JPEG")
    page.locator("input[type=file]").set_input_files(
        {"name": "my arm.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    expect(page.get_by_alt_text("heat map of")).to_be_visible()
    expect(page).not_to_have_url(re.compile("sample|arm"))


def test_a_saved_analysis_opens_from_disk_and_asks_nobody_for_anything(visit, chromium, tmp_path):
    page = visit("?run=demo&sample=ragged")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this analysis as a file").click()
    file = tmp_path / "analysis.html"
    download.value.save_as(file)
    asked = []
    reader = chromium.new_page()
    reader.on("request", lambda request: asked.append(request.url.split(",")[0]))
    reader.goto(file.as_uri())
    expect(reader.get_by_role("heading", level=1)).to_contain_text("probability")
    expect(reader.get_by_text("Not a medical device").first).to_be_visible()
    pictures = reader.locator("img")
    expect(pictures).to_have_count(4)
    assert pictures.evaluate_all("all => all.every(one => one.naturalWidth > 0)")
    reader.close()
    assert {url for url in asked if not url.startswith("data:")} == {file.as_uri()}


def test_several_photos_make_a_table_and_a_broken_one_is_named(visit):
    page = visit("?run=demo")
    page.get_by_text("Several", exact=True).click()
    files = [
        {
            "name": f"{pattern}.jpg",
            "mimeType": "image/jpeg",
            "buffer": toys.encoded(rendered.render(pattern, 80).photo, "JPEG"),
        }
        for pattern in ("even", "ragged")
    ]
    broken = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"text"}
    page.locator("input[type=file]").set_input_files([*files, broken])
    expect(page.get_by_text("2 of 3 photos")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_alt_text("heat map of")).to_have_count(0)  # none was chosen yet
    assert page.get_by_test_id("stException").count() == 0


def test_a_map_is_put_to_the_test(visit):
    page = visit("explain?run=demo&sample=ragged")
    expect(page.get_by_text("Covering the marked area moves")).to_have_count(0)
    page.get_by_role("button", name="Test this map").click()
    expect(page.get_by_text("Covering the marked area moves")).to_be_visible()
    expect(page.get_by_alt_text("The photo, marked area covered")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_to_mend_on_any_page(chromium, running, theme):
    """axe-core's rules for contrast, names, roles, headings and more."""
    context = chromium.new_context(color_scheme=theme)
    found = []
    for path in PAGES:
        page = context.new_page()
        looking = "?run=demo&sample=ragged" if path in ("classify", "explain") else ""
        page.goto(f"{running}/{path}{looking}")
        last = {"classify": "How far to trust it", "explain": "Why one and not the other"}
        name = last.get(path, path.capitalize())
        expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=60_000)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)
        violations = Axe().run(page).response["violations"]
        found += [(path, one["id"], [node["html"] for node in one["nodes"]]) for one in violations]
        page.close()
    context.close()
    assert found == []
