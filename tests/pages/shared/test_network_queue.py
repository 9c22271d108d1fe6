"""The queue that all visitors share: what it tells who must wait, and whom it lets go."""

import time

import numpy as np
import pytest

from model.network.request_queue import NUM_WORKERS, QueueFullError
from pages.shared import network_queue
from tests import toys
from tests.pages.driver import texts, upload, visit

PHOTO = toys.encoded(toys.flat((201, 20, 30)))


@pytest.fixture
def told(monkeypatch):
    """What spinners say to a visitor who need not wait for the seconds they name."""
    sentences = []
    spinner = network_queue.st.spinner

    def listen(text, **options):
        sentences.append(text)
        return spinner(text, **options)

    monkeypatch.setattr(network_queue.st, "spinner", listen)
    return sentences


def test_a_visitor_whom_the_queue_has_no_room_for_is_told_how_long_and_gets_the_answer(
    told, monkeypatch
):
    queue = network_queue.queue
    ask, refusals = queue.ask, [0.02, 0.01]

    def ask_a_full_queue(*args, **options):
        if refusals:
            raise QueueFullError(refusals.pop(0))
        return ask(*args, **options)

    monkeypatch.setattr(queue, "ask", ask_a_full_queue)
    app = upload(visit("classify"), PHOTO)
    assert not app.exception
    assert not app.error
    assert "How far to trust it" in texts(app)  # stands below an answer
    assert not refusals
    expected = network_queue.waiting_sentence(0.02)
    assert [sentence for sentence in told if "at once" in sentence] == [expected, expected]
    assert "Many visitors" not in texts(app)


def test_seconds_are_rounded_up():
    assert "in about 3 s;" in network_queue.waiting_sentence(2.1)


def test_every_answer_and_every_heat_map_goes_through_the_queue(monkeypatch):
    asked = []
    queue = network_queue.queue
    ask = queue.ask

    def count(graph, *arrays, num_views, is_bulky):
        asked.append((len(arrays[0]), num_views, is_bulky))
        return ask(graph, *arrays, num_views=num_views, is_bulky=is_bulky)

    monkeypatch.setattr(queue, "ask", count)
    app = upload(visit("explain"), toys.encoded(toys.flat((200, 21, 30))))
    methods = next(box for box in app.multiselect if box.label == "Methods")
    methods.set_value(["grad_cam", "score_cam"]).run()
    assert not app.exception
    assert asked[0] == (1, 1, False)  # the answer and its own maps
    assert all(is_bulky for *_, is_bulky in asked[1:])
    assert len(asked) > 2


def test_the_work_of_a_visitor_who_has_left_is_dropped(monkeypatch):
    class LeftError(BaseException):
        """As Streamlit raises it."""

    def leave():
        raise LeftError

    computed = []

    def network(photos):
        computed.append(len(photos))
        time.sleep(0.3)
        return (photos,)

    photo = np.zeros((1, 2), np.uint8)
    busy = []
    for _ in range(NUM_WORKERS):  # one after the other: together they would be one batch
        busy.append(network_queue.queue.ask(network, photo))
        while len(computed) < len(busy):
            time.sleep(0.001)
    with monkeypatch.context() as gone:
        gone.setattr(network_queue, "get_run_yield_check", lambda: leave)
        with pytest.raises(LeftError):
            network_queue.queue(network, np.zeros((5, 2), np.uint8))
    for one in busy:
        one.result(10)
    assert network_queue.queue(network, photo)[0].shape == (1, 2)
    assert computed == [1] * (NUM_WORKERS + 1)
