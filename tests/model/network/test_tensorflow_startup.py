"""How TensorFlow starts, in processes of its own: its threads belong to the process."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# A product large enough to be shared among threads; prints how many of them had more to do than to
# start.
WORKED = """
import sys, threading
from pathlib import Path
from model.network.tensorflow_startup import load_tensorflow, use_one_thread_per_operation
if sys.argv[1] == "one":
    use_one_thread_per_operation()
load_tensorflow()
import tensorflow as tf
def ticks():
    return {
        task.name: sum(map(int, (task / "stat").read_text().rpartition(")")[2].split()[11:13]))
        for task in Path("/proc/self/task").iterdir()
    }
photos = tf.ones((16, 96, 96, 32))
kernel = tf.ones((3, 3, 32, 32))
before = ticks()
for _ in range(60):
    tf.nn.conv2d(photos, kernel, 1, "SAME")
after = ticks()
spent = [after[task] - before.get(task, 0) for task in after]
print(sum(own > 0.05 * sum(spent) for own in spent))
"""
MANY = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux and two processors",
)


def threads_that_worked(way, **environment):
    command = [sys.executable, "-c", WORKED, way]
    variables = {key: value for key, value in os.environ.items() if key != "TF_NUM_INTRAOP_THREADS"}
    done = subprocess.run(
        command, cwd=ROOT, env=variables | environment, check=True, capture_output=True
    )
    return int(done.stdout)


@MANY
def test_an_operation_has_one_thread_where_it_shall():
    assert threads_that_worked("one") == 1


@MANY
def test_an_operation_is_shared_among_threads_otherwise_or_where_somebody_said_so():
    assert threads_that_worked("all") > 1
    assert threads_that_worked("one", TF_NUM_INTRAOP_THREADS="2") > 1
