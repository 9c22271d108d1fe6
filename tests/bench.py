"""`make bench`: how long things take, measured side by side; written to build/bench.json.

`python -m tests.bench queue` measures only what many get who ask the network at once.

Run it on a quiet machine. Each figure is the median of its repetitions; ratios compare figures that
were measured by turns, because machines differ and are noisy.
"""

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from model import run as runs
from model.network.tensorflow_startup import load_tensorflow, use_one_thread_per_operation
from model.photo.decode import decode
from model.prediction.stress_test import stress_test
from tests import page_costs
from tests.browser.server import ARGUMENTS, executable, serving, wait_until_it_answers
from tests.conftest import ROOT
from tests.toys import encoded
from train.data import rendered

REPETITIONS = 40
VISITS = 7
AT_ONCE = 8  # visitors who ask the network
ROUNDS = 7  # of each of them for twelve answers
ANSWERS = 60  # of one visitor while another's stress test runs
# The diagnosis stands there, and the picture with the map of another photo than before is drawn.
DRAWN = """before => {
    const within = [...document.querySelectorAll('*')].map(element => element.shadowRoot)
        .filter(root => root).map(root => root.querySelector('img[alt*="heat map of"]'));
    const map = within.find(found => found);
    return map && map.src !== before && map.getAttribute("src") !== before && map.complete
        && map.naturalWidth > 0 && document.querySelector("h2");
}"""
RUN = "lentigo_second"
WAYS = ("before", "threads", "queue")  # how many who ask at once are answered


def main():
    only_queue = "queue" in sys.argv[1:]
    figures = {} if only_queue else page_run() | first_page()
    load_tensorflow()
    if not only_queue:
        figures |= analysis(runs.find(RUN)) | bulk()
    figures |= many_at_once()
    table = Table("figure", "value", title=f"Run: {RUN}, {os.cpu_count()} cores")
    for key, value in figures.items():
        table.add_row(key, f"{value:.3g}")
    Console().print(table)
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(figures, indent=1) + "\n")


def page_run():
    """Milliseconds of the server's CPU for a page run of a visit."""
    costs = page_costs.measured(num_visits=3)
    return {"cpu_ms_per_page_run": 1000 * statistics.mean(costs.values())}


def analysis(run):
    """From the bytes of a photo to probabilities, maps and an encoded overlay, beside the bare
    forward pass of the same network and beside tf-keras-vis."""
    from model.heatmaps.explainer import Explainer
    from model.heatmaps.overlay import overlay
    from model.heatmaps.tf_keras_vis import TfKerasVis
    from model.network.compiled import CompiledNetwork
    from model.prediction.classifier import Classifier, feature_network
    from model.prediction.neighbours import Neighbours

    classifier = Classifier(run)
    keras_network, layer = classifier.network.network, run.card["heatmap_layer"]
    features = classifier.novelty.layers if classifier.novelty else None
    shown = classifier.network.num_views
    once, eight = (
        CompiledNetwork(keras_network, layer, classifier.value_range, views, features)
        for views in (1, 8)
    )
    explainer, reference = Explainer(classifier), TfKerasVis(classifier)
    data = encoded(rendered.render("ragged", 1, 450, 600).photo, "JPEG", quality=90)
    batch = classifier.prepare(decode(data))[None]

    def analyze(network):
        classifier.network = network
        photo = decode(data)
        answer, maps = classifier.analyze(photo)
        heat_map = explainer.heatmap_of(maps[answer.diagnosis], answer.diagnosis)
        return jpeg(overlay(photo, heat_map.values))

    def by_tf_keras_vis():
        photo = decode(data)
        ready = classifier.prepare(photo)[None].astype("float32")
        answer = keras_network.predict(ready, verbose=0)[0]
        maps = [reference(photo, number) for number in range(len(run.diagnoses))]
        best = maps[int(answer.argmax())]
        return jpeg(overlay(photo, best / max(best.max(), 1e-9)))

    forward_ms = milliseconds(lambda: once(batch))
    analyze_ms = milliseconds(lambda: analyze(once))
    eight_ms = milliseconds(lambda: eight.with_heatmaps(batch))
    theirs_ms = milliseconds(by_tf_keras_vis, repetitions=3)
    found = Neighbours.from_arrays(run.neighbour_arrays)
    compared = feature_network(classifier)
    point = found.projected(compared(batch).features)[0]
    figures = {
        "forward_ms": forward_ms,
        "analyze_ms": analyze_ms,
        "analyze_over_forward": analyze_ms / forward_ms,
        "views8_ms": eight_ms,
        "views8_over_forward": eight_ms / forward_ms,
        "shown_views": shown,
        "shown_ms": milliseconds(lambda: analyze(once if shown == 1 else eight)),
        "speedup_over_tf_keras_vis": theirs_ms / analyze_ms,
        "decode_ms": milliseconds(lambda: decode(data)),
        "nearest_ms": milliseconds(lambda: found.nearest(point)),
        "similar_ms": milliseconds(
            lambda: found.similar(compared(batch).features[0], run.diagnoses, 6)
        ),
    }
    before = peak_megabytes()
    for _ in range(1000):
        once.with_heatmaps(batch)
    return figures | {
        "growth_mb_1000_maps": peak_megabytes() - before,
        "tracings": once._forward_with_heatmaps.experimental_get_tracing_count(),
    }


def many_at_once():
    """Eight visitors who ask about different photos at once: each thread for itself, as before
    there was a queue and with every layer by itself, beside the queue. And one visitor's answers
    while another's stress test runs.

    Each way has a process of its own, because the threads of TensorFlow belong to the process.
    """
    processes = {
        way: ProcessPoolExecutor(1, get_context("spawn"), initializer=prepare, initargs=(way,))
        for way in WAYS
    }
    rates = {way: [] for way in WAYS}
    alone, beside = ({way: [] for way in WAYS} for _ in range(2))
    for round_number in range(ROUNDS + 1):  # the first one traces the graphs
        for way, process in processes.items():
            rate, calm, busy = process.submit(one_round).result()
            if round_number:
                rates[way].append(rate)
                alone[way] += calm
                beside[way] += busy
    for process in processes.values():
        process.shutdown()
    ratios = np.array(rates["queue"]) / np.array(rates["before"])
    return {
        **{f"answers_per_second_{way}": statistics.median(rates[way]) for way in WAYS},
        "answers_queue_over_before": float(np.median(ratios)),
        **{f"answer_alone_p50_ms_{way}": float(np.median(alone[way])) for way in WAYS},
        **{
            f"answer_beside_stress_test_p{share}_ms_{way}": float(np.percentile(beside[way], share))
            for share in (50, 95)
            for way in WAYS
        },
    }


def prepare(way):
    """A process that answers in one of `WAYS`: its classifier, and photos to ask it about."""
    global asked
    from model.network.compiled import CompiledNetwork
    from model.network.request_queue import RequestQueue
    from model.prediction.classifier import Classifier

    if way == "queue":
        use_one_thread_per_operation()
    load_tensorflow()
    run = runs.find(RUN)
    classifier = Classifier(run)
    if way == "before":
        classifier.network = CompiledNetwork(
            classifier.network.network,
            run.card["heatmap_layer"],
            classifier.value_range,
            run.num_views,
            classifier.novelty.layers if classifier.novelty else None,
        )
    if way == "queue":
        classifier.network.runner = RequestQueue()
    draw = np.random.default_rng(0)
    asked = classifier, draw.integers(0, 256, (12 * AT_ONCE, 450, 600, 3), dtype=np.uint8)


def one_round():
    """(answers a second of eight visitors, milliseconds of one visitor's answers alone, and beside
    another's stress test) of this process."""
    classifier, photos = asked
    rate = answers_per_second(classifier, photos)
    calm = answer_milliseconds(classifier, photos, ANSWERS // ROUNDS)
    with stress_tests(classifier, photos[0]):
        busy = answer_milliseconds(classifier, photos, ANSWERS // ROUNDS)
    return rate, calm, busy


def answers_per_second(classifier, photos):
    """Of `AT_ONCE` visitors, each of whom asks for the next answer once there is one."""
    with ThreadPoolExecutor(AT_ONCE) as visitors:
        started = time.perf_counter()
        list(visitors.map(classifier.analyze, photos))
        return len(photos) / (time.perf_counter() - started)


def answer_milliseconds(classifier, photos, number):
    """How long each answer of one visitor takes, who looks at it for a moment."""
    times = []
    for photo in photos[:number]:
        started = time.perf_counter()
        classifier.analyze(photo)
        times.append(1000 * (time.perf_counter() - started))
        time.sleep(0.02)
    return times


@contextmanager
def stress_tests(classifier, photo):
    """Another visitor's stress test, again and again."""
    over = threading.Event()

    def go_on(*_):
        if over.is_set():
            raise StopIteration

    def test():
        with suppress(StopIteration):
            while True:
                stress_test(classifier, photo, watch=go_on)

    visitor = threading.Thread(target=test)
    visitor.start()
    try:
        yield
    finally:
        over.set()
        visitor.join()


def bulk():
    """Photos a second of `python -m model predict`: what more photos take longer, so that its start
    does not count."""
    few, many = 8, 136
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder)
        for number in range(many):
            drawn = rendered.render("ragged", number, 224, 224).photo
            (photos / f"{number:03}.jpg").write_bytes(encoded(drawn, "JPEG", quality=90))
        names = sorted(photos.iterdir())
        seconds = []
        for given in (names[:few], names):
            started = time.perf_counter()
            command = [sys.executable, "-m", "model", "predict", *given, "--run", RUN]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - started)
    return {
        "bulk_start_seconds": seconds[0],
        "bulk_photos_s": (many - few) / (seconds[1] - seconds[0]),
    }


def jpeg(picture):
    """A picture as the bytes of a JPEG, which is what the app's pages serve."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG")
    return buffer.getvalue()


def peak_megabytes():
    """Most memory this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def milliseconds(work, repetitions=REPETITIONS):
    """Median wall time of one call, after three to warm up."""
    for _ in range(3):
        work()
    times = []
    for _ in range(repetitions):
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
            results = [results_of_a_visit(browser, address) for _ in range(VISITS)]
        browser.close()
    frames, firsts, nexts = zip(*results, strict=True)
    return {
        "first_page_seconds": answered,
        "first_page_drawn_seconds": drawn,
        "warm_page_drawn_seconds": warm,
        "frame_drawn_ms": 1000 * statistics.median(frames),
        "first_result_in_browser_ms": 1000 * statistics.median(firsts),
        "result_in_browser_ms": 1000 * statistics.median(nexts),
    }


def results_of_a_visit(browser, address):
    """One visitor, who has never been here: seconds until Classify is drawn, from a click on a
    sample to its result, and the same for the second sample, when the browser is warm, too."""
    context = browser.new_context()
    page = context.new_page()
    started = time.perf_counter()
    page.goto(f"{address}/classify?run={RUN}")
    page.get_by_role("heading", name="Classify", level=1).wait_for(timeout=60_000)
    frame = time.perf_counter() - started
    page.get_by_text("The network is loaded").wait_for(timeout=60_000)
    times = []
    before = None
    for sample in ("Ragged", "Even"):
        if before:
            page.get_by_role("button", name="Change").click()
        started = time.perf_counter()
        page.get_by_role("button", name=sample, exact=True).click()
        page.wait_for_function(DRAWN, arg=before, polling="raf", timeout=60_000)
        times.append(time.perf_counter() - started)
        before = page.get_by_alt_text("heat map of").get_attribute("src")
        page.wait_for_timeout(1500)  # a visitor reads; the charts below are drawn meanwhile
    context.close()
    return frame, *times


if __name__ == "__main__":
    main()
