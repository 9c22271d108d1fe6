"""The real server and a real browser, for tests, benchmark and screenshots."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from tests.conftest import ROOT

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def free_port():
    """A port nobody uses at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def executable(playwright):
    """Playwright's own Chromium where it was downloaded, else the system's."""
    own = playwright.chromium.executable_path
    if os.path.exists(own):
        return own
    system = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if system is None:
        raise FileNotFoundError("There is no browser; make test installs one.")
    return system


@contextmanager
def serving(log_path, **environment):
    """Start the app as `make app` does and wait until it answers; yields its address.

    Args:
        log_path: file for what the server says.
        environment: variables for the server, such as LENTIGO_RUNS.
    """
    with server_process(log_path, **environment) as (address, _):
        yield address


@contextmanager
def server_process(log_path, under=(), **environment):
    """As `serving`; yields the address and the process.

    Args:
        under: command that runs the server, such as strace with its options.
    """
    port = free_port()
    command = ["-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    with open(log_path, "w") as log:
        server = subprocess.Popen(
            [*under, sys.executable, *command, "--server.port", str(port)],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_it_answers(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}", server
        finally:
            server.kill()
            server.wait()


def wait_until_it_answers(address, certificates=None):
    """Returns when a GET of `address` succeeds; TimeoutError after a minute.

    Args:
        certificates: an `ssl.SSLContext` with those to trust, for https; None: the usual ones.
    """
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5, context=certificates):
                return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"{address} did not answer within a minute")
