"""`make bench`: how long things take, measured side by side; written to build/bench.json.

Run it on a quiet machine. Each figure is the median of its repetitions in one process; ratios
compare figures of the same process, because machines differ and are noisy.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from model import run as runs
from model.photo import decode
from model.quiet import load_tensorflow
from tests.browser.server import ARGUMENTS, executable, serving, wait_until_it_answers
from tests.conftest import ROOT
from tests.toys import encoded
from train import rendered

REPETITIONS = 40
CANDIDATES = ("lentigo", "ham7_cnn", "demo")


def main():
    found = first_page()
    load_tensorflow()
    name = next(one for one in CANDIDATES if (ROOT / "assets" / "runs" / one).is_dir())
    found |= analysis(runs.find(name))
    table = Table("figure", "value", title=f"Run: {name}, {os.cpu_count()} cores")
    for key, value in found.items():
        table.add_row(key, f"{value:.3g}")
    Console().print(table)
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(found, indent=1) + "\n")


def analysis(run):
    """Photo bytes to probabilities, map and encoded overlay, beside the bare forward pass."""
    from model.classifier import Classifier
    from model.heatmap import Explainer
    from model.overlay import overlay, png

    classifier = Classifier(run)
    explainer = Explainer(classifier)
    data = encoded(rendered.render("ragged", 1, 450, 600).photo, "JPEG", quality=90)

    def analyze():
        photo = decode(data)
        (answer,) = classifier.predict([photo])
        heatmap = explainer.heatmap(photo, answer.diagnosis)
        return png(overlay(photo, heatmap.values))

    batch = classifier.prepare(decode(data))[None]
    forward_ms = milliseconds(lambda: classifier.network(batch))
    analyze_ms = milliseconds(analyze)
    return {
        "forward_ms": forward_ms,
        "analyze_ms": analyze_ms,
        "analyze_over_forward": analyze_ms / forward_ms,
        "decode_ms": milliseconds(lambda: decode(data)),
        "heatmap_ms": milliseconds(lambda: explainer.heatmap(decode(data), run.diagnoses[0])),
    }


def milliseconds(work):
    """Median wall time of one call, after three to warm up."""
    for _ in range(3):
        work()
    times = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def first_page():
    """Seconds from starting the server to the first answer, and to a page drawn in Chromium."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable(playwright), args=ARGUMENTS)
        page = browser.new_page()
        started = time.perf_counter()
        with serving(Path(folder) / "server.log") as address:
            wait_until_it_answers(f"{address}/about")
            answered = time.perf_counter() - started
            page.goto(f"{address}/about")
            page.get_by_role("heading", name="About", level=1).wait_for(timeout=60_000)
            drawn = time.perf_counter() - started
            started = time.perf_counter()
            page.goto(f"{address}/training")
            page.get_by_role("heading", name="Training", level=1).wait_for(timeout=60_000)
            warm = time.perf_counter() - started
        browser.close()
    return {
        "first_page_seconds": answered,
        "first_page_drawn_seconds": drawn,
        "warm_page_drawn_seconds": warm,
    }


if __name__ == "__main__":
    main()
