"""The main paths through the app, in a real browser against the real server."""

import base64
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests import toys
from tests.browser.conftest import SIZES
from tests.browser.pages import NO_SIDEWAYS_SCROLL, PAGES, wait_until_settled
from train.data import rendered

pytestmark = pytest.mark.browser


def upload(page, photo, name="photo.jpg", kind="image/jpeg"):
    wait_until_settled(page)  # after a choice, another uploader takes the place of the first
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": kind, "buffer": photo}
    )


def heat_map(page):
    return page.get_by_alt_text("heat map of")


def test_an_uploaded_jpeg_gets_a_diagnosis_and_a_map_on_every_screen(visit):
    page = visit()
    photo = toys.encoded(rendered.render("dotted", 77).photo, "JPEG", quality=90)
    expect(page.get_by_text("The network is loaded")).to_be_visible()
    upload(page, photo, "läsion 1.jpg")
    expect(heat_map(page)).to_be_visible()
    expect(page.get_by_text("Not a diagnosis")).to_be_visible()
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    expect(page.get_by_text("Not a medical device")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(NO_SIDEWAYS_SCROLL)


def is_in_first_screen(page, element):
    """Whether at least the upper two thirds of an element are seen without scrolling."""
    box = element.bounding_box()
    return box["y"] + 2 / 3 * box["height"] < page.viewport_size["height"]


@pytest.mark.parametrize("way", ["sample", "upload"])
def test_answer_and_photo_are_in_the_first_screen(visit, way):
    page = visit()
    if way == "sample":
        page.get_by_role("button", name="Even", exact=True).click()
    else:
        upload(page, toys.encoded(rendered.render("even", 82).photo, "JPEG"))
    expect(heat_map(page)).to_be_visible()
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wait_until_settled(page)
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0
        assert is_in_first_screen(page, page.get_by_role("heading", level=2).first)
        assert is_in_first_screen(page, page.get_by_alt_text("The photo", exact=True))


WORDS = """() => document.querySelector('[data-testid=stMainBlockContainer]').innerText
    .split(/\\s+/).filter(word => /\\w/.test(word)).length"""


@pytest.mark.parametrize("run", ["lentigo_second", "demo"])
def test_a_result_says_no_more_than_150_words(visit, run):
    page = visit(f"classify?run={run}&sample=even")
    expect(page.get_by_role("button", name="Stress-test this photo")).to_be_visible()
    wait_until_settled(page)
    assert 40 < page.evaluate(WORDS) <= 150


COUNT_WHAT_IS_SENT = """() => {
    window.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...what) { window.sent++; send.apply(this, what); };
}"""


def test_the_heat_map_is_blended_without_the_server(visit):
    page = visit()
    page.get_by_role("button", name="Ragged", exact=True).click()
    overlay = heat_map(page)
    expect(overlay).to_be_visible()
    wait_until_settled(page)
    sent = []
    page.on("websocket", lambda socket: sent.append("a new connection"))
    page.evaluate(COUNT_WHAT_IS_SENT)
    slider = page.get_by_role("slider", name="Heat map")
    for _ in range(3):  # quick presses, each of which counts
        slider.press("ArrowRight")
    expect(overlay).to_have_css("opacity", "0.75")
    page.get_by_role("button", name="Hold to hide").hover()
    page.mouse.down()
    expect(overlay).to_have_css("opacity", "0")
    page.mouse.up()
    expect(overlay).to_have_css("opacity", "0.75")
    hold = page.get_by_role("button", name="Hold to hide")
    hold.focus()
    page.keyboard.down("Space")
    expect(overlay).to_have_css("opacity", "0")
    page.keyboard.up("Space")
    expect(overlay).to_have_css("opacity", "0.75")
    assert (page.evaluate("window.sent"), sent) == (0, [])


def test_the_heat_maps_of_explain_are_blended_without_the_server(visit):
    page = visit("explain?run=demo&sample=ragged&methods=grad_cam&diagnoses=ragged,even")
    maps = page.get_by_alt_text("Grad-CAM map of")
    expect(maps).to_have_count(2)
    wait_until_settled(page)
    page.evaluate(COUNT_WHAT_IS_SENT)
    page.get_by_role("slider", name="Heat maps").press("ArrowRight")
    for number in range(2):
        expect(maps.nth(number)).to_have_css("opacity", "0.65")
    assert page.evaluate("window.sent") == 0


def test_an_experiment_asks_what_is_expected_first(visit):
    page = visit("explain?run=demo&sample=ragged&experiment=Crop+it", size="phone")
    button = page.get_by_role("button", name="Crop it", exact=True)
    expect(button).to_be_disabled()
    wait_until_settled(page)
    page.get_by_text("I can't say").click()
    expect(button).to_be_enabled()
    wait_until_settled(page)
    button.click()
    expect(page.get_by_alt_text("Crop: ")).to_have_count(4)
    wait_until_settled(page)
    page.wait_for_function(NO_SIDEWAYS_SCROLL)
    # Another experiment on the same photo; Back gives the first one with its result.
    page.get_by_text("Shake it", exact=True).first.click()
    expect(page.get_by_text("What do you expect?")).to_be_visible()
    expect(page).to_have_url(re.compile("experiment=Shake"))
    page.go_back()
    expect(page.get_by_alt_text("Crop: ")).to_have_count(4)
    assert page.get_by_test_id("stException").count() == 0


def test_another_diagnosis_changes_the_heat_map_and_leaves_its_opacity(visit):
    page = visit("?run=demo&sample=ragged&strength=35")
    overlay = heat_map(page)
    expect(overlay).to_have_css("opacity", "0.35")
    page.get_by_role("slider", name="Heat map").press("ArrowLeft")
    wait_until_settled(page)
    before = overlay.get_attribute("src")
    picker = page.get_by_role("combobox", name="Heat map of")
    picker.press("ArrowDown")
    picker.press("ArrowDown")
    picker.press("Enter")
    expect(overlay).not_to_have_attribute("src", before)
    expect(overlay).to_have_css("opacity", "0.3")
    assert page.get_by_test_id("stException").count() == 0


def test_back_and_forward_take_one_step_each(visit):
    page = visit("about?run=demo")
    card = page.get_by_role("radio", name="Card")
    expect(card).to_be_checked()
    for view, written in (("Check-list", "Check-list"), ("This app", "This%20app|This.app")):
        page.get_by_text(view, exact=True).click()
        expect(page).to_have_url(re.compile(f"view=({written})"))
        wait_until_settled(page)
    page.go_back()
    expect(page.get_by_role("radio", name="Check-list")).to_be_checked()
    expect(page).to_have_url(re.compile("view=Check-list"))
    wait_until_settled(page)
    page.go_back()
    expect(card).to_be_checked()
    wait_until_settled(page)
    page.go_forward()
    expect(page.get_by_role("radio", name="Check-list")).to_be_checked()
    wait_until_settled(page)
    page.get_by_role("navigation", name="App pages").get_by_role("link", name="Training").click()
    expect(page.get_by_role("heading", name="Training", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("training.*run=demo"))
    wait_until_settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible()
    expect(page.get_by_role("radio", name="Check-list")).to_be_checked()
    wait_until_settled(page)
    page.go_forward()
    expect(page.get_by_role("heading", name="Training", level=1)).to_be_visible()


def test_back_from_the_first_page_leaves_the_app(visit):
    page = visit()
    expect(page.get_by_role("heading", name="Classify", level=1)).to_be_visible()
    wait_until_settled(page)
    page.go_back()
    expect(page).to_have_url("about:blank")


@pytest.mark.parametrize("address", ["?run=demo", ""])
def test_back_to_no_sample_takes_the_answer_away(visit, address):
    page = visit(address)
    page.get_by_role("button", name="Even", exact=True).click()
    expect(heat_map(page)).to_be_visible()
    wait_until_settled(page)
    page.go_back()
    expect(heat_map(page)).to_have_count(0)
    wait_until_settled(page)
    expect(page).not_to_have_url(re.compile("sample"))
    expect(heat_map(page)).to_have_count(0)
    page.go_forward()
    expect(heat_map(page)).to_be_visible()


def test_back_from_a_sample_to_an_upload_shows_the_upload(visit):
    page = visit("?run=demo")
    upload(page, toys.encoded(rendered.render("dotted", 78).photo, "JPEG"), "own.jpg")
    expect(page.get_by_text("own.jpg")).to_be_visible()
    wait_until_settled(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page).to_have_url(re.compile("sample=even"))
    wait_until_settled(page)
    page.go_back()
    expect(page.get_by_text("own.jpg")).to_be_visible()
    expect(heat_map(page)).to_be_visible()
    wait_until_settled(page)
    page.go_back()  # to before the upload
    expect(page.get_by_text("Or paste one")).to_be_visible()
    expect(heat_map(page)).to_have_count(0)
    wait_until_settled(page)
    page.go_forward()
    expect(page.get_by_text("own.jpg")).to_be_visible()
    expect(heat_map(page)).to_be_visible()


def test_a_sample_is_chosen_by_its_picture(visit):
    page = visit("?run=demo")
    picture = page.get_by_alt_text("Drawing: Even")
    expect(picture).to_be_visible()
    wait_until_settled(page)
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(heat_map(page)).to_be_visible()


PASTE = """(data) => {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
    document.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""


def test_a_pasted_picture_is_a_chosen_one(visit):
    page = visit("?run=demo")
    expect(page.get_by_text("Or paste one")).to_be_visible()
    wait_until_settled(page)
    picture = toys.encoded(rendered.render("even", 83).photo, "PNG")
    page.evaluate(PASTE, base64.b64encode(picture).decode())
    expect(heat_map(page)).to_be_visible()
    expect(page.get_by_text("image.png")).to_be_visible()


def test_a_photo_is_changed_and_removed_on_every_page_alike(visit):
    page = visit("?run=demo")
    upload(page, toys.encoded(rendered.render("even", 84).photo, "JPEG"), "first.jpg")
    expect(heat_map(page)).to_be_visible()
    page.get_by_role("navigation", name="App pages").get_by_role("link", name="Explain").click()
    expect(page.get_by_role("heading", name="Explain", level=1)).to_be_visible()
    expect(page.get_by_text("first.jpg")).to_be_visible()
    wait_until_settled(page)
    page.get_by_role("button", name="Change").click()
    upload(page, toys.encoded(rendered.render("dotted", 85).photo, "JPEG"), "second.jpg")
    expect(page.get_by_text("second.jpg")).to_be_visible()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)  # it would hide the answer
    wait_until_settled(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("second.jpg")).to_have_count(0)
    expect(page.get_by_text("Or paste one")).to_be_visible()


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
    upload(page, b"text", "a.jpg")
    expect(page.get_by_role("alert")).to_contain_text("not a photo that can be read here")
    expect(heat_map(page)).to_have_count(0)
    upload(page, toys.encoded(rendered.render("even", 78).photo, "PNG"), "b.png", "image/png")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(heat_map(page)).to_be_visible()


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
    expect(heat_map(page)).to_be_visible()
    expect(page.get_by_role("button", name="Demo on rendered pictures")).to_be_visible()
    page.get_by_role("button", name="Change").click()
    upload(page, toys.encoded(rendered.render("dotted", 79).photo, "JPEG"), "my arm.jpg")
    expect(page.get_by_text("my arm.jpg")).to_be_visible()
    expect(heat_map(page)).to_be_visible()
    expect(page).not_to_have_url(re.compile("sample|arm"))


def test_a_saved_analysis_opens_from_disk_and_asks_nobody_for_anything(visit, chromium, tmp_path):
    page = visit("?run=demo&sample=ragged")
    expect(page.get_by_role("button", name="Save this analysis as a file")).to_be_visible()
    expect(page.get_by_text("What these figures are worth")).to_be_visible()  # is drawn last
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
    expect(heat_map(page)).to_have_count(0)  # none was chosen yet
    assert page.get_by_test_id("stException").count() == 0


def test_a_printed_report_is_whole_and_without_what_can_only_be_clicked(visit):
    page = visit("training?run=demo&view=Whole+report")
    expect(page.get_by_text("Train it again")).to_be_visible()
    wait_until_settled(page)
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    for hidden in ("stHeader", "stDownloadButton", "stPopover", "stButtonGroup"):
        assert page.get_by_test_id(hidden).filter(visible=True).count() == 0, hidden
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("link", name="Compare")).to_be_hidden()
    main = page.get_by_test_id("stMain")
    expect(main).to_have_css("overflow-y", "visible")  # nothing is cut off by a box that scrolls
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") > 5


def test_a_map_is_put_to_the_test(visit):
    page = visit("explain?run=demo&sample=ragged")
    expect(page.get_by_text("Covering the marked area moves")).to_have_count(0)
    wait_until_settled(page)
    page.get_by_text("It falls by more than half").click()
    wait_until_settled(page)
    page.get_by_role("button", name="Cover it", exact=True).click()
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
    upload(page, buffer.getvalue(), "IMG_0001.HEIC", "image/heic")
    expect(heat_map(page)).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="not a photo")).to_have_count(0)
    assert "Beispiel" not in page.content()
    assert "IMG_0001" not in page.url


def test_a_photo_is_taken_with_the_camera_and_never_stands_in_the_address(visit):
    page = visit("?run=demo")
    page.get_by_text("use the camera").click()
    page.wait_for_function("() => document.querySelector('video')?.readyState === 4")
    page.get_by_role("button", name="Take Photo").click()
    expect(heat_map(page)).to_be_visible()
    expect(
        page.get_by_role("heading", name="A photo, which this model can't judge")
    ).to_be_visible()
    expect(page).not_to_have_url(re.compile("sample|frame|camera"))
    wait_until_settled(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(heat_map(page)).to_have_count(0)  # gone with the photo


def test_a_box_drawn_on_the_photo_is_what_the_network_looks_at(visit):
    page = visit("?run=demo&sample=ragged")
    expect(heat_map(page)).to_be_visible()
    page.get_by_role("button", name="Crop").click()
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
    page = visit("?run=demo&sample=even")
    button = page.get_by_role("button", name="Stress-test this photo")
    expect(button).to_be_visible()
    expect(page.get_by_text("Heat map not tested")).to_be_visible()
    wait_until_settled(page)
    button.click()
    expect(page.get_by_text(re.compile("^(Nothing flips it|Flipped first by)"))).to_be_visible()
    expect(page.get_by_text("Heat map not tested")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0


def test_one_photo_goes_through_every_network(visit):
    page = visit("compare?view=One+photo&networks=lentigo,demo&sample=even")
    # Two networks and TensorFlow itself are loaded first.
    expect(page.get_by_alt_text("Heat map of")).to_have_count(2, timeout=60_000)
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


def test_the_quiz_is_played_to_its_end(visit):
    page = visit("learn?view=You+and+the+model")
    for number in range(1, 11):
        for words in ("What do you see?", "Your answer now?"):
            expect(page.get_by_text(f"Photo {number} of 10")).to_be_visible()
            expect(page.get_by_text(words)).to_be_visible()
            phase = 0 if words == "What do you see?" else 1
            page.locator(f".st-key-quiz_{number}_{phase}_even button").click()
    expect(page.get_by_role("heading", name="With the model")).to_be_visible()
    expect(page.get_by_text("read out your code")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
