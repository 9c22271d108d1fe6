"""`make serve`: several servers behind HAProxy, as visitors meet them."""

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy import proxy
from deploy.__main__ import ServeError, _check_configuration, _check_is_free, serve
from tests import toys
from tests.apart import run_apart
from tests.browser.server import free_port, wait_until_it_answers
from tests.conftest import ROOT
from tests.deploy.docker_network import Server
from tests.load.visitor import Visitor

try:
    HAPROXY = proxy.executable()
except proxy.ProxyMissingError as missing:
    HAPROXY = ""
    WHY = str(missing)
else:
    WHY = ""
needs_haproxy = pytest.mark.skipif(not HAPROXY, reason=WHY)
NAME = "lentigo_server"
PHOTO = toys.encoded(toys.flat((255, 0, 0)))


class Serving:
    """`python -m deploy` with two servers."""

    def __init__(self, process, port, log):
        self.process = process
        self.port = port
        self.address = f"http://localhost:{port}"
        self.log = log

    def ask(self, path="/", cookies=None, method="GET", body=None, **headers):
        """Status and new cookies of one request, over a connection of its own."""
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        connection = http.client.HTTPConnection("localhost", self.port, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        set_by_it = SimpleCookie(answer.headers.get("Set-Cookie", ""))
        return answer.status, {name: cookie.value for name, cookie in set_by_it.items()}

    def children(self):
        """Process id by command line, of what `python -m deploy` has started."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = (folder / "status").read_text()
                command = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # it has ended
            if f"PPid:\t{self.process.pid}\n" in status and "State:\tZ" not in status:
                found[command] = int(folder.name)
        return found

    def servers(self):
        return {of: pid for of, pid in self.children().items() if "streamlit" in of}


@contextmanager
def serving(folder):
    port = free_port()
    log = folder / "serve.log"
    command = [sys.executable, "-m", "deploy", "--workers", "2", "--port", str(port)]
    with open(log, "w") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
    try:
        wait_until_it_answers(f"http://localhost:{port}/_stcore/health")
        yield Serving(process, port, log)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("serve")) as of:
        yield of


def upload(served, visitor, cookies):
    """Status of a photo that a browser with these cookies sends for the visitor's session."""
    body = (
        b'--line\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + PHOTO + b"\r\n--line--\r\n"
    )
    headers = {
        "Content-Type": "multipart/form-data; boundary=line",
        "X-Xsrftoken": cookies["_streamlit_xsrf"],
    }
    path = f"/_stcore/upload_file/{visitor.session}/a"
    return served.ask(path, cookies, "PUT", body, **headers)[0]


def cookies_of(visitor):
    return {name: cookie.value for name, cookie in visitor._cookies.items()}


@needs_haproxy
def test_a_visitor_s_photo_arrives_and_would_not_on_the_other_server(served):
    async def visit():
        async with Visitor(served.address) as visitor:
            await visitor.open()
            assert not visitor.page.error
            assert visitor.pictures  # each was fetched, and came
            cookies = cookies_of(visitor)
            # A new visitor goes where fewer pages are open: to the other server.
            _, of_other = served.ask()
            moved = cookies | of_other
            assert moved != cookies
            picture = next(iter(visitor.pictures))
            return [
                (upload(served, visitor, sent), served.ask(picture, sent)[0])
                for sent in (cookies, moved)
            ]

    # The other server takes the XSRF cookie of the first, but doesn't know the session.
    assert run_apart(visit()) == [(204, 200), (400, 404)]


@needs_haproxy
def test_the_cookie_names_a_server_and_is_for_the_proxy_alone(served):
    connection = http.client.HTTPConnection("localhost", served.port, timeout=30)
    connection.request("GET", "/")
    cookie = connection.getresponse().headers["Set-Cookie"]
    assert re.fullmatch(r"lentigo_server=[0-9a-f]{16}; path=/; HttpOnly; SameSite=Lax", cookie)
    connection.close()
    _, again = served.ask(cookies={NAME: cookie[15:31]})
    assert NAME not in again


@needs_haproxy
@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/metrics?families=x", "/%5Fstcore/%6detrics"]
)
def test_nobody_outside_counts_the_visitors(served, path):
    assert served.ask(path)[0] == 404


@needs_haproxy
def test_a_file_over_the_limit_ends_at_the_proxy(served):
    too_long = {"Content-Length": str(11 * 1024**2 + 1)}
    assert served.ask("/", method="PUT", **too_long)[0] == 413


@needs_haproxy
def test_a_file_of_unknown_length_ends_at_the_proxy(served):
    chunked = {"Transfer-Encoding": "chunked"}
    assert served.ask("/", method="PUT", **chunked)[0] == 411  # before the first chunk
    with socket.create_connection(("localhost", served.port), timeout=30) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")  # no HTTP/2, which needs none


@needs_haproxy
@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")
def test_with_a_certificate_the_cookie_is_for_https_alone(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command = ["openssl", *options, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    file, port = tmp_path / "haproxy.cfg", free_port()
    file.write_text(proxy.configuration([behind.server_port]))
    told = {"LENTIGO_ADDRESS": "127.0.0.1", "LENTIGO_PORT": str(port)}
    told |= {"LENTIGO_CERTIFICATE": str(both)}
    process = subprocess.Popen([HAPROXY, "-db", "-f", str(file)], env=os.environ | told)
    trusting = ssl.create_default_context(cafile=certificate)
    try:
        wait_until_it_answers(f"https://localhost:{port}/", trusting)
        connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=trusting)
        connection.request("GET", "/")
        cookie = connection.getresponse().headers["Set-Cookie"]
        connection.close()
    finally:
        process.kill()
        process.wait()
        behind.shutdown()
        behind.server_close()
    assert cookie.partition("; ")[2] == "path=/; HttpOnly; Secure; SameSite=Lax"


@needs_haproxy
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc")
def test_a_killed_server_is_replaced_and_its_visitors_land_on_the_other(served):
    async def cookies_of_both():
        async with Visitor(served.address) as visitor:
            await visitor.open("about")
            return cookies_of(visitor), served.ask()[1]

    both = run_apart(cookies_of_both())
    (command, killed), *_ = served.servers().items()
    os.kill(killed, signal.SIGKILL)
    asked = [served.ask("/", {NAME: cookies[NAME]}) for cookies in both]
    # Both are answered; one visitor is on another server now, and hears so by a new cookie.
    assert [status for status, _ in asked] == [200, 200]
    moved = [NAME in new for _, new in asked]
    assert sorted(moved) == [False, True]
    assert asked[moved.index(True)][1][NAME] == both[moved.index(False)][NAME]
    deadline = time.monotonic() + 60
    while served.servers().get(command, killed) == killed:  # the same port
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert re.search(r"server [12] had ended and starts again\.", served.log.read_text())


@needs_haproxy
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_ends(tmp_path, number):
    with serving(tmp_path) as served:
        started = served.children()
        assert len(started) == 3
        served.process.send_signal(number)
        status = served.process.wait(10)
        assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in started.values()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert served.log.read_text().count("\n") == 1  # the address, and nothing about visitors


def test_without_haproxy_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(proxy.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(proxy.ProxyMissingError, match="apt install haproxy"):
        serve(2, free_port(), "localhost", threading.Event())


@needs_haproxy
def test_a_number_that_is_no_port_is_refused():
    with pytest.raises(ServeError, match="99999 is no port: they go from 1 to 65535"):
        _check_is_free("127.0.0.1", 99999)


def test_settings_that_the_proxy_refuses_are_told_and_not_tried_again(tmp_path):
    file = tmp_path / "haproxy.cfg"
    file.write_text("frontend all\n  nonsense\n")
    with pytest.raises(ServeError, match=r"HAProxy refuses its settings: .*nonsense"):
        _check_configuration(proxy.executable(), str(file), dict(os.environ))


def test_a_port_that_is_taken_is_named(served):
    with pytest.raises(ServeError, match=f"127.0.0.1:{served.port} cannot be used"):
        serve(2, served.port, "localhost", threading.Event())
