"""Photos to rows, by several threads."""

import threading
import time

import numpy as np
import pytest

from model.scoring import in_threads, on_ray, ray_start
from model.scoring.scorer import Scorer, Task, batches
from tests import toys


class _SlowFirst:
    """Rows that name their photo; the first batch takes longest."""

    def __init__(self):
        self.task = type("Task", (), {"photos_per_batch": 3})
        self.most_at_once = self.now = self.num_done = 0
        self._lock = threading.Lock()

    def rows(self, paths):
        with self._lock:
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
        time.sleep(0.05 if paths[0] == "0" else 0.001)
        with self._lock:
            self.now -= 1
            self.num_done += 1
        if "bad" in paths:
            raise ValueError("bad")
        return [[path] for path in paths]


def test_rows_come_in_order_from_several_threads():
    scorer = _SlowFirst()
    paths = [str(number) for number in range(100)]
    parts = list(in_threads.score(scorer, paths, 4))
    assert [row for part in parts for row in part] == [[path] for path in paths]
    assert [len(part) for part in parts] == [3] * 33 + [1]
    assert 2 <= scorer.most_at_once <= 4


def test_what_waits_for_a_slow_reader_is_bounded():
    scorer = _SlowFirst()
    scored = in_threads.score(scorer, [str(number) for number in range(1000)], 2)
    next(scored)
    time.sleep(0.1)
    assert scorer.num_done <= 2 * in_threads.BATCHES_AHEAD
    scored.close()
    assert scorer.num_done <= 2 * in_threads.BATCHES_AHEAD


def test_an_error_comes_out_where_its_batch_would():
    scored = in_threads.score(_SlowFirst(), ["0", "1", "2", "bad", "4"], 2)
    assert next(scored) == [["0"], ["1"], ["2"]]
    with pytest.raises(ValueError, match="bad"):
        next(scored)


def test_batches_are_consecutive():
    assert list(batches(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]
    assert list(batches([], 2)) == []


def test_rows_are_those_of_the_classifier(toy_classifier, tmp_path):
    colours = {"red.png": (255, 0, 0), "blue.png": (0, 0, 200)}
    for name, colour in colours.items():
        (tmp_path / name).write_bytes(toys.encoded(toys.flat(colour)))
    paths = [str(tmp_path / name) for name in ("red.png", "missing.png", "blue.png")]
    task = Task(toy_classifier.run)
    red, missing, blue = Scorer(task).rows(paths)
    for row, colour in ((red, "red.png"), (blue, "blue.png")):
        expected = toy_classifier.predict([toys.flat(colours[colour])])[0]
        assert row[0] == str(tmp_path / colour)
        assert row[1:-2] == [
            expected.diagnosis,
            *(f"{value:.6f}" for value in expected.probabilities.values()),
        ]
        assert row[-2:] == [f"{expected.novelty:.4f}", "ok"]
        assert len(row) == len(task.columns)
    assert missing == [
        paths[1],
        "",
        "",
        "",
        "",
        "",
        "This file cannot be opened: No such file or directory.",
    ]


def test_few_views_are_looked_at_at_once(toy_classifier):
    assert Task(toy_classifier.run).photos_per_batch == 16
    eight = type("Run", (), {"num_views": 8})
    assert Task(eight).photos_per_batch == 2


def test_without_ray_the_user_is_told_what_to_install(toy_classifier, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ray_start.RayError, match=r"pip install -r requirements-scale\.txt"):
        next(on_ray.score(Task(toy_classifier.run), ["a.jpg"], ""))


def test_a_task_travels_without_its_network(toy_classifier):
    import pickle

    task = Task(toy_classifier.run, kind="phone photo")
    sent = pickle.dumps(on_ray._RemoteTask.of(task, [__file__]))
    assert len(sent) < 2000
    assert pickle.loads(sent).task().run.digest == task.run.digest
    assert pickle.loads(sent).task().kind == "phone photo"


def test_another_run_in_the_same_place_is_refused(toy_classifier):
    from dataclasses import replace

    from model.run import RunError

    remote = replace(on_ray._RemoteTask.of(Task(toy_classifier.run), [__file__]), digest="0")
    with pytest.raises(RunError, match="holds another run"):
        remote.task()


def test_a_machine_without_the_photos_gives_no_rows(toy_classifier):
    remote = on_ray._RemoteTask.of(Task(toy_classifier.run), ["nowhere/a.jpg"])
    with pytest.raises(ray_start.RayError, match=r"does not find .*nowhere/a\.jpg.*same path"):
        remote.task()


def test_an_error_of_another_process_keeps_its_sentence():
    from model.run import RunError

    wrapped = RuntimeError("Traceback, many lines")
    wrapped.cause = ValueError("Traceback, too")
    wrapped.cause.__cause__ = RunError("The network is broken.")
    assert repr(on_ray._told(wrapped)) == repr(RunError("The network is broken."))
    assert str(on_ray._told(RuntimeError("lost"))) == "Ray stopped: lost"


def test_noise_gets_the_same_rows_in_any_batch(toy_classifier, tmp_path):
    chance = np.random.default_rng(0)
    paths = [str(tmp_path / f"{number}.png") for number in range(5)]
    for path in paths:
        with open(path, "wb") as file:
            file.write(toys.encoded(chance.integers(0, 256, (90, 80, 3), dtype=np.uint8)))
    scorer = Scorer(Task(toy_classifier.run))
    alone = [scorer.rows([path])[0] for path in paths]
    assert scorer.rows(paths) == alone
