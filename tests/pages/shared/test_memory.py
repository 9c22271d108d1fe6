"""The C library's memory: many threads share a few arenas."""

import platform
import subprocess
import sys

import pytest

from pages.shared.memory import MAX_ARENAS, give_memory_back, share_arenas
from tests.conftest import ROOT

# Twenty threads that hold memory at the same time; prints how many arenas there are then.
COUNTED = """
import ctypes, os, re, sys, tempfile, threading
from pages.shared.memory import share_arenas
if sys.argv[1] == "shared":
    share_arenas()
c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
c.fopen.restype, c.fclose.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
c.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
both = threading.Barrier(20)
def hold():
    c.malloc(1000)
    both.wait()
threads = [threading.Thread(target=hold) for _ in range(20)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
with tempfile.NamedTemporaryFile("r") as file:
    stream = c.fopen(file.name.encode(), b"w")
    c.malloc_info(0, stream)
    c.fclose(stream)
    print(len(re.findall("<heap nr=", file.read())))
"""
on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")


def arenas(way):
    command = [sys.executable, "-c", COUNTED, way]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


@on_glibc
def test_twenty_threads_share_a_few_arenas():
    assert arenas("shared") <= MAX_ARENAS
    assert arenas("each its own") > MAX_ARENAS


def test_without_glibc_nothing_is_done(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    share_arenas()
    give_memory_back()
