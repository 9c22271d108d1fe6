"""`make load`: many visitors at once, over Streamlit's own protocol; written to build/load.json.

Run it on a quiet machine. Visitors and server share its cores. What a visitor does, what the
figures mean and what they were: docs/load.md.
"""

import argparse
import asyncio
import itertools
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from model.lesions import KNOWN
from tests.browser.server import free_port, server_process, wait_until_it_answers
from tests.conftest import ROOT
from tests.load.processes import taken
from tests.load.visitor import Step, VisitError, Visitor
from tests.toys import encoded
from train.data import rendered

RUN = "lentigo_second"
PAGES = ("explain", "training", "compare", "learn", "about", "classify")
DRAWINGS = ("Ragged", "Even", "Dotted")
SHORTEST, LONGEST = 1.0, 4.0  # seconds that a visitor looks at a page
NAMES = [diagnosis.in_text for diagnosis in KNOWN.values()]
COLUMNS = {
    "visitors": "Visitors",
    "servers": "Servers",
    "page_runs": "Page runs",
    "page_runs_per_second": "a second",
    "p50": "p50 (s)",
    "p95": "p95 (s)",
    "failures": "Failures",
    "cpu_seconds_per_page_run": "CPU a page run (s)",
    "peak_megabytes": "Peak (MB)",
    "final_megabytes": "At the end (MB)",
}


def main():
    arguments = _arguments()
    with _server(arguments) as (address, pid):
        warm_up = asyncio.run(_warm_up(address, arguments.workers))
        print(f"Every page was seen once after {warm_up:.0f} s.", flush=True)
        print(_row(COLUMNS.values()), _row("-" * len(COLUMNS)), sep="\n", flush=True)
        results = []
        for number in arguments.visitors:
            figures = {"servers": arguments.workers, "warm_up_seconds": warm_up}
            figures |= measure(address, pid, number, arguments.seconds, arguments.seed)
            results.append(figures)
            print(_row(_shown(figures[key]) for key in COLUMNS), flush=True)
            for reason in figures["reasons"]:
                print(f"Failed: {reason}", flush=True)
    target = ROOT / "build" / "load.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")


def measure(address, pid, num_visitors, seconds, seed):
    """Figures of many visitors who come within the first seconds and stay.

    Args:
        pid: number of the server's process; None: its memory and time are not read.
        seconds: how long they stay.
    """
    before, own_before = pid and taken(pid), _own_cpu()
    started = time.perf_counter()
    visits = asyncio.run(_visits(address, num_visitors, seconds, seed))
    elapsed = time.perf_counter() - started
    after = pid and taken(pid)
    steps = [step for visit in visits for step in visit]
    drawn = [step.seconds for step in steps if not step.error]
    reasons = [f"{step.name}: {step.error}" for step in steps if step.error]
    by_step = {}
    for step in steps:
        by_step.setdefault(step.name, []).append(step.seconds)
    cpu = after.cpu_seconds - before.cpu_seconds if after and before else None
    return {
        "visitors": num_visitors,
        "seconds": elapsed,
        "page_runs": len(drawn),
        "page_runs_per_second": len(drawn) / elapsed,
        "p50": quantile(drawn, 0.5),
        "p95": quantile(drawn, 0.95),
        "slowest": max(drawn, default=None),
        "failures": len(reasons),
        "reasons": reasons[:20],
        "cpu_seconds_per_page_run": cpu / len(drawn) if cpu and drawn else None,
        "cores_of_server": cpu / elapsed if cpu else None,
        "cores_of_visitors": (_own_cpu() - own_before) / elapsed,
        "peak_megabytes": after.peak_megabytes if after else None,
        "final_megabytes": after.megabytes if after else None,
        "by_step": {
            name: {"n": len(times), "p50": quantile(times, 0.5), "p95": quantile(times, 0.95)}
            for name, times in sorted(by_step.items())
        },
        "cores": os.cpu_count(),
    }


def quantile(values, share):
    """The smallest value that this share of all values does not exceed; None without values."""
    if not values:
        return None
    return sorted(values)[math.ceil(len(values) * share) - 1]


async def visit(address, steps, until, seed, photo):
    """One visitor: opens Classify, gives a photo, reads, and goes from page to page.

    Args:
        steps: list that what the visitor did is added to.
        until: end of the visit, of `time.perf_counter`.
        photo: bytes of a photo to upload; None: the visitor clicks a drawing.
    """
    chance = random.Random(seed)
    pages = itertools.cycle(chance.sample(PAGES, len(PAGES)))

    async def look():
        left = until - time.perf_counter()
        await asyncio.sleep(max(0, min(left, chance.uniform(SHORTEST, LONGEST))))
        return time.perf_counter() < until

    async with Visitor(address) as visitor:

        def check(step, page, is_answered):
            if not step.error and visitor.page.title != page.capitalize():
                step.error = f"the page is {visitor.page.title}"
            elif not step.error and is_answered:
                step.error = wrong_answer(visitor.page)
            steps.append(step)

        doing = "open classify"
        try:
            check(await visitor.open("classify", f"run={RUN}"), "classify", False)
            if not await look():
                return
            if photo is None:
                doing = "click a drawing"
                step = await visitor.click(chance.choice(DRAWINGS))
            else:
                doing = "upload"
                step = await visitor.upload(f"photo_{seed}.jpg", photo)
            step.name = doing
            check(step, "classify", True)
            answer = visitor.page.answer
            here = "classify"
            while await look():
                here, was = next(pages), here
                if here == was:
                    here = next(pages)
                doing = f"go to {here}"
                step = await visitor.go(here)
                check(step, here, here == "classify")
                if here == "classify" and not step.error and visitor.page.answer != answer:
                    step.error = f"the answer was {answer} and is {visitor.page.answer}"
        except (VisitError, OSError) as error:
            steps.append(Step(doing, 0.0, str(error) or repr(error)))


def wrong_answer(page):
    """What is missing in an answer to a photo, or nothing."""
    if not page.answer:
        return "there is no answer"
    text = " ".join(page.texts).lower()
    if "not a diagnosis." not in text or not any(name.lower() in text for name in NAMES):
        return "the answer names no diagnosis"
    return ""


def photo_of(seed):
    """The bytes of a photo that no other seed has, as a phone would send it: a drawing."""
    pattern = rendered.PATTERNS[seed % len(rendered.PATTERNS)]
    return encoded(rendered.render(pattern, seed, 450, 600).photo, "JPEG", quality=90)


async def _visits(address, num_visitors, seconds, seed):
    """All visitors at once; every other one uploads a photo."""
    until = time.perf_counter() + seconds
    visits = [[] for _ in range(num_visitors)]
    chance = random.Random(seed)

    async def come(number):
        own = seed + number
        photo = photo_of(own) if number % 2 else None
        await asyncio.sleep(chance.uniform(0, LONGEST))
        await visit(address, visits[number], until, own, photo)

    await asyncio.gather(*(come(number) for number in range(num_visitors)))
    return visits


async def _warm_up(address, workers):
    """Load the network and show every page once, on each server; returns the seconds it took.

    Raises:
        VisitError: a page is not in order.
    """

    async def see_everything():
        async with Visitor(address) as visitor:
            steps = [await visitor.open("classify", f"run={RUN}")]
            steps.append(await visitor.upload("first.jpg", photo_of(0)))
            steps += [await visitor.go(page) for page in PAGES]
            for step in steps:
                if step.error:
                    raise VisitError(f"{step.name}: {step.error}")

    started = time.perf_counter()
    await asyncio.gather(*(see_everything() for _ in range(workers)))  # the proxy spreads them
    return time.perf_counter() - started


@contextmanager
def _server(arguments):
    """The address of a server and the number of its process; of the one at URL where given, of
    several behind one address where there are to be several."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        if arguments.url:
            yield arguments.url, arguments.pid
        elif arguments.workers == 1:
            with server_process(log) as (address, process):
                yield address, process.pid
        else:
            with _several(log, arguments.workers) as running:
                yield running


@contextmanager
def _several(log_path, workers):
    """As `make serve` does it."""
    port = free_port()
    command = ["-m", "deploy", "--workers", str(workers), "--port", str(port)]
    with open(log_path, "w") as log:
        servers = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_until_it_answers(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}", servers.pid
        finally:
            servers.terminate()
            servers.wait()


def _own_cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _row(cells):
    return f"| {' | '.join(map(str, cells))} |"


def _shown(value):
    return "" if value is None else value if isinstance(value, int) else f"{value:.3g}"


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="+", default=[25], help="at once")
    parser.add_argument("--seconds", type=float, default=60, help="that they stay")
    parser.add_argument("--workers", type=int, default=1, help="servers behind the address")
    parser.add_argument("--url", help="of a server that runs already")
    parser.add_argument("--pid", type=int, help="of its process, to read memory and time of")
    parser.add_argument("--seed", type=int, default=1, help="of what the visitors do")
    return parser.parse_args()


if __name__ == "__main__":
    main()
