"""The visitors of `make load` see what a browser shows, and what is broken."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.proto.Delta_pb2 import Delta

from tests import toys
from tests.apart import run_apart
from tests.load.__main__ import quantile, wrong_answer
from tests.load.hostile import files
from tests.load.processes import PROC, taken
from tests.load.visitor import Page, VisitError, Visitor
from tests.load.visits import check_pictures, colours, slow_visit, visit_with_colour

RED, BLUE = toys.flat((255, 0, 0)), toys.flat((0, 0, 255))


def test_two_visitors_get_the_answers_to_their_own_photos(toy_server):
    address, process = toy_server

    async def visit(photo, pages):
        async with Visitor(address) as visitor:
            steps = [await visitor.open("classify", "run=toy")]
            assert visitor.page.title == "Classify"
            assert not visitor.page.answer
            steps.append(await visitor.upload("photo.png", toys.encoded(photo)))
            answer = visitor.page.answer
            assert wrong_answer(visitor.page) == ""
            for page in pages:
                steps.append(await visitor.go(page))
                assert visitor.page.title == page.capitalize()
            assert visitor.page.answer == answer  # they end where they began
            assert [step.error for step in steps] == len(steps) * [""]
            assert all(step.seconds > 0 for step in steps)
            assert visitor.page_runs >= len(steps)
            assert visitor.pictures
            return answer

    async def both():
        return await asyncio.gather(
            visit(RED, ["explain", "about", "classify"]), visit(BLUE, ["training", "classify"])
        )

    red, blue = run_apart(both())
    assert "basal cell carcinoma" in red.lower()
    assert "nevus" in blue.lower()
    if PROC.is_dir():
        found = taken(process.pid)
        assert found.cpu_seconds > 1
        assert 100 < found.megabytes <= found.peak_megabytes


def test_a_click_and_a_refused_file_are_seen(toy_server):
    address, _ = toy_server

    async def visit():
        async with Visitor(address) as visitor:
            await visitor.open("explain", "run=toy")
            step = await visitor.upload("photo.jpg", b"no photo")
            assert "JPEG, PNG, WebP or HEIC" in step.error
            assert not (await visitor.click("Ragged")).error
            with pytest.raises(VisitError, match="no button Nothing"):
                await visitor.click("Nothing")
            with pytest.raises(VisitError, match="no page nowhere"):
                await visitor.go("nowhere")

    run_apart(visit())


def test_five_visitors_see_their_own_photo_and_nothing_of_it_is_left(toy_server):
    """A short form of `test_privacy.py`."""
    address, process = toy_server

    async def five():
        await asyncio.gather(
            *(visit_with_colour(address, colour, padding=1_500_000) for colour in colours(5))
        )

    run_apart(five())
    if PROC.is_dir():
        environment = (PROC / str(process.pid) / "environ").read_text().split("\0")
        scratch = next(line[7:] for line in environment if line.startswith("TMPDIR="))
        files = [path.name for path in Path(scratch).rglob("*") if path.is_file()]
        # TensorFlow writes the source of what it traces.
        assert [name for name in files if not name.startswith("__autograph_generated")] == []


def test_another_s_photo_would_be_seen():
    """The checks of the visitors notice a wrong picture and a wrong answer."""
    shown = toys.flat((250, 8, 0))
    url = "data:image/jpeg;base64," + b64encode(toys.encoded(shown, "JPEG", quality=90)).decode()
    page = Page()
    delta = Delta()
    delta.new_element.bidi_component.json = json.dumps({"photo": url})
    page.draw((0, 0), delta)
    delta = Delta()
    delta.new_element.imgs.imgs.add(url="/media/1", alt="The photo in use")
    page.draw((0, 1), delta)
    visitor = SimpleNamespace(page=page, pictures={"/media/1": toys.encoded(shown)})
    check_pictures(visitor, (250, 8, 0))
    with pytest.raises(AssertionError, match="8 away"):
        check_pictures(visitor, (250, 0, 0))
    assert len(set(colours(50))) == 50


def test_a_client_that_reads_nothing_holds_nobody_up(toy_server):
    """A short form of the same in `test_faults.py`."""
    address, _ = toy_server

    async def look():
        slow = asyncio.create_task(slow_visit(address, 2))
        await asyncio.sleep(0.5)
        await visit_with_colour(address, (0, 0, 250))
        assert await slow

    run_apart(look())


def test_hostile_uploads_are_refused_by_a_sentence_and_the_visit_goes_on(toy_server):
    """Two of each way that `tests.load.hostile` damages files, through the server itself."""
    address, _ = toy_server
    refused = []

    async def visit(some):
        async with Visitor(address, fetches=False) as visitor:
            await visitor.open("explain", "run=toy")
            for way, data in some:
                step = await visitor.upload("photo.jpg", data)
                assert visitor.page.title == "Explain", way
                assert visitor.page.of("exception") == [], way
                if step.error:
                    refused.append(step.error)
            assert not (await visitor.click("Ragged")).error

    async def four():
        all_of_them = list(files(28, seed=3, with_large=False))
        await asyncio.gather(*(visit(all_of_them[start::4]) for start in range(4)))

    run_apart(four())
    assert len(refused) > 10
    assert all("Choose" in said or "again" in said for said in refused), refused


def drawn(**element):
    delta = Delta()
    for kind, text in element.items():
        getattr(delta.new_element, kind).body = text
    return delta


def test_what_a_run_does_not_draw_again_is_gone():
    page = Page()
    page.begin("first", ())
    page.draw((0, 0), drawn(markdown="stays"))
    page.draw((0, 1), drawn(markdown="goes"))
    page.end()
    assert page.texts == ["stays", "goes"]
    page.begin("second", ())
    page.draw((0, 0), drawn(markdown="stays"))
    page.end()
    assert page.texts == ["stays"]


def test_a_fragment_s_run_leaves_the_rest_of_the_page():
    page = Page()
    page.begin("first", ())
    page.draw((0, 0), drawn(markdown="page"))
    for place, text in enumerate(("kept", "dropped"), 1):
        delta = drawn(markdown=text)
        delta.fragment_id = "part"
        page.draw((0, place), delta)
    page.end()
    page.begin("second", ("part",))
    delta = drawn(markdown="new")
    delta.fragment_id = "part"
    page.draw((0, 1), delta)
    page.end()
    assert page.texts == ["page", "new"]


def test_an_exception_and_a_page_without_an_answer_are_failures():
    page = Page()
    assert wrong_answer(page) == "there is no answer"
    delta = Delta()
    delta.new_element.heading.tag, delta.new_element.heading.body = "h2", "Melanoma, 90 %"
    page.draw((0, 0), delta)
    assert wrong_answer(page) == "the answer names no diagnosis"
    page.draw((0, 1), drawn(markdown="One plain sentence. Not a diagnosis."))
    assert wrong_answer(page) == ""
    delta = Delta()
    delta.new_element.exception.type, delta.new_element.exception.message = "KeyError", "photo"
    page.draw((0, 2), delta)
    assert page.error == "KeyError: photo"


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 3), (0.95, 5), (0.8, 4), (0.81, 5), (0.01, 1)]
)
def test_quantiles_are_values_that_were_measured(share, expected):
    assert quantile([5, 3, 1, 4, 2], share) == expected


def test_no_value_has_no_quantile():
    assert quantile([], 0.5) is None
