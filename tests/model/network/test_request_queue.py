"""The queue before the networks, with a network that only writes down what it is asked."""

import gc
import threading
import time
import weakref
from concurrent.futures import CancelledError, ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.network import request_queue
from model.network.request_queue import QueueFullError, RequestQueue
from model.network.running import run_directly

SOON = 10  # seconds that nothing here takes


class Network:
    """Twice the value of each photo, and its square; may be held up, and fails at -1."""

    def __init__(self):
        self.batches = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.began = threading.Semaphore(0)

    def __call__(self, photos):
        self.batches.append(photos.ravel().tolist())
        self.began.release()
        assert self.may_go_on.wait(SOON)
        if (photos == -1).any():
            raise ValueError("minus one")
        return 2 * photos, photos**2


def photos(*values):
    return np.array(values, np.float64).reshape(-1, 1)


@pytest.fixture(autouse=True)
def few_rows_may_be_gathered(monkeypatch):
    """This network sums nothing, so single rows are as good as many."""
    monkeypatch.setattr(request_queue, "SAME_SUMS_FROM", 1)


@pytest.fixture
def make():
    made = []

    def queue(**settings):
        made.append(RequestQueue(**{"num_workers": 1, "batch_views": 4} | settings))
        return made[-1]

    yield queue
    for one in made:
        one.close()


@pytest.fixture
def held():
    """A network that is busy with photo 0 until it may go on."""
    network = Network()
    network.may_go_on.clear()
    yield network
    network.may_go_on.set()


def hold(queue, network):
    first = queue.ask(network, photos(0))
    assert network.began.acquire(timeout=SOON)
    return first


def test_an_answer_is_that_of_the_network_asked_alone(make):
    network = Network()
    for ours, direct in zip(
        make()(network, photos(3, 4)), run_directly(network, photos(3, 4)), strict=True
    ):
        np.testing.assert_array_equal(ours, direct)


def test_what_waits_while_another_is_computed_is_gathered_up_to_the_limit(make, held):
    queue = make()
    hold(queue, held)
    asked = [queue.ask(held, photos(value)) for value in range(1, 7)]
    held.may_go_on.set()
    assert [future.result(SOON)[0].item() for future in asked] == [2, 4, 6, 8, 10, 12]
    assert held.batches == [[0], [1, 2, 3, 4], [5, 6]]


def test_the_limit_counts_views_and_a_request_over_it_goes_alone(make, held):
    queue = make()
    hold(queue, held)
    asked = [
        queue.ask(held, photos(1), num_views=3),
        queue.ask(held, photos(2, 3, 4, 5, 6)),
        queue.ask(held, photos(7)),
    ]
    held.may_go_on.set()
    for future in asked:
        future.result(SOON)
    assert held.batches == [[0], [1, 7], [2, 3, 4, 5, 6]]


def test_few_views_are_answered_alone_because_they_would_sum_in_another_order(
    make, held, monkeypatch
):
    monkeypatch.undo()
    queue = make(batch_views=32)
    hold(queue, held)
    asked = [
        queue.ask(held, photos(1)),
        queue.ask(held, photos(2), num_views=7),
        queue.ask(held, photos(3), num_views=8),
        queue.ask(held, photos(4), num_views=8),
    ]
    held.may_go_on.set()
    for future in asked:
        future.result(SOON)
    assert held.batches == [[0], [1], [2], [3, 4]]


def test_the_first_waits_for_others_no_longer_than_it_should(make):
    queue, network = make(gather_seconds=0.3), Network()
    started = time.monotonic()
    asked = [queue.ask(network, photos(1))]
    time.sleep(0.05)
    asked.append(queue.ask(network, photos(2)))
    for future in asked:
        future.result(SOON)
    assert network.batches == [[1, 2]]
    assert 0.3 <= time.monotonic() - started < SOON


def test_a_full_batch_does_not_wait(make):
    queue, network = make(gather_seconds=SOON), Network()
    started = time.monotonic()
    for future in [queue.ask(network, photos(value)) for value in (1, 2, 3, 4)]:
        future.result(SOON)
    assert time.monotonic() - started < SOON / 2
    assert network.batches == [[1, 2, 3, 4]]


def test_different_networks_shapes_and_types_are_never_mixed(make, held):
    queue, other = make(), Network()
    hold(queue, held)
    asked = [
        queue.ask(held, photos(1)),
        queue.ask(other, photos(2)),
        queue.ask(held, np.array([[3.0, 3.0]])),
        queue.ask(held, np.array([[4]])),
        queue.ask(held, photos(5)),
    ]
    held.may_go_on.set()
    types = [future.result(SOON)[0].dtype.kind for future in asked]
    assert held.batches == [[0], [1, 5], [3, 3], [4]]
    assert other.batches == [[2]]
    assert types == ["f", "f", "f", "i", "f"]


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=24),
    num_workers=st.integers(1, 3),
    gather_seconds=st.sampled_from([0, 0.002]),
    bulky=st.integers(0, 2**24 - 1),
)
def test_everyone_gets_their_own_answers_in_order(sizes, num_workers, gather_seconds, bulky):
    network = Network()
    queue = RequestQueue(num_workers, 4, gather_seconds)
    edges = np.cumsum([0, *sizes])
    asked = [photos(*range(low, high)) for low, high in pairwise(edges)]

    def ask(number):
        return queue(network, asked[number], is_bulky=bool(bulky >> number & 1))

    with ThreadPoolExecutor(8) as visitors:
        answers = list(visitors.map(ask, range(len(sizes))))
    queue.close()
    for mine, (doubled, squared) in zip(asked, answers, strict=True):
        np.testing.assert_array_equal(doubled, 2 * mine)
        np.testing.assert_array_equal(squared, mine**2)
    computed = sorted(value for batch in network.batches for value in batch)
    assert computed == list(range(edges[-1]))  # each once
    assert max(map(len, network.batches)) <= max(4, *sizes)


def test_a_failure_reaches_who_asked_for_it_and_nobody_else(make, held):
    queue = make()
    hold(queue, held)
    asked = [queue.ask(held, photos(value)) for value in (1, -1, 2)]
    held.may_go_on.set()
    assert asked[0].result(SOON)[0].item() == 2
    with pytest.raises(ValueError, match="minus one") as failure:
        asked[1].result(SOON)
    assert failure.value.__context__ is None  # would hold on to the photos of the others
    assert asked[2].result(SOON)[0].item() == 4
    with pytest.raises(ValueError, match="minus one"):
        queue(held, photos(-1))
    assert queue(held, photos(5))[0].item() == 10  # it goes on


def test_no_answer_holds_on_to_those_of_others(make, held):
    queue = make()
    hold(queue, held)
    asked = [queue.ask(held, photos(value)) for value in (1, 2)]
    held.may_go_on.set()
    assert [result.base for future in asked for result in future.result(SOON)] == 4 * [None]


def test_single_answers_go_before_bulky_work(make, held):
    queue = make(batch_views=1)
    hold(queue, held)
    bulky = [queue.ask(held, photos(value), is_bulky=True) for value in (10, 11)]
    single = [queue.ask(held, photos(value)) for value in (1, 2)]
    held.may_go_on.set()
    for future in (*bulky, *single):
        future.result(SOON)
    assert held.batches == [[0], [1], [2], [10], [11]]


def test_bulky_work_that_has_waited_long_takes_its_turn(make, held, monkeypatch):
    monkeypatch.setattr(request_queue, "BULKY_WAITS", 0.01)
    queue = make(batch_views=1)
    hold(queue, held)
    bulky = queue.ask(held, photos(10), is_bulky=True)
    time.sleep(0.02)
    single = queue.ask(held, photos(1))
    held.may_go_on.set()
    single.result(SOON)
    assert bulky.done()
    assert held.batches == [[0], [10], [1]]


def test_bulky_work_leaves_a_worker_to_single_answers(make):
    works, answers = Network(), Network()
    works.may_go_on.clear()
    queue = make(num_workers=2)
    queue.ask(answers, photos(0)).result(SOON)
    bulky = [queue.ask(works, photos(value), num_views=8, is_bulky=True) for value in (10, 11, 12)]
    assert works.began.acquire(timeout=SOON)
    for value in (1, 2, 3):
        queue.ask(answers, photos(value)).result(SOON)  # beside the first piece
    assert works.batches == [[10]]
    works.may_go_on.set()
    for piece in bulky:
        piece.result(SOON)
    assert works.batches == [[10], [11], [12]]


def test_bulky_work_takes_every_worker_while_nobody_asks_for_a_single_answer(make):
    works = Network()
    works.may_go_on.clear()
    queue = make(num_workers=2)
    bulky = [queue.ask(works, photos(value), num_views=8, is_bulky=True) for value in (10, 11)]
    for _ in bulky:
        assert works.began.acquire(timeout=SOON)  # both at once
    works.may_go_on.set()
    for piece in bulky:
        piece.result(SOON)


def test_a_worker_comes_back_to_bulky_work_once_it_is_quiet(make, monkeypatch):
    monkeypatch.setattr(request_queue, "QUIET_SECONDS", 0.2)
    began, may_end = threading.Semaphore(0), threading.Semaphore(0)

    def work(values):
        began.release()
        assert may_end.acquire(timeout=SOON)
        return (values,)

    queue = make(num_workers=2)
    queue.ask(Network(), photos(0)).result(SOON)
    bulky = [queue.ask(work, photos(value), num_views=8, is_bulky=True) for value in range(4)]
    assert began.acquire(timeout=SOON)
    assert not began.acquire(timeout=0.05)  # one at a time
    time.sleep(0.2)
    may_end.release()
    for _ in range(2):  # two at once
        assert began.acquire(timeout=SOON)
    for _ in bulky:
        may_end.release()
    for piece in bulky:
        piece.result(SOON)


def test_single_answers_take_no_bulky_work_along(make, held):
    queue = make()
    hold(queue, held)
    asked = [queue.ask(held, photos(10), is_bulky=True), queue.ask(held, photos(1))]
    held.may_go_on.set()
    for future in asked:
        future.result(SOON)
    assert held.batches == [[0], [1], [10]]


def test_bulky_work_is_asked_for_in_pieces_that_a_single_answer_can_wait_for(make, held):
    queue = make(batch_views=8)
    hold(queue, held)
    with ThreadPoolExecutor(2) as visitors:
        bulky = visitors.submit(queue, held, photos(*range(10, 14)), num_views=8)
        while queue._waiting_views(is_bulky=True) < 32:
            time.sleep(0.001)
        single = visitors.submit(queue, held, photos(1), num_views=8, is_bulky=False)
        while queue._waiting_views(is_bulky=False) < 8:
            time.sleep(0.001)
        held.may_go_on.set()
        single.result(SOON)
        assert bulky.result(SOON)[0].ravel().tolist() == [20, 22, 24, 26]
    assert held.batches == [[0], [1], [10], [11], [12], [13]]


def test_pieces_are_even(make):
    network = Network()
    answers = make()(network, photos(*range(17)))[0]
    assert answers.ravel().tolist() == list(range(0, 34, 2))
    assert sorted(map(len, network.batches)) == [5, 6, 6]


def test_over_the_bound_a_request_is_told_how_long_and_what_waits_is_still_answered(make, held):
    queue = make(max_waiting_views=3)
    hold(queue, held)
    asked = [queue.ask(held, photos(value)) for value in (1, 2, 3)]
    with pytest.raises(QueueFullError, match=r"for about 1 s") as refused:
        queue.ask(held, photos(4))
    assert refused.value.seconds == pytest.approx(3 * request_queue.FIRST_GUESS)
    bulky = queue.ask(held, photos(5), is_bulky=True)  # has a bound of its own
    held.may_go_on.set()
    assert [future.result(SOON)[0].item() for future in (*asked, bulky)] == [2, 4, 6, 10]
    assert queue.ask(held, photos(4)).result(SOON)[0].item() == 8


def test_a_request_larger_than_the_bound_is_taken_where_nothing_waits(make):
    assert make(max_waiting_views=2).ask(Network(), photos(1, 2, 3)).result(SOON)[0].size == 3


def test_who_is_refused_asks_again_and_gets_the_answer(make, held):
    told = []

    def wait_for_room(seconds):
        told.append(seconds)
        held.may_go_on.set()
        waiting.result(SOON)

    queue = make(max_waiting_views=1, when_full=wait_for_room)
    hold(queue, held)
    waiting = queue.ask(held, photos(1))
    assert queue(held, photos(2), is_bulky=False)[0].item() == 4
    assert told == [pytest.approx(request_queue.FIRST_GUESS)]


def test_the_time_told_follows_the_pace(make):
    queue = make()

    def slow(values):
        time.sleep(0.05)
        return (values,)

    for _ in range(30):
        queue(slow, photos(1))
    assert 0.04 < queue._seconds_per_view < 1  # a busy machine sleeps longer


def test_what_its_asker_has_left_is_not_computed(make, held):
    class LeftError(BaseException):
        """As Streamlit raises it."""

    def leave():
        raise LeftError

    queue = make(while_waiting=leave)
    first = hold(queue, held)
    stays = queue.ask(held, photos(1))
    with pytest.raises(LeftError):
        queue(held, photos(2, 3))
    assert queue._waiting_views(is_bulky=True) == 0
    held.may_go_on.set()
    stays.result(SOON)
    first.result(SOON)
    queue.close()
    assert held.batches == [[0], [1]]


def test_closing_ends_the_threads_and_who_waits_is_told(make, held):
    before = threading.active_count()
    queue = make(num_workers=2)
    hold(queue, held)
    hold(queue, held)
    with ThreadPoolExecutor(1) as visitor:
        waits = visitor.submit(queue, held, photos(1))
        while not queue._waiting_views(is_bulky=True):
            time.sleep(0.001)
        threading.Timer(0.05, held.may_go_on.set).start()
        queue.close()
        with pytest.raises(CancelledError):
            waits.result(SOON)
    assert threading.active_count() <= before + 1  # the timer's, which ends by itself
    assert held.batches == [[0], [0]]
    with pytest.raises(RuntimeError, match="The queue is closed"):
        queue.ask(held, photos(1))


def test_a_network_that_is_let_go_is_not_kept(make):
    queue, network = make(num_workers=2), Network()
    seen = weakref.ref(network)
    values = photos(1, 2)
    photo = weakref.ref(values)
    queue(network, values)
    threads = threading.active_count()
    del network, values
    queue(Network(), photos(3))  # the worker has something else to do
    gc.collect()
    assert seen() is None
    assert photo() is None
    assert threading.active_count() <= threads + 1  # two workers, however many networks


def test_a_result_that_cannot_be_shared_out_reaches_its_asker_and_holds_nobody_up(make):
    queue = make()
    with pytest.raises(IndexError):
        queue(lambda values: (np.float32(1),), photos(1))
    assert queue._num_bulky_now == 0
    (same,) = queue(lambda values: (values,), photos(1))
    assert (same == photos(1)).all()
