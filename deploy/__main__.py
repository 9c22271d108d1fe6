"""`python -m deploy`: several servers on this computer behind one address, without Docker."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from deploy import proxy
from deploy.processes import Process, end_all

ROOT = Path(__file__).resolve().parent.parent
START = 120.0  # seconds that a server has to answer for the first time


class ServeError(Exception):
    """What keeps the servers from starting, in one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("--workers", type=_at_least_one, default=2, help="servers (default 2)")
    parser.add_argument("--port", type=int, default=8501, help="of the one address")
    parser.add_argument("--address", default="localhost", help="0.0.0.0 opens it to the network")
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), lambda *_: stopping.set())
    try:
        serve(options.workers, options.port, options.address, stopping)
    except (ServeError, proxy.ProxyMissingError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def serve(num_workers: int, port: int, address: str, stopping: threading.Event) -> None:
    """Start servers and proxy, start again what ends, and end all when `stopping` is set.

    Raises:
        ProxyMissingError: there is no HAProxy.
        ServeError: the port is taken, or a server does not start.
    """
    haproxy = proxy.executable()
    host = _numeric(address)
    _check_is_free(host, port)
    ports = _free_ports(num_workers)
    with ExitStack() as stack:
        processes: list[Process] = []
        stack.callback(end_all, processes)
        for number, own_port in enumerate(ports, start=1):
            command = _server_command(own_port)
            processes.append(Process(f"server {number}", command, dict(os.environ), ROOT))
        for process, own_port in zip(processes, ports, strict=True):
            _wait_until_it_answers(process, own_port, stopping)
        if stopping.is_set():
            return
        file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".cfg"))
        file.write(proxy.configuration(ports))
        file.flush()
        told = os.environ | {"LENTIGO_ADDRESS": host, "LENTIGO_PORT": str(port)}
        _check_configuration(haproxy, file.name, told)
        # First in the list, so that nobody is sent to a server that is ending.
        processes.insert(0, Process("the proxy", [haproxy, "-db", "-f", file.name], told, ROOT))
        print(f"Lentigo: {_where(address, port)} ({num_workers} servers). Ctrl-C ends it.")
        sys.stdout.flush()
        while not stopping.wait(0.5):
            for process in processes:
                if process.restart_if_ended():
                    print(f"{process.name} had ended and starts again.", file=sys.stderr)


def _check_configuration(haproxy: str, file: str, environment: dict[str, str]) -> None:
    """HAProxy would end at once, and be started again for ever."""
    command = [haproxy, "-c", "-f", file]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True)
    if checked.returncode:
        said = " ".join(checked.stderr.split()) or "no reason given"
        raise ServeError(f"HAProxy refuses its settings: {said}")


def _where(address: str, port: int) -> str:
    scheme = "https" if "LENTIGO_CERTIFICATE" in os.environ else "http"
    if address in ("0.0.0.0", "::"):
        return f"{scheme}://localhost:{port}, and port {port} of this computer's address"
    return f"{scheme}://{address}:{port}"


def _server_command(port: int) -> list[str]:
    options = {
        "server.address": "127.0.0.1",  # only the proxy reaches it
        "server.port": str(port),
        "server.headless": "true",
        "logger.hideWelcomeMessage": "true",  # it would name this port, which is not for visitors
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", "app.py", *flags]


def _wait_until_it_answers(process: Process, port: int, stopping: threading.Event) -> None:
    deadline = time.monotonic() + START
    # Whatever proxy this computer uses for the outside, it does not reach the inside.
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while not stopping.is_set():
        try:
            with directly.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                return
        except OSError:
            if process.has_ended:
                raise ServeError(f"{process.name} ended while it started.") from None
            if time.monotonic() > deadline:
                raise ServeError(f"{process.name} did not start in {START:.0f} s.") from None
            stopping.wait(0.05)


def _numeric(address: str) -> str:
    """The address as numbers; names as IPv4, as Streamlit takes them."""
    if ":" in address:
        return address
    try:
        return socket.gethostbyname(address)
    except OSError:
        raise ServeError(f"{address} is no address of this computer.") from None


def _check_is_free(host: str, port: int) -> None:
    """HAProxy would say this in more words, and only after the servers have started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise ServeError(f"{port} is no port: they go from 1 to 65535.") from None
        except OSError as error:
            raise ServeError(
                f"{host}:{port} cannot be used ({error.strerror}). Name another: PORT=8502."
            ) from None


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 server is needed")
    return number


if __name__ == "__main__":
    sys.exit(main())
