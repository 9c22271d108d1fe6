"""`make faults`: what happens when something breaks, or when somebody behaves badly.

A small form of each fault that costs little stands in `test_visitor.py` and beside the code.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack, suppress

import numpy as np
import pytest

from tests import toys
from tests.browser.server import server_process
from tests.conftest import ROOT
from tests.load.__main__ import photo_of, wrong_answer
from tests.load.processes import PROC, taken
from tests.load.visitor import VisitError, Visitor
from tests.load.visits import PATIENCE, colours, slow_visit, visit_with_colour
from tests.small_disk import on_small_disk

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
RUN = "lentigo_second"
needs_proc = pytest.mark.skipif(not PROC.is_dir(), reason="reads /proc, which Linux has")


def files_below(*folders):
    """All files, but for the source of what TensorFlow traces, which it deletes when it ends."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return sorted(
        str(path) for path in files if not path.name.startswith("__autograph_generated_file")
    )


async def begun(visitor):
    """Return when the server has begun to draw the whole page."""
    before = visitor.page.run
    while visitor.page.run == before or visitor.page.fragments:
        await asyncio.sleep(0.001)


def test_a_server_killed_in_mid_answer_leaves_nothing_and_the_next_one_answers(tmp_path):
    scratch, runs = tmp_path / "scratch", tmp_path / "runs"
    scratch.mkdir()
    toys.write(runs, has_novelty=False)
    before = files_below(scratch, runs)
    places = {"LENTIGO_RUNS": str(runs), "TMPDIR": str(scratch)}

    async def interrupted(address, process):
        async with Visitor(address, patience=PATIENCE) as visitor:
            await visitor.open("classify", "run=toy")
            asked = asyncio.create_task(visitor.click("Ragged"))
            await begun(visitor)
            process.send_signal(signal.SIGKILL)
            started = time.monotonic()
            with pytest.raises(VisitError, match="closed"):
                await asked
            assert time.monotonic() - started < 5

    with server_process(tmp_path / "first.log", **places) as (address, process):
        asyncio.run(interrupted(address, process))
    assert files_below(scratch, runs) == before
    with server_process(tmp_path / "second.log", **places) as (address, _):
        asyncio.run(visit_with_colour(address, colours(1)[0]))
    assert files_below(scratch, runs) == before


def test_a_run_that_is_swapped_under_load_gives_the_old_or_the_new_answer(tmp_path):
    """The real writer replaces a run again and again while eight visitors look at it."""
    runs = tmp_path / "runs"
    titles = {f"Toy {word}" for word in ("first", "second")}
    for title in sorted(titles):
        toys.write(runs, title=title, has_novelty=False)
    code = (
        "import sys, time; from tests import toys\n"
        "until = time.monotonic() + 20\n"
        "number = 0\n"
        "while time.monotonic() < until:\n"
        "    number += 1\n"
        "    toys.write(sys.argv[1], title='Toy ' + ('first', 'second')[number % 2],\n"
        "               rows=toys.predictions(seed=number % 2), has_novelty=False)\n"
        "    time.sleep(0.3)\n"
        "print(number)\n"
    )

    async def look(address, number):
        errors = []
        async with Visitor(address, patience=PATIENCE) as visitor:
            await visitor.open("classify", "run=toy")
            await visitor.upload(f"{number}.png", toys.encoded(toys.flat((250, number, 0))))
            while swapping.poll() is None:
                for page in ("training", "about", "compare", "explain", "classify"):
                    step = await visitor.go(page)
                    text = " ".join([*visitor.page.texts, str(visitor.page.elements)])
                    if step.error:
                        errors.append(f"{page}: {step.error}")
                    if page == "classify" and wrong_answer(visitor.page):
                        errors.append(wrong_answer(visitor.page))
                    elif page == "about" and not any(title in text for title in titles):
                        errors.append("about shows neither run")
        return errors

    async def all_of_them(address):
        return await asyncio.gather(*(look(address, number) for number in range(8)))

    with server_process(tmp_path / "log", LENTIGO_RUNS=str(runs)) as (address, _):
        asyncio.run(visit_with_colour(address, (255, 0, 0)))
        swapping = subprocess.Popen(
            [sys.executable, "-c", code, str(runs)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        errors = asyncio.run(all_of_them(address))
        assert int(swapping.communicate(timeout=60)[0]) > 5
    assert [error for of_one in errors for error in of_one] == []
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_corrupt_upload_among_fifty_is_refused_and_the_others_are_answered(tmp_path):
    toys.write(tmp_path / "runs", has_novelty=False)

    async def corrupt(address):
        async with Visitor(address, patience=PATIENCE) as visitor:
            await visitor.open("classify", "run=toy")
            step = await visitor.upload("photo.jpg", photo_of(3)[:5000])
            assert "damaged or cut short" in step.error
            assert not visitor.page.answer
            step = await visitor.upload("photo.jpg", photo_of(3))  # and the visitor can go on
            assert not step.error
            assert visitor.page.answer

    async def fifty(address):
        others = (visit_with_colour(address, colour) for colour in colours(49))
        await asyncio.gather(corrupt(address), *others)

    with server_process(tmp_path / "log", LENTIGO_RUNS=str(tmp_path / "runs")) as (address, _):
        asyncio.run(fifty(address))


def test_slow_clients_hold_nobody_up(tmp_path):
    """Ten clients read nothing for eight seconds while one of the others looks around."""
    toys.write(tmp_path / "runs", has_novelty=False)

    async def look(address):
        alone = await visit_with_colour(address, (255, 0, 0))
        slow = [asyncio.create_task(slow_visit(address, 8)) for _ in range(10)]
        await asyncio.sleep(1)
        beside = await visit_with_colour(address, (0, 0, 255))
        assert not any(task.done() for task in slow)
        for task in slow:
            assert await task  # who reads again gets the page
        return max(alone), max(beside)

    with server_process(tmp_path / "log", LENTIGO_RUNS=str(tmp_path / "runs")) as (address, _):
        asyncio.run(visit_with_colour(address, (0, 255, 0)))
        _, beside = asyncio.run(look(address))
    assert beside < 8


def test_no_upload_is_lost_while_the_network_is_loading(tmp_path):
    """Twelve visitors of a server that nobody has visited yet, each at another moment; an answer
    that is there stays there while the status line of the loading reruns itself."""

    async def early(address, number):
        async with Visitor(address, patience=PATIENCE) as visitor:
            await visitor.open("classify", f"run={RUN}")
            await asyncio.sleep(0.8 * number)
            await visitor.upload(f"{number}.jpg", photo_of(number))
            at_first = wrong_answer(visitor.page)
            await asyncio.sleep(5)
            later = wrong_answer(visitor.page)
            await visitor.go("explain")
            await visitor.go("classify")
            return at_first, later, wrong_answer(visitor.page)

    async def twelve(address):
        return await asyncio.gather(*(early(address, number) for number in range(12)))

    with server_process(tmp_path / "log") as (address, _):
        said = asyncio.run(twelve(address))
    assert said == 12 * [("", "", "")]


@needs_proc
def test_the_work_of_a_closed_tab_stops(tmp_path):
    """Thirty changes and a covering test take many seconds of processor time; a visitor who leaves
    in the middle of them must not keep it busy."""

    async def leave(address, process, seconds):
        async with Visitor(address, patience=PATIENCE) as visitor:
            await visitor.open("classify", f"run={RUN}")
            await visitor.upload("photo.jpg", photo_of(1))
            asked = asyncio.create_task(visitor.click("Stress-test this photo"))
            before = taken(process.pid).cpu_seconds
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(asked), seconds)
            is_over = asked.done()
            spent = taken(process.pid).cpu_seconds - before
            asked.cancel()
            with suppress(asyncio.CancelledError):
                await asked
        return is_over, spent

    with server_process(tmp_path / "log") as (address, process):
        is_over, whole = asyncio.run(leave(address, process, 60))
        assert is_over
        is_over, _ = asyncio.run(leave(address, process, 0.4))
        assert not is_over
        before = taken(process.pid).cpu_seconds
        time.sleep(10)
        after = taken(process.pid).cpu_seconds - before
    print(f"whole: {whole:.1f} s; after the tab was closed: {after:.1f} s")
    assert after < whole / 2


@needs_proc
def test_two_hundred_sessions_give_their_memory_back(tmp_path):
    """Each comes with a file of eight megabytes and leaves; what is taken in the end is that of
    the few who left within the last minutes, and it goes when they are forgotten."""
    toys.write(tmp_path / "runs", has_novelty=False)
    photos = [
        toys.encoded(toys.flat((200, number, 50), 2000, 2000), "JPEG") + bytes(8 * 2**20)
        for number in range(10)
    ]

    async def come_and_go(address, number):
        async with Visitor(address, patience=PATIENCE) as visitor:
            await visitor.open("classify", "run=toy")
            step = await visitor.upload("photo.jpg", photos[number % len(photos)])
            assert not step.error
            assert visitor.page.answer

    async def ten(address, first):
        await asyncio.gather(*(come_and_go(address, first + number) for number in range(10)))

    with server_process(tmp_path / "log", LENTIGO_RUNS=str(tmp_path / "runs")) as (address, server):
        asyncio.run(ten(address, 0))
        before = taken(server.pid).megabytes
        for first in range(0, 200, 10):
            asyncio.run(ten(address, first))
        during = taken(server.pid).megabytes
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and taken(server.pid).megabytes > before:
            time.sleep(5)
        after = taken(server.pid).megabytes
    print(f"before {before:.0f} MB, after 200 sessions {during:.0f} MB, later {after:.0f} MB")
    assert during > before + 500, "the files are not what takes the memory"
    assert after - before < (during - before) / 5


@needs_proc
def test_fifty_photos_take_little_more_than_their_files(tmp_path):
    """Of four megapixels each, which are 12 MB decoded; their visitors stay."""
    toys.write(tmp_path / "runs", has_novelty=False)
    noise = np.random.default_rng(0).normal(0, 4, (1728, 2304, 3))

    def photo(colour):
        pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
        return toys.encoded(pixels, "JPEG", quality=90)

    async def come(address, colour, staying):
        visitor = await staying.enter_async_context(Visitor(address, patience=PATIENCE))
        await visitor.open("classify", "run=toy")
        steps = [await visitor.upload("photo.jpg", photo(colour))]
        steps += [await visitor.go(page) for page in ("explain", "classify")]
        assert [step.error for step in steps] == 3 * [""]

    async def fifty(address, server):
        first, *others = [colours(55)[start : start + 5] for start in range(0, 55, 5)]
        async with AsyncExitStack() as staying:
            await asyncio.gather(*(come(address, colour, staying) for colour in first))
            before = taken(server.pid).megabytes
            for five in others:
                await asyncio.gather(*(come(address, colour, staying) for colour in five))
            return (taken(server.pid).megabytes - before) / 50

    with server_process(tmp_path / "log", LENTIGO_RUNS=str(tmp_path / "runs")) as running:
        megabytes = asyncio.run(fifty(*running))
    size = len(photo((250, 0, 0))) / 1e6
    print(f"{megabytes:.2f} MB for each session with a file of {size:.2f} MB")
    assert megabytes < size + 3


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a file system of its own")
@pytest.mark.parametrize("kilobytes", [60, 700])
def test_a_disk_that_is_full_stops_a_training_with_one_sentence(tmp_path, kilobytes):
    """A training onto a disk of so few kilobytes; what `model.run.writer` does to an older run on
    such a disk: `tests/model/run/test_full_disk.py`."""
    done, out = on_small_disk(
        tmp_path, kilobytes, "-m train run demo --quick --out {disk}/runs", seconds=400
    )
    assert done.returncode == 2, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("The disk is full.")
    assert not (out / "runs" / "demo").exists()
