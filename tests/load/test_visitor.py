"""The visitors of `make load` see what a browser shows, and what is broken."""

import asyncio

import pytest
from streamlit.proto.Delta_pb2 import Delta

from tests import toys
from tests.load.__main__ import quantile, wrong_answer
from tests.load.processes import PROC, taken
from tests.load.visitor import Page, VisitError, Visitor

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

    red, blue = asyncio.run(both())
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

    asyncio.run(visit())


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
