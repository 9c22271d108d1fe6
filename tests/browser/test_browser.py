"""The main paths through the app, in a real browser against the real server."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests import toys
from tests.browser.conftest import SIZES
from tests.browser.pages import PAGES, has_no_sideways_scroll, wait_until_settled
from train.data import rendered

pytestmark = pytest.mark.browser


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
    wait_until_settled(page)
    before = overlay.get_attribute("src")
    picker = page.get_by_role("combobox", name="Show what raised")
    picker.press("ArrowDown")
    picker.press("ArrowDown")
    picker.press("Enter")
    expect(overlay).not_to_have_attribute("src", before)
    assert page.get_by_test_id("stException").count() == 0


def test_back_and_forward_take_one_step_each(visit):
    page = visit("about?run=demo")
    card = page.get_by_role("radio", name="Card")
    expect(card).to_be_checked()
    for view in ("Files", "Calibration"):
        page.get_by_text(view, exact=True).click()
        expect(page).to_have_url(re.compile(f"view={view}"))
        wait_until_settled(page)
    page.go_back()
    expect(page.get_by_role("radio", name="Files")).to_be_checked()
    expect(page).to_have_url(re.compile("view=Files"))
    page.go_back()
    expect(card).to_be_checked()
    page.go_forward()
    expect(page.get_by_role("radio", name="Files")).to_be_checked()
    page.get_by_role("navigation", name="App pages").get_by_role("link", name="Training").click()
    expect(page.get_by_role("heading", name="Training", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("training.*run=demo"))
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible()
    expect(page.get_by_role("radio", name="Files")).to_be_checked()


WATCH = """() => {
    window.lost = 0;
    const look = () => {
        if (!document.querySelector('img[alt*="heat map of"]')) window.lost++;
        requestAnimationFrame(look);
    };
    look();
}"""


def test_the_picture_never_leaves_while_the_slider_moves(visit):
    page = visit("?run=demo&sample=ragged")
    picture = page.get_by_alt_text("heat map of")
    expect(picture).to_be_visible()
    wait_until_settled(page)
    page.evaluate(WATCH)
    for _ in range(4):
        before = picture.get_attribute("src")
        page.get_by_role("slider").press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)
    assert page.evaluate("window.lost") == 0


@pytest.mark.parametrize("path", PAGES)
def test_a_first_visit_by_deep_link_has_the_app_around_it(first_visit, path):
    page = first_visit(path)
    title = path.capitalize()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page).to_have_title(f"{title} · Lentigo")
    links = page.get_by_role("navigation", name="App pages").get_by_role("link")
    expect(links).to_have_count(len(PAGES))
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0


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
    written = log.read_text()
    assert "External URL" not in written
    assert "auto detect external IP" not in written
    assert "gather usage" not in written.lower()


def test_a_cell_of_the_matrix_lists_the_photos_behind_it(visit):
    page = visit("training?run=demo&view=Results")
    chart = page.get_by_test_id("stPlotlyChart").filter(has_text="Answered")
    cell = chart.locator(".scatterlayer .point").nth(1)  # first diagnosis, mistaken for the second
    cell.scroll_into_view_if_needed()
    expect(page.get_by_text("Click a cell, or choose")).to_be_visible()
    box = cell.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="mistaken for")).to_be_visible()
    expect(page.get_by_text("Click a cell, or choose")).to_have_count(0)
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
    expect(page.get_by_role("button", name="Save this analysis as a file")).to_be_visible()
    wait_until_settled(page)
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
    page.get_by_role("button", name="Test this heat map").click()
    expect(page.get_by_text("Covering the marked area moves")).to_be_visible()
    expect(page.get_by_alt_text("The photo, marked area covered")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_a_heic_from_a_phone_is_read_upright_and_shows_nothing_of_its_metadata(visit):
    photo = Image.fromarray(rendered.render("dotted", 81).photo)
    exif = Image.Exif()
    exif[0x010E] = "Anna Beispiel"
    buffer = io.BytesIO()
    photo.save(buffer, "HEIF", quality=90, exif=exif)
    page = visit("?run=demo")
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(
        {"name": "IMG_0001.HEIC", "mimeType": "image/heic", "buffer": buffer.getvalue()}
    )
    expect(page.get_by_alt_text("heat map of")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="not a photo")).to_have_count(0)
    assert "Beispiel" not in page.content()
    assert "IMG_0001" not in page.url


def test_a_photo_is_taken_with_the_camera_and_never_stands_in_the_address(visit):
    page = visit("?run=demo")
    page.get_by_text("Camera", exact=True).click()
    page.wait_for_function("() => document.querySelector('video')?.readyState === 4")
    page.get_by_role("button", name="Take Photo").click()
    expect(page.get_by_alt_text("heat map of")).to_be_visible()
    expect(page.get_by_text("This run was trained on drawings only")).to_be_visible()
    expect(page).not_to_have_url(re.compile("sample|frame|camera"))
    page.get_by_role("button", name="Clear photo").click()
    expect(page.get_by_alt_text("heat map of")).to_have_count(0)  # gone with the photo


def test_a_box_drawn_on_the_photo_is_what_the_network_looks_at(visit):
    page = visit("?run=demo&sample=ragged")
    expect(page.get_by_alt_text("heat map of")).to_be_visible()
    page.get_by_text("Crop the photo").click()
    expect(page.get_by_text("scaled from 600 x 450")).to_be_visible()
    page.get_by_role("radio", name="Box").click()
    area = page.get_by_test_id("stPopoverBody").locator(".nsewdrag")
    expect(page.get_by_text("scaled from 360 x 270")).to_be_visible()
    wait_until_settled(page)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()

    def at(across, down):
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    page.mouse.move(*at(0.25, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.5, 0.5), steps=4)
    page.mouse.move(*at(0.75, 0.8), steps=4)
    page.mouse.up()
    expect(page.get_by_text("scaled from 300 x 270")).to_be_visible()
    expect(page).to_have_url(re.compile(r"frame=150%2C90%2C450%2C360"))
    expect(page.get_by_text("scaled from 360 x 270")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0


def test_a_photo_is_stress_tested_on_request_only(visit):
    page = visit("?run=demo&sample=ragged")
    button = page.get_by_role("button", name="Stress-test this photo")
    expect(button).to_be_visible()
    expect(page.get_by_text("over 30 changes")).to_have_count(0)
    button.click()
    expect(page.get_by_text("over 30 changes")).to_be_visible()
    expect(page.get_by_text(re.compile("^Holds")).first).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_one_photo_goes_through_every_network(visit):
    page = visit("compare?view=One+photo&networks=lentigo,demo&sample=even")
    expect(page.get_by_alt_text("Heat map of")).to_have_count(2)
    expect(page.get_by_text("times the average").first).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_a_crafted_address_neither_loads_nor_links_anything(visit):
    page = visit("about?run=![x](http://evil.example/p.png) [Log in](http://evil.example/)")
    expect(page.get_by_text("The address asks for run")).to_be_visible()
    expect(page.get_by_role("link", name="Log in")).to_have_count(0)


def test_on_a_phone_the_pages_are_links_on_the_page(visit):
    page = visit("about", size="phone")
    link = page.get_by_test_id("stMain").get_by_role("link", name="Training")
    link.click()
    expect(page.get_by_role("heading", name="Training", level=1)).to_be_visible()
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_hidden()  # its drawer stays open
