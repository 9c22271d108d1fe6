"""`python -m tests.page_costs`: CPU seconds of the server for each page run of a visit.

One visitor at a time, over Streamlit's own protocol, without a browser; what the server does for
the visitor afterwards counts, too. The visit and what it cost: docs/performance.md. Linux only.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.browser.server import server_process
from tests.load.visitor import Visitor
from tests.toys import encoded
from train.data import rendered

RUN = "lentigo_second"
AFTERWARDS = 0.2  # seconds in which the server ends what it began for a page run
VIEWS = (
    ("training", "Thresholds"),
    ("training", "Results"),
    ("training", "Calibration"),
    ("training", "Learning curves"),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5, help="after the first two")
    costs = measured(parser.parse_args().visits)
    table = Table("page run", "CPU ms", title="Median CPU time of the server")
    for name, seconds in costs.items():
        table.add_row(name, f"{1000 * seconds:.0f}")
    table.add_row("mean", f"{1000 * statistics.mean(costs.values()):.0f}")
    Console().print(table)


def measured(num_visits):
    """Median CPU seconds of each page run of a visit.

    Args:
        num_visits: that count. Two come before: the first has the network loaded and everything
            computed that is the same for all.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        server_process(Path(folder) / "server.log") as (address, process),
    ):
        visits = [
            asyncio.run(_visit(address, process.pid, number)) for number in range(2 + num_visits)
        ][2:]
    return {name: statistics.median(visit[name] for visit in visits) for name in visits[0]}


async def _visit(address, pid, number):
    costs = {}

    async def run(name, doing):
        before = _cpu_seconds(pid)
        step = await doing
        if step.error:
            raise RuntimeError(f"{name}: {step.error}")
        await asyncio.sleep(AFTERWARDS)
        costs[name] = _cpu_seconds(pid) - before

    async with Visitor(address) as visitor:
        await run("Classify, opened", visitor.open("classify", f"run={RUN}"))
        await run("a photo of one's own", visitor.upload(f"{number}.jpg", _photo(number)))
        maps = next(box for box in visitor.page.of("selectbox") if box.label == "Heat map of")
        await run("another heat map", visitor.choose("Heat map of", maps.options[1]))
        await run("Explain", visitor.go("explain"))
        for page in ("classify", "explain", "training", "compare", "learn", "about"):
            await run(f"{page.capitalize()}, by the navigation", visitor.go(page))
    async with Visitor(address) as visitor:
        await run("a drawing, by its address", visitor.open("classify", f"run={RUN}&sample=even"))
    for page, view in VIEWS:
        async with Visitor(address) as visitor:
            link = f"run={RUN}&view={view.replace(' ', '+')}"
            await run(f"{page.capitalize()}, {view}", visitor.open(page, link))
    return costs


def _photo(number):
    pattern = rendered.PATTERNS[number % len(rendered.PATTERNS)]
    return encoded(rendered.render(pattern, number, 450, 600).photo, "JPEG", quality=90)


def _cpu_seconds(pid):
    """Processor time that a process has taken, from its clock (clock_getcpuclockid, Linux)."""
    return time.clock_gettime((~pid << 3) | 2)


if __name__ == "__main__":
    main()
